"""Adopting a scenario (列入拟建): its new stations become planned ones, its others are edited.

Everything is held against the city as it stands now: where a station would lie decides whose it
is, and what has changed since the scenario was kept is told before anything is written.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap import store
from stationmap.city import station_edit
from stationmap.city.answers import Answers
from stationmap.city.districts import with_adcode
from stationmap.city.place import NEAR_DEG
from stationmap.city.register import PLANNED
from stationmap.city.scenarios import ENTITY, Scenario, kind_of
from stationmap.crs import local_crs, to_metric
from stationmap.errors import InputError, StationMapError
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.planning.candidates import HELD_M
from stationmap.planning.changes import Change
from stationmap.store import Receipt, Register, queries

KIND = "plan"
"""Kind of the action."""
BESIDE_M = HELD_M - 0.1
"""A station of the same type as near as this to a new one may be the same. Less than what keeps a
host out of plans, measured on another plane, so that no host of a plan gives this doubt."""
FAR_M = 60.0
"""A new station farther than this from its host is told."""

_CLOSED = "closed"
_GONE = N_("the station is not in the register any more")
_ELSEWHERE = N_("it lies outside of what you look after; ask the office there")
_OUTSIDE = N_("it lies far outside the city")
_OFFICE = N_("a station that is there already is changed by the county's or the city's office")
_SAME = N_("it is so already")
_SINCE = N_("it was changed after this scenario was kept; look at it first")

Covers = Callable[[str | None, str | None], bool]


@dataclass(frozen=True)
class Step:
    """What adopting would make of one change.

    Attributes
    ----------
    change : Change
    kind : str
        See `scenarios.KINDS`.
    station_id : str
        The id that the station has, or would get.
    name : str
    adcode : str or None
        Where it would lie.
    after : dict
        Columns of the register that are to be set.
    problem : Note or error, optional
        Why it cannot be adopted.
    doubts : tuple of Note
        What should be looked at first; such a station is adopted only if it is chosen.
    done : bool
        Whether it was adopted before, and stands.
    """

    change: Change
    kind: str
    station_id: str
    name: str
    adcode: str | None
    after: Mapping[str, Any]
    problem: Note | StationMapError | None = None
    doubts: tuple[Note, ...] = ()
    done: bool = False
    version: int = 0

    @property
    def possible(self) -> bool:
        """Whether it can be adopted."""
        return self.problem is None and not self.done

    @property
    def plain(self) -> bool:
        """Whether it is adopted unless somebody leaves it out."""
        return self.possible and not self.doubts


@dataclass(frozen=True)
class Adopted:
    """What became of an adoption: how many stations were planned and edited, and what was left."""

    receipt: Receipt
    planned: int
    edited: int
    left: tuple[Step, ...]


def steps(
    register: Register, answers: Answers, scenario: Scenario, *, covers: Covers, manages: bool
) -> list[Step]:
    """Tell what adopting a scenario would do, stations that are there already first.

    Parameters
    ----------
    register : Register
    answers : Answers
        The city as it stands.
    scenario : Scenario
    covers : callable
        Whether an adcode and a unit lie within what the account looks after.
    manages : bool
        Whether the account may change stations that are there already.
    """
    old = [change for change in scenario.changes if not change.is_new]
    new = [change for change in scenario.changes if change.is_new]
    ids = [station_of(scenario, change) for change in scenario.changes]
    with register.reading() as connection:
        rows = {row["id"]: row for row in queries.rows_by_id(connection, "station", ids)}
    changed = _changed_since(register, scenario, [change.station_id for change in old])
    edits = [
        _edit(
            answers,
            one,
            rows.get(one.station_id),
            covers,
            manages=manages,
            doubts=[_SINCE] if one.station_id in changed else (),
        )
        for one in old
    ]
    return [*edits, *_new(answers, scenario, new, rows, covers)]


def station_of(scenario: Scenario, change: Change) -> str:
    """Return the id of the station that a change is of; of a new one always the same."""
    if not change.is_new:
        return change.station_id
    return f"S-{uuid.uuid5(uuid.UUID(scenario.id), change.station_id).hex[:12]}"


def adopt(
    register: Register,
    answers: Answers,
    scenario: Scenario,
    *,
    take: Collection[str] | None = None,
    covers: Covers,
    manages: bool,
    version: int,
    action: str,
    by: str,
    now: dt.datetime,
) -> Adopted:
    """Make a scenario's new stations planned ones and edit its others, all in one action.

    What was adopted before is left as it is, so that adopting twice adopts once.

    Parameters
    ----------
    register, answers, scenario, covers, manages
        See `steps`.
    take : collection of str, optional
        Ids of the changes that are meant; all that give no doubts unless given.
    version : int
        Of the scenario, as it was shown.
    action : str
        The client's UUID: sent again it answers the first receipt.
    by : str
        Id of the account, or "cli".
    now : datetime
        The server's clock, with a zone.

    Raises
    ------
    Conflict
        The scenario or one of the stations was changed meanwhile; nothing was written.
    InputError
        Nothing of what was chosen can be adopted.
    """
    chosen = None if take is None else sorted(set(take))
    request = {"id": scenario.id, "version": version, "take": chosen}
    if receipt := register.again(action, kind=KIND, request=request):
        return _before(register, receipt)
    found = steps(register, answers, scenario, covers=covers, manages=manages)
    wanted = [
        one
        for one in found
        if one.possible and (one.plain if chosen is None else one.change.station_id in chosen)
    ]
    if not wanted:
        raise InputError(
            "None of the stations of this scenario that were chosen can be adopted; nothing was "
            "changed. Look at what stands beside each of them."
        )
    adopted = {**scenario.adopted, **{one.change.station_id: one.station_id for one in wanted}}
    at = now.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    writes = [
        store.Change("station", one.station_id, one.after, expects=one.version) for one in wanted
    ]
    writes.append(
        store.Change(ENTITY, scenario.id, {"adopted": adopted, "adopted_at": at}, expects=version)
    )
    receipt = register.write(
        writes, action=action, by=by, kind=KIND, note=scenario.id, request=request
    )
    planned = sum(one.change.is_new for one in wanted)
    left = tuple(one for one in found if one not in wanted and not one.done)
    return Adopted(receipt, planned, len(wanted) - planned, left)


def _before(register: Register, receipt: Receipt) -> Adopted:
    """Tell of an adoption that was made by this very action."""
    events = register.events(receipt.action, limit=receipt.events)
    new = [one.before is None for one in events if one.entity == "station"]
    return Adopted(receipt, sum(new), len(new) - sum(new), ())


def _edit(
    answers: Answers,
    change: Change,
    row: Mapping[str, Any] | None,
    covers: Covers,
    *,
    manages: bool,
    doubts: Sequence[str],
) -> Step:
    step = Step(change, kind_of(change), change.station_id, change.name or "", None, {})
    if row is None:
        return replace(step, problem=Note(_GONE, {}))
    step = replace(step, name=row["name"] or "", adcode=row["adcode"], version=row["version"])
    if not covers(row["adcode"], row["unit_id"]):
        return replace(step, problem=Note(_ELSEWHERE, {}))
    if not manages:
        return replace(step, problem=Note(_OFFICE, {}))
    form = {name: [said] for name in ("type", "status") if (said := getattr(change, name))}
    if change.lon is not None and change.lat is not None:
        form["place"] = [station_edit.place_text((change.lon, change.lat))]
    edit = station_edit.read(form, now=answers, row=row, covers=covers)
    after = edit.changes(row)
    if edit.wrong:
        return replace(step, problem=next(iter(edit.wrong.values())))
    if not after:
        return replace(step, problem=Note(_SAME, {}), done=True)
    told = (*edit.remarks, *(Note(doubt, {}) for doubt in doubts))
    return replace(step, after=after, adcode=after.get("adcode", row["adcode"]), doubts=told)


def _changed_since(register: Register, scenario: Scenario, ids: Sequence[str]) -> set[str]:
    """Return the stations that were changed otherwise since the scenario's changes were kept."""
    if not ids:
        return set()
    history = register.history(ENTITY, scenario.id, limit=1000)
    kept = next((one.seq for one in history if "changes" in (one.after or {})), 0)
    with register.reading() as connection:
        last = queries.last_events(connection, "station", ids)
    return {
        own
        for own, seq in last.items()
        if seq > kept
        and any(
            event.seq > kept and event.kind not in (KIND, "undo")
            for event in register.history("station", own)
        )
    }


def _new(
    answers: Answers,
    scenario: Scenario,
    changes: Sequence[Change],
    rows: Mapping[str, Mapping[str, Any]],
    covers: Covers,
) -> list[Step]:
    if not changes:
        return []
    frame = _frame(answers, changes)
    adcodes = [code if isinstance(code, str) else None for code in frame["adcode"]]
    near = _within(answers, frame)
    hosts = _Hosts(answers, frame, changes)
    doubts = _beside(answers, frame, changes, but={*scenario.adopted.values()})
    found = []
    for number, (change, adcode) in enumerate(zip(changes, adcodes, strict=True)):
        own = station_of(scenario, change)
        named = change.name or hosts.name(change.host_id) or _unnamed(answers, change, number + 1)
        after = {
            "name": named,
            "type": change.type,
            "status": "planned",
            "adcode": adcode,
            "source": f"{PLANNED}{scenario.id}",
            "geometry": (change.lon, change.lat),
            "source_lon": change.lon,
            "source_lat": change.lat,
            "source_datum": "wgs84",
        }
        problem = None
        if not near[number]:
            problem = Note(_OUTSIDE, {})
        elif not covers(adcode, None):
            problem = Note(_ELSEWHERE, {})
        found.append(
            Step(
                change,
                "new",
                own,
                named,
                adcode,
                after,
                problem=problem,
                doubts=(*hosts.doubts(number, change.host_id), *doubts[number]),
                done=own in rows,
            )
        )
    return found


def _frame(answers: Answers, changes: Sequence[Change]) -> gpd.GeoDataFrame:
    """Lay out new stations, each with the adcode of the place where it would lie."""
    points = shapely.points([c.lon for c in changes], [c.lat for c in changes])
    frame = gpd.GeoDataFrame(
        {"adcode": pd.Series([None] * len(changes), dtype="object")},
        geometry=points,
        crs="EPSG:4326",
    )
    districts = answers.layer("districts")
    located = with_adcode(frame, districts=districts, city=answers.config.adcode)
    return located.assign(adcode=located["adcode"].replace("nan", None))


def _within(answers: Answers, frame: gpd.GeoDataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    extent = answers.extent()
    if extent is None:
        return np.ones(len(frame), dtype=bool)
    west, south, east, north = extent
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    across = (west - NEAR_DEG <= x) & (x <= east + NEAR_DEG)
    found: np.ndarray[Any, np.dtype[np.bool_]] = (
        across & (south - NEAR_DEG <= y) & (y <= north + NEAR_DEG)
    )
    return found


def _unnamed(answers: Answers, change: Change, number: int) -> str:
    types = {one.id: one.name.get("zh") for one in answers.pack.site_types}
    return f"{types[str(change.type)]} {number}"


def _beside(
    answers: Answers, frame: gpd.GeoDataFrame, changes: Sequence[Change], *, but: Collection[str]
) -> list[list[Note]]:
    """Name the stations of the same type, planned ones too, that stand where new ones would."""
    found: list[list[Note]] = [[] for _ in changes]
    held = answers.stations()
    held = held[(held["status"] != _CLOSED) & held.geometry.notna()]
    held = held[~held["station_id"].isin(but)]
    if held.empty:
        return found
    west, south, east, north = frame.total_bounds
    metric = _metric(frame)
    own = to_metric(frame, metric).geometry.to_numpy()
    around = 0.001  # degrees, over 50 m anywhere people live
    held = held.cx[west - around : east + around, south - around : north + around]
    tree = shapely.STRtree(to_metric(held, metric).geometry.to_numpy())
    for number, row in tree.query(own, predicate="dwithin", distance=BESIDE_M).T.tolist():
        station = held.iloc[row]
        if station["type"] == changes[number].type:
            template = N_("{name} stands there already")
            name = station["name"] if pd.notna(station["name"]) else station["station_id"]
            found[number].append(Note(template, {"name": name}))
    return found


class _Hosts:
    """Shops and facilities at which new stations would be, as they are now."""

    def __init__(
        self, answers: Answers, frame: gpd.GeoDataFrame, changes: Sequence[Change]
    ) -> None:
        wanted = {change.host_id for change in changes if change.host_id}
        parts = [answers.layer("shops"), answers.facilities()]
        some = [part[part["id"].isin(wanted)][["id", "name", "geometry"]] for part in parts]
        held = pd.concat(some, ignore_index=True).drop_duplicates("id").set_index("id")
        self._names = held["name"].fillna("").astype("str").to_dict()
        hosted = frame.assign(host=[change.host_id for change in changes])
        hosted = hosted[hosted["host"].isin(held.index).to_numpy(dtype=bool)]
        self._away: dict[int, float] = {}
        if len(hosted):
            metric = _metric(frame)
            shapes = gpd.GeoDataFrame(geometry=held.geometry.loc[hosted["host"]], crs=frame.crs)
            away = shapely.distance(
                to_metric(hosted, metric).geometry.to_numpy(),
                to_metric(shapes, metric).geometry.to_numpy(),
            )
            self._away = dict(zip(hosted.index.tolist(), away.tolist(), strict=True))

    def name(self, host_id: str | None) -> str:
        """Name a host; "" where there is none, or it has no name."""
        return self._names.get(host_id, "") if host_id else ""

    def doubts(self, number: int, host_id: str | None) -> list[Note]:
        """Say that the host of a new station is gone, or far from it."""
        if host_id is None:
            return []
        named = self.name(host_id) or host_id
        if host_id not in self._names:
            return [Note(N_("its host {host} is there no more"), {"host": named})]
        away = self._away[number]
        if away <= FAR_M:
            return []
        return [
            Note(N_("its host {host} is {metres} m away"), {"host": named, "metres": round(away)})
        ]


def _metric(frame: gpd.GeoDataFrame) -> Any:
    west, south, east, north = frame.total_bounds
    return local_crs([west, east], [south, north])
