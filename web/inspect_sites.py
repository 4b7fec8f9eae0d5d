"""The stations that an inspector has to see to: which are whose, what waits at them, lists of them.

What follows from the stations, and the newest visit of each, are kept between requests and brought
up to date with what has changed: a city has 100,000 stations, and every visit is a new version.
"""

import datetime as dt
import weakref
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from flask import abort
from numpy.typing import NDArray

from stationmap.city.station_merge import merged_into
from stationmap.inspections import COVERT, SELF, orders
from stationmap.messages import printable
from stationmap.store import inspections, models, queries
from stationmap.store.accounts import Account
from web.access import clock, within
from web.caching import present
from web.charge import unit_called
from web.desk import register
from web.parts import text
from web.view import CityView

Row = dict[str, Any]

REINSPECT, OVERDUE, DUE, ROUND, DONE, FRESH = (
    "reinspect",
    "overdue",
    "due",
    "round",
    "done",
    "fresh",
)
_DECIMALS = 6  # of the degrees that an inspector finds a station by
_SEEN = 8  # frames that are known again


class Stations:
    """All stations of one state of the register, found by id, by scope, by place and by words."""

    def __init__(self, now: CityView, frame: gpd.GeoDataFrame) -> None:
        self.frame = frame
        self.number = {own: row for row, own in enumerate(frame["station_id"].tolist())}
        known = frame["unit_id"].astype(object)
        unit = known.where(known.notna(), None).to_numpy(copy=True)
        adcode = frame["adcode"].astype(object).where(frame["adcode"].notna(), "").to_numpy()
        names = frame["unit"].astype(object).where(frame["unit"].notna(), "").tolist()
        for row in np.flatnonzero(pd.isna(unit)).tolist():
            if names[row]:
                unit[row] = unit_called(now, names[row], adcode[row])
        self.unit_id: NDArray[np.object_] = unit
        self.adcode: NDArray[np.object_] = adcode
        self.active = (frame["status"] == "active").to_numpy(dtype=bool)
        self.ids: list[str] = frame["station_id"].tolist()
        self._scopes: dict[tuple[str, str, str | None], NDArray[np.int64]] = {}
        self._newest: NDArray[np.int64] | None = None
        self._followed: tuple[list[str], int] = ([], 0)

    def of(self, account: Account) -> NDArray[np.int64]:
        """Return the rows of the stations within an account's scope."""
        scope = (account.role, account.adcode, account.unit_id)
        if scope not in self._scopes:
            pairs = zip(self.adcode, self.unit_id, strict=True)
            self._scopes[scope] = np.flatnonzero([account.covers(a, u) for a, u in pairs])
        return self._scopes[scope]

    @cached_property
    def lonlat(self) -> NDArray[np.float64]:
        """Longitude and latitude, NaN where there is no place."""
        points = self.frame.geometry.to_numpy()
        return np.column_stack([shapely.get_x(points), shapely.get_y(points)])

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """Place of each row in the order of the names."""
        order = self.frame[["name", "station_id"]].sort_values(["name", "station_id"]).index
        rank = np.empty(len(order), dtype=np.int64)
        rank[self.frame.index.get_indexer(order)] = np.arange(len(order))
        return rank

    @cached_property
    def words(self) -> list[str]:
        """What a search looks at, small letters."""
        columns = [self.frame[n].fillna("") for n in ("name", "address", "unit", "station_id")]
        return ["\n".join(texts).casefold() for texts in zip(*columns, strict=True)]

    def newest(self, last: "Last") -> NDArray[np.int64]:
        """Return when each was judged last, in milliseconds; 0 where never."""
        log, upto = self._followed
        if self._newest is None or log is not last.log:
            self._newest, upto = np.zeros(len(self.ids), dtype=np.int64), 0
        for own in dict.fromkeys(last.log[upto:]):
            row, found = self.number.get(own), last.judged.get(own)
            if row is not None:
                self._newest[row] = 0 if found is None else milliseconds(found.at)
        self._followed = last.log, len(last.log)
        return self._newest

    def row(self, station_id: str) -> Row | None:
        """Return a station's facts as plain values, with the unit that it only names."""
        number = self.number.get(station_id)
        if number is None:
            return None
        facts = self.frame.iloc[number]
        row = {n: text(v) for n, v in facts.items() if n != "geometry"}
        placed = facts["geometry"] is not None and not facts["geometry"].is_empty
        place = _place(facts["geometry"]) if placed else None
        return {**row, "id": station_id, "unit_id": self.unit_id[number], "place": place}


def _place(point: shapely.Point) -> list[float]:
    return [round(point.x, _DECIMALS), round(point.y, _DECIMALS)]


class Newest(NamedTuple):
    """The newest inspection of a station: its instant, its number, its id and its kind."""

    at: str
    created: int
    id: str
    visit: str


def milliseconds(at: str) -> int:
    """Return an instant as a number that sorts."""
    return round(dt.datetime.fromisoformat(at).timestamp() * 1000)


class Last:
    """The newest inspection that counts of every station, by what judges and by all."""

    def __init__(self) -> None:
        self.judged: dict[str, Newest] = {}
        self.any: dict[str, Newest] = {}
        self.log: list[str] = []  # stations in the order in which they got another one
        # a request that began before another one's may bring an older frame again
        self._seen: deque[weakref.ref[pd.DataFrame]] = deque(maxlen=_SEEN)
        self._count = 0
        self._mark: tuple[int, str] = (0, "")  # version and id of the one that changed last

    def follow(self, frame: pd.DataFrame) -> None:
        """Take in what `frame`, the snapshot's, has beyond what was taken in before."""
        if any(one() is frame for one in self._seen):
            return
        version = frame["version"].to_numpy()
        seq, own = self._mark
        known = seq > 0 and (frame["id"][version == seq] == own).any()
        fresh = frame[version > seq] if known else frame
        if known and self._count + int((fresh["created"] > seq).sum()) != len(frame):
            known, fresh = False, frame  # some are gone
        if not known:
            self.judged, self.any, self.log = {}, {}, []
        voided = set(fresh.loc[fresh["voided"].notna(), "station_id"]) if known else set()
        if voided:
            for station_id in voided:
                self.judged.pop(station_id, None)
                self.any.pop(station_id, None)
                self.log.append(station_id)
            again = frame["station_id"].isin(voided) & (version <= seq)
            fresh = pd.concat([frame[again.to_numpy(dtype=bool)], fresh])
        self._take(fresh)
        self._seen.append(weakref.ref(frame))
        self._count = len(frame)
        if len(frame):
            newest = int(version.argmax())
            self._mark = (int(version[newest]), str(frame["id"].iat[newest]))

    def without(self, known: Mapping[str, pd.DataFrame]) -> "Last":
        """Return the same with only these rows known of some stations."""
        found = Last()
        found.judged, found.any = (
            {own: one for own, one in newest.items() if own not in known}
            for newest in (self.judged, self.any)
        )
        for rows in known.values():
            found._take(rows)
        return found

    def _take(self, rows: pd.DataFrame) -> None:
        rows = rows[rows["voided"].isna().to_numpy(dtype=bool)]
        names = ("station_id", "at", "created", "id", "visit")
        for station_id, *facts in zip(*(rows[n].tolist() for n in names), strict=True):
            found = Newest(*facts)
            for into in (self.any,) if found.visit == SELF else (self.any, self.judged):
                there = into.get(station_id)
                if there is None or (there.at, there.created) < (found.at, found.created):
                    into[station_id] = found
                    self.log.append(station_id)


class _Kept:
    """What is kept of the present version."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.stations: tuple[Any, Any, Stations] | None = None
        self.last: tuple[Any, Last] | None = None
        # of the register and the event that was its last: scope → station → orders
        self.orders: tuple[Any, dict[Any, dict[str, list[Row]]]] = (None, {})


_KEPT = _Kept()


def stations() -> Stations:
    """Return the stations of the version in force."""
    now = present()
    frame, units = now.answers.stations(), now.answers.register.snapshot.frames["unit"]
    with _KEPT.lock:
        found = _KEPT.stations
        if found is None or found[0] is not frame or found[1] is not units:
            found = (frame, units, Stations(now, frame))
            _KEPT.stations = found
        return found[2]


def last() -> Last:
    """Return the newest inspection of every station."""
    with _KEPT.lock:
        return _last()


def covert_before(account: Account) -> str:
    """Return the instant (UTC, ISO text) up to which an account is told of unannounced visits.

    A unit hears of one on the next day: the next stops of its round lie near.
    """
    now = present()
    return midnight(now, today(now)) if account.role == "unit" else inspections.LATEST[0]


def last_told(account: Account) -> Last:
    """Return the newest inspection of every station of which an account may know."""
    found, since = last(), covert_before(account)
    table, held = models.inspection, stations()
    if since == inspections.LATEST[0]:
        return found
    chosen = sa.select(table.c.station_id).where(
        table.c.visit == COVERT, table.c.at >= since, table.c.voided.is_(None)
    )
    with register().reading() as connection:
        hidden = set(connection.scalars(chosen.distinct()))
    mine = [
        own
        for own in hidden & held.number.keys()
        if account.covers(held.adcode[held.number[own]], held.unit_id[held.number[own]])
    ]
    return found.without({own: _before(own, since) for own in mine}) if mine else found


def _before(station_id: str, since: str) -> pd.DataFrame:
    rows = inspections.of_station(register(), station_id, limit=None, covert_before=since)
    return pd.DataFrame(rows, columns=list(models.inspection.c.keys()))


def judged_last(held: Stations) -> NDArray[np.int64]:
    """Return when each station was judged last, see `Stations.newest`."""
    with _KEPT.lock:
        return held.newest(_last())


def _last() -> Last:
    found = _KEPT.last
    if found is None or found[0] is not register().engine:
        found = (register().engine, Last())
        _KEPT.last = found
    found[1].follow(present().answers.register.snapshot.frames["inspection"])
    return found[1]


# ------------------------------------------------------------------- one station


def present_id(station_id: str) -> str:
    """Return the id that a station has by now, also one that was merged; its own if it is gone."""
    if station_id in stations().number:
        return station_id
    return merged_into(register(), station_id) or station_id


def site_row(station_id: str) -> Row:
    """Return a station's facts, also by the id of one that was merged into it.

    404, and a line in the log, where there is none or it is in another's charge.
    """
    if printable(station_id) != station_id:
        abort(404)
    row = stations().row(present_id(station_id))
    within(row)
    assert row is not None
    return row


def in_charge(row: Mapping[str, Any]) -> None:
    """Answer 404, and log it, unless what a row tells is of a station in the account's charge.

    Where the station is gone, the row's own district and unit tell.
    """
    held = stations().row(present_id(row["station_id"]))
    if held is None:
        held = {"id": row["id"], "adcode": row.get("adcode"), "unit_id": row.get("unit_id")}
    within(held)


# ------------------------------------------------------------------- what waits


def zone(now: CityView) -> ZoneInfo:
    """Return the city's time zone."""
    return ZoneInfo(now.answers.config.time_zone)


def midnight(now: CityView, day: dt.date) -> str:
    """Return the instant (UTC, ISO text) at which a day of the city begins."""
    at = dt.datetime.combine(day, dt.time(), tzinfo=zone(now))
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds")


def today(now: CityView) -> dt.date:
    """Return the day by the city's clock."""
    return clock().astimezone(zone(now)).date()


def unsettled(account: Account) -> Mapping[str, Sequence[Row]]:
    """Return the orders of a scope in which something remains to be done, by station.

    The first due first; id, station_id, state, due and created of each. They are kept until
    anything is written: a map asks whenever it is moved.
    """
    whose = account.unit_id if account.role == "unit" else None
    scope = (account.role == "unit", whose, "" if account.role == "city" else account.adcode)
    mark = (register().engine, register().seq())
    with _KEPT.lock:
        if _KEPT.orders[0] != mark:
            _KEPT.orders = (mark, {})
        kept = _KEPT.orders[1]
        found = kept.get(scope)
    if found is None:
        found = by_station(_unsettled(account))
        with _KEPT.lock:
            kept[scope] = found
    return found


def by_station(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Gather orders by their stations."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["station_id"], []).append(row)
    return found


def _unsettled(account: Account) -> list[Row]:
    table = models.rectification
    columns = (table.c[name] for name in ("id", "station_id", "state", "due", "created"))
    chosen = sa.select(*columns).where(table.c.state.in_(orders.UNSETTLED))
    if account.role == "unit":
        chosen = chosen.where(table.c.unit_id == account.unit_id)
    elif account.adcode and account.role != "city":
        chosen = chosen.where(table.c.adcode.startswith(account.adcode, autoescape=True))
    with register().reading() as connection:
        found = connection.execute(chosen.order_by(table.c.due, table.c.created)).mappings()
        return [dict(row) for row in found]


def unsettled_at(ids: Collection[str]) -> list[Row]:
    """Return the whole orders of some stations in which something remains to be done."""
    table = models.rectification
    chosen = sa.select(table).where(table.c.state.in_(orders.UNSETTLED))
    with register().reading() as connection:
        found = [
            dict(row)
            for some in queries.chunks(ids)
            for row in connection.execute(chosen.where(table.c.station_id.in_(some))).mappings()
        ]
    return sorted(found, key=lambda row: (row["due"] or "", row["created"]))


def first_of(rows: Sequence[Row]) -> Row | None:
    """Return the order that is to be seen to first: one that was answered, then the first due."""
    return min(
        rows,
        key=lambda row: (row["state"] != orders.ANSWERED, row["due"] or "", row["created"]),
        default=None,
    )


def rounds_of(account: Account, day: dt.date) -> list[str]:
    """Return the stations of an inspector's rounds of a day, in their order."""
    rows = register().rows("round", day=day.isoformat(), inspector_id=account.id)
    return list(dict.fromkeys(present_id(own) for row in rows for own in row["stations"] or ()))


def due_days(now: CityView) -> int:
    """Return after how many days a station is to be visited again."""
    return now.pack.stale_days // 2


@dataclass(frozen=True)
class Waiting:
    """What waits at some stations on a day, by which they are told apart.

    Attributes
    ----------
    orders : dict
        Station → its unsettled orders, the first due first.
    round : dict
        Station → its place in the account's round of the day.
    since : str
        The instant at which the day begins.
    due : str
        A station that was visited before this instant is to be visited again: half of the time
        after which what is known of it is stale (our assumption).
    stale : str
        What is known of a station visited before this instant is too old to count.
    """

    day: dt.date
    orders: Mapping[str, Sequence[Row]]
    round: dict[str, int]
    since: str
    due: str
    stale: str
    last: Last

    @classmethod
    def of(cls, account: Account, rows: Iterable[Row] | None = None) -> "Waiting":
        """Gather it for an account, from all unsettled orders of its scope or from some."""
        now = present()
        day = today(now)
        waiting = unsettled(account) if rows is None else by_station(rows)
        places = {own: place for place, own in enumerate(rounds_of(account, day))}
        since, due, stale = (
            midnight(now, day - dt.timedelta(days=days))
            for days in (0, due_days(now), now.pack.stale_days)
        )
        return cls(day, waiting, places, since, due, stale, last_told(account))

    def work(self, station_id: str, *, active: bool) -> str:
        """Return what is to be done at a station."""
        found = self.orders.get(station_id, ())
        newest = self.last.judged.get(station_id)
        if any(row["state"] == orders.ANSWERED for row in found):
            return REINSPECT
        if newest is not None and newest.at >= self.since:
            return DONE
        if any(orders.overdue(row, self.day) for row in found):
            return OVERDUE
        if station_id in self.round:
            return ROUND
        return DUE if active and self.is_due(newest) else FRESH

    def is_due(self, newest: Newest | None) -> bool:
        """Whether nobody was there for too long."""
        return newest is None or newest.at < self.due
