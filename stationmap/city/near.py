"""The nearest stations that fit: by walking, with what somebody needs, open when they come.

What is not known never stands in the way: a station whose hours or supplies nobody has told fits,
and is marked. Only a station in operation fits; one that is suspended is closed, with its reason.
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyproj
import shapely

from stationmap.city.near_places import TOILET, TOILET_M, Bools, Facts, Paths, Places
from stationmap.city.notices import Days, shut
from stationmap.errors import InputError
from stationmap.hours import Calendar, Shut, State, state_at
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.stations import STATUSES, SUPPLIES
from stationmap.walking import Route

STEP_FREE = "step_free"
NEEDS: Mapping[str, str] = MappingProxyType(
    {**SUPPLIES, TOILET: N_("Toilet"), STEP_FREE: N_("Without steps")}
)
"""What can be asked for → what it is called."""

OTHERS = 3
"""Stations that are named where none fits."""
CLOSED, LACKS, FAR = "closed", "lacks", "far"
"""Why a station does not fit: it is closed then, lacks a need, lies beyond the metres asked."""
_MASKS_KEPT, _MINUTES_KEPT = 64, 16

_NO_NETWORK = N_(
    "The city's map has no ways for walkers yet, so distances are as the crow flies; the way on "
    "foot is longer."
)
_OFF_NETWORK = N_(
    "No way for walkers is known within 500 m of this place, so distances are as the crow flies; "
    "the way on foot is longer."
)


@dataclass(frozen=True)
class Asked:
    """What somebody asks for.

    Attributes
    ----------
    lon, lat : float
        Where they are, WGS-84 degrees.
    now : datetime
        The present instant, aware.
    k : int
        How many stations, at least 1.
    needs : tuple of str
        Keys of `NEEDS`, all of which are needed.
    open_at : datetime, optional
        An aware instant at which the station must not be closed; open or not unless given.
    max_m : float, optional
        The farthest way, metres, inclusive.
    """

    lon: float
    lat: float
    now: dt.datetime
    k: int = 5
    needs: tuple[str, ...] = ()
    open_at: dt.datetime | None = None
    max_m: float | None = None


class Found(NamedTuple):
    """One station of an answer.

    Attributes
    ----------
    station_id : str
    walk_m : float or None
        Metres on foot; None where no way is known.
    straight_m : float
        Metres over ground as the crow flies.
    state : State
        Of its hours at the instant asked about, now unless one is; closed where `closed_for` says.
    checked_on : date or None
        The day of the last inspection that judges, by the city's clock.
    lacks, unknown : tuple of str
        Needs that were asked for and are not there, or of which nobody knows.
    toilet_m : float or None
        Metres, straight, to a public toilet within `TOILET_M`.
    closed_for : Note or None
        Why it is closed whatever its hours say.
    short : tuple of str
        Supplies that are reported as running short.
    missed : tuple of str
        Supplies that it lists and the newest inspection did not find; it lacks them.
    misses : tuple of str
        Why it does not fit: `CLOSED`, `LACKS`, `FAR`; none for one that does.
    """

    station_id: str
    walk_m: float | None
    straight_m: float
    state: State
    checked_on: dt.date | None
    lacks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    toilet_m: float | None = None
    closed_for: Note | None = None
    short: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """An answer.

    Attributes
    ----------
    found : tuple of Found
        What fits, nearest first. Stations to which no way is known come last, if fewer fit.
    others : tuple of Found
        Where nothing fits, what is nearest, and why it does not.
    walked : bool
        Whether distances are on foot.
    why_straight : Note or None
        Why they are not.
    outside : bool
        Whether the place lies outside the city.
    """

    found: tuple[Found, ...]
    others: tuple[Found, ...]
    walked: bool
    why_straight: Note | None
    outside: bool


class Nearby:
    """Answers "what is near" of one version of a city; safe to share between threads."""

    def __init__(
        self,
        places: Places,
        facts: Facts,
        *,
        paths: Callable[[bool], Paths | None],
        area: Any,
        zone: str,
        calendar: Callable[[], Calendar],
    ) -> None:
        """Take what the answers follow from.

        Parameters
        ----------
        places, facts
        paths : callable of step_free
            The ways to the places, without steps or any; None where the city has no network.
        area : geometry or None
            The city in degrees, EPSG:4326; None where nobody knows.
        zone : str
        calendar : callable
            Returns the public holidays as they are now.
        """
        self.places = places
        self._facts = facts
        self._paths = paths
        self._area = area
        #: west, south, east, north of the city in degrees; None where nobody knows
        self.box: tuple[float, float, float, float] | None = area and area.bounds
        self._zone, self._calendar = zone, calendar
        self._known_days = calendar()
        self._clock = ZoneInfo(zone)
        self._lock = Lock()
        self._masks: OrderedDict[tuple[Any, ...], Bools] = OrderedDict()
        self._states: OrderedDict[dt.datetime, dict[tuple[int, Shut], State]] = OrderedDict()

    def near(self, asked: Asked) -> Result:
        """Return the nearest stations that fit.

        Raises
        ------
        InputError
            A need is none of `NEEDS`, `k` is below 1, or the place is none on earth.
        """
        _require(asked)
        at = self._minute(asked)
        free = STEP_FREE in asked.needs
        fits = self._fits(asked.needs, at if asked.open_at is not None else None)
        paths = self._paths(free)
        lon, lat, k, max_m = asked.lon, asked.lat, asked.k, asked.max_m
        why = None if paths is not None else Note(_NO_NETWORK, {})
        rows: list[tuple[int, float | None, float]] = []
        if paths is not None:
            rows = _walked(paths, lon, lat, k=k, where=fits, max_m=max_m)
            if len(rows) < k:
                if not paths.begins_at(lon, lat):
                    paths, why = None, Note(_OFF_NETWORK, {})
                elif len(paths.off):
                    reached = {row for row, _, _ in rows}
                    left = self._pathless(paths, lon, lat, k=k, fits=fits, max_m=max_m)
                    rows += [one for one in left if one[0] not in reached][: k - len(rows)]
        if paths is None:
            rows = self._straight(lon, lat, k=k, where=fits, max_m=max_m)
        others: list[tuple[int, float | None, float]] = []
        if not rows:
            others = _walked(paths, lon, lat, k=OTHERS) if paths else []
            reached = {row for row, _, _ in others}
            left = self._straight(lon, lat, k=OTHERS + len(others))
            others += [other for other in left if other[0] not in reached][: OTHERS - len(others)]
        checked = self._facts.checked_on(asked.now.astimezone(self._clock).date())
        told = [self._told(*row, asked, at, checked) for row in rows]
        besides = [self._missing(self._told(*row, asked, at, checked), asked) for row in others]
        return Result(
            found=tuple(told),
            others=tuple(besides),
            walked=paths is not None,
            why_straight=why,
            outside=self.is_outside(lon, lat),
        )

    def one(self, station_id: str, asked: Asked) -> Found | None:
        """Return what is known of one station for whoever asks; None where it is no open matter.

        ``misses`` tells whether it fits.
        """
        _require(asked)
        row = self.places.row_of.get(station_id)
        if row is None:
            return None
        at = self._minute(asked)
        paths = self._paths(STEP_FREE in asked.needs)
        walk = None
        if paths is not None:
            metres = paths.walks.metres(asked.lon, asked.lat, np.array([row]))[0]
            walk = float(metres) if np.isfinite(metres) else None
        straight = _GEOD.inv(asked.lon, asked.lat, self.places.lon[row], self.places.lat[row])[2]
        checked = self._facts.checked_on(asked.now.astimezone(self._clock).date())
        told = self._told(row, walk, float(straight), asked, at, checked)
        return self._missing(told, asked)

    def route(self, lon: float, lat: float, station_id: str, *, step_free: bool) -> Route | None:
        """Return the way from a place to a station; None where none is known."""
        paths = self._paths(step_free)
        if paths is None or station_id not in self.places.row_of:
            return None
        return paths.walks.route(lon, lat, station_id)

    def is_outside(self, lon: float, lat: float) -> bool:
        """Whether a place lies outside the city, by more than its border is known to."""
        return self._area is not None and not shapely.intersects_xy(self._area, lon, lat)

    def _fits(self, needs: Collection[str], at: dt.datetime | None) -> Bools:
        """Return which stations fit, their distance aside; at any time where `at` is None."""
        of_stations = tuple(sorted({need for need in needs if need != STEP_FREE}))
        key = (at, of_stations)
        with self._lock:
            if (kept := self._masks.get(key)) is not None:
                return kept
        places = self.places
        mask = places.active.copy()
        for need in of_stations:
            unknown = places.is_unknown(need)
            mask &= places.has[need] if unknown is None else places.has[need] | unknown
            for station_id, gone in self._facts.missed.items():
                if need in gone and station_id in places.row_of:
                    mask[places.row_of[station_id]] = False
        if at is not None:
            said = [self._state(number, at).state for number in range(len(places.hours))]
            mask &= (np.array(said, dtype=object) != "closed")[places.hours_of]
            for station_id in self._facts.closures:
                if station_id in places.row_of and self._notice(station_id, at) is not None:
                    mask[places.row_of[station_id]] = False
        with self._lock:
            _keep(self._masks, key, mask, most=_MASKS_KEPT)
        return mask

    def _minute(self, asked: Asked) -> dt.datetime:
        """Return the minute asked about, by the city's clock."""
        calendar = self._calendar()
        if calendar is not self._known_days:
            # the office has changed its holidays
            with self._lock:
                self._known_days = calendar
                self._masks.clear()
                self._states.clear()
        when = asked.now if asked.open_at is None else asked.open_at
        return when.astimezone(self._clock).replace(second=0, microsecond=0)

    def _state(self, number: int, at: dt.datetime, away: Shut = ()) -> State:
        """Return the state of some hours at an instant, with days on which a station is shut.

        Each is worked out once.
        """
        with self._lock:
            known = self._states.get(at)
            if known is None:
                known = {}
                _keep(self._states, at, known, most=_MINUTES_KEPT)
        if (state := known.get((number, away))) is None:
            text, days = self.places.hours[number], self._known_days
            state = state_at(text, at, zone=self._zone, calendar=days, shut=away)
            known[number, away] = state
        return state

    def _notice(self, station_id: str, at: dt.datetime) -> Note | None:
        """Return the closure notice of a station that is in force at an instant."""
        rows = self._facts.closures.get(station_id)
        if not rows:
            return None
        day = at.date().isoformat()
        for row in rows:
            if row["from_date"] <= day and (row["to_date"] is None or day <= row["to_date"]):
                return Note(
                    N_("Closed {days}: {reason}"), {"days": Days.of(row), "reason": row["reason"]}
                )
        return None

    def _straight(
        self,
        lon: float,
        lat: float,
        *,
        k: int,
        where: Bools | None = None,
        max_m: float | None = None,
    ) -> list[tuple[int, float | None, float]]:
        row_of = self.places.row_of
        passes = None if where is None else (lambda own: bool(where[row_of[own]]))
        found = self.places.index.nearest(lon, lat, k=k, where=passes)
        reach = np.inf if max_m is None else max_m
        return [
            (row_of[one.station_id], None, one.distance_m)
            for one in found
            if one.distance_m <= reach
        ]

    def _pathless(
        self, paths: Paths, lon: float, lat: float, *, k: int, fits: Bools, max_m: float | None
    ) -> list[tuple[int, float | None, float]]:
        """Return stations to which no way is known, nearest first."""
        where = np.zeros(len(fits), dtype=bool)
        where[paths.off] = fits[paths.off]
        return self._straight(lon, lat, k=k, where=where, max_m=max_m) if where.any() else []

    def _told(
        self,
        row: int,
        walk_m: float | None,
        straight_m: float,
        asked: Asked,
        at: dt.datetime,
        checked: Mapping[str, dt.date],
    ) -> Found:
        places = self.places
        own = places.ids[row]
        lacks, unknown = self._lacks(row, asked, walked=walk_m is not None)
        closed_for = self._notice(own, at)
        if not places.active[row]:
            closed_for = Note(STATUSES["suspended"], {})
        away = shut(self._facts.closures.get(own, ()))
        state = self._state(int(places.hours_of[row]), at, away)
        toilet_m = float(places.toilet_m[row])
        return Found(
            station_id=own,
            walk_m=walk_m,
            straight_m=straight_m,
            state=state if places.active[row] else _SHUT,
            checked_on=checked.get(own),
            lacks=lacks,
            unknown=unknown,
            toilet_m=toilet_m if toilet_m <= TOILET_M else None,
            closed_for=closed_for,
            short=self._facts.short.get(own, ()),
            missed=self._facts.missed.get(own, ()),
        )

    def _lacks(
        self, row: int, asked: Asked, *, walked: bool
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        lacks: list[str] = []
        unknown: list[str] = []
        for need in dict.fromkeys(asked.needs):
            if need == STEP_FREE:
                if not walked:
                    (lacks if self._over_steps(row, asked) else unknown).append(need)
                continue
            if need in self._facts.missed.get(self.places.ids[row], ()):
                lacks.append(need)
                continue
            if self.places.has[need][row]:
                continue
            nobody = self.places.is_unknown(need)
            (unknown if nobody is not None and nobody[row] else lacks).append(need)
        return tuple(lacks), tuple(unknown)

    def _over_steps(self, row: int, asked: Asked) -> bool:
        """Whether a way is known to a station, with steps or without."""
        paths = self._paths(False)  # noqa: FBT003
        if paths is None or row in paths.off:
            return False
        return bool(np.isfinite(paths.walks.metres(asked.lon, asked.lat, np.array([row]))[0]))

    def _missing(self, found: Found, asked: Asked) -> Found:
        """Say of a station why it does not fit."""
        active = self.places.active[self.places.row_of[found.station_id]]
        length_m = found.straight_m if found.walk_m is None else found.walk_m
        why = {
            CLOSED: not active or (asked.open_at is not None and found.state.state == "closed"),
            LACKS: bool(found.lacks),
            FAR: asked.max_m is not None and length_m > asked.max_m,
        }
        return found._replace(misses=tuple(name for name, so in why.items() if so))


_GEOD = pyproj.Geod(ellps="WGS84")
_SHUT = State("closed")


def _require(asked: Asked) -> None:
    unknown = next((need for need in asked.needs if need not in NEEDS), None)
    if unknown is not None:
        raise InputError(
            "“{value}” cannot be asked for; expected some of {expected}",
            value=unknown[:50],
            expected=", ".join(NEEDS),
        )
    if asked.k < 1:
        raise InputError("k is {k}; expected at least 1", k=asked.k)
    # written so that NaN fails too
    if not (-180.0 <= asked.lon <= 180.0 and -90.0 <= asked.lat <= 90.0):
        raise InputError(
            "longitude {lon}, latitude {lat} is no place; expected degrees within ±180 and ±90",
            lon=asked.lon,
            lat=asked.lat,
        )


def _walked(
    paths: Paths,
    lon: float,
    lat: float,
    *,
    k: int,
    where: Bools | None = None,
    max_m: float | None = None,
) -> list[tuple[int, float | None, float]]:
    reach = np.inf if max_m is None else max_m
    found = paths.walks.nearest(lon, lat, k=k, where=where, max_m=reach)
    return [(one.row, one.walk_m, one.straight_m) for one in found]


def _keep(kept: "OrderedDict[Any, Any]", key: Any, value: Any, *, most: int) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
