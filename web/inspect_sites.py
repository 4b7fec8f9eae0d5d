"""The stations that an inspector has to see to: which are whose, what waits at them, lists of them.

What follows from the stations, and the newest visit of each, are kept between requests and brought
up to date with what has changed: a city has 100,000 stations, and every visit is a new version.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from flask import abort
from numpy.typing import NDArray

from stationmap.city.station_merge import merged_into
from stationmap.inspections import SELF, orders
from stationmap.store import models, queries
from stationmap.store.accounts import Account
from web.access import clock, within
from web.caching import present
from web.charge import unit_called
from web.desk import register
from web.inspect_words import visit_name
from web.parts import coordinates, text, type_name
from web.view import CityView

Row = dict[str, Any]

LISTS = ("today", "due", "orders", "near", "all")
REINSPECT, OVERDUE, DUE, ROUND, DONE, FRESH = (
    "reinspect",
    "overdue",
    "due",
    "round",
    "done",
    "fresh",
)
_EARTH_M = 6_371_000.0


class Stations:
    """All stations of one state of the register, found by id, by scope, by place and by words."""

    def __init__(self, now: CityView, frame: gpd.GeoDataFrame) -> None:
        self.frame = frame
        self.number = {own: row for row, own in enumerate(frame["station_id"])}
        known = frame["unit_id"].astype(object)
        unit = known.where(known.notna(), None).to_numpy(copy=True)
        adcode = frame["adcode"].astype(object).where(frame["adcode"].notna(), "").to_numpy()
        named = [row for row in np.flatnonzero(pd.isna(unit)) if text(frame["unit"].iat[row])]
        for row in named:
            unit[row] = unit_called(now, str(frame["unit"].iat[row]), adcode[row])
        self.unit_id: NDArray[np.object_] = unit
        self.adcode: NDArray[np.object_] = adcode
        self.active = (frame["status"] == "active").to_numpy(dtype=bool)
        self._scopes: dict[tuple[str, str, str | None], NDArray[np.int64]] = {}

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

    def row(self, station_id: str) -> Row | None:
        """Return a station's facts as plain values, with the unit that it only names."""
        number = self.number.get(station_id)
        if number is None:
            return None
        facts = self.frame.iloc[number]
        row = {n: text(v) for n, v in facts.items() if n != "geometry"}
        placed = facts["geometry"] is not None and not facts["geometry"].is_empty
        place = coordinates(facts["geometry"])[0] if placed else None
        return {**row, "id": station_id, "unit_id": self.unit_id[number], "place": place}


@dataclass(frozen=True)
class Newest:
    """The newest inspection of a station: its instant, its number, its id and its kind."""

    at: str
    created: int
    id: str
    visit: str


class Last:
    """The newest inspection that counts of every station, by what judges and by all."""

    def __init__(self) -> None:
        self.judged: dict[str, Newest] = {}
        self.any: dict[str, Newest] = {}
        self._frame: pd.DataFrame | None = None
        self._count = 0
        self._mark: tuple[int, str] = (0, "")  # version and id of the one that changed last

    def follow(self, frame: pd.DataFrame) -> None:
        """Take in what `frame`, the snapshot's, has beyond what was taken in before."""
        if frame is self._frame:
            return
        version = frame["version"].to_numpy()
        seq, own = self._mark
        known = self._frame is not None and seq > 0 and (frame["id"][version == seq] == own).any()
        fresh = frame[version > seq] if known else frame
        if known and self._count + int((fresh["created"] > seq).sum()) != len(frame):
            known, fresh = False, frame  # some are gone
        if not known:
            self.judged, self.any = {}, {}
        voided = set(fresh.loc[fresh["voided"].notna(), "station_id"]) if known else set()
        if voided:
            for station_id in voided:
                self.judged.pop(station_id, None)
                self.any.pop(station_id, None)
            again = frame["station_id"].isin(voided) & (version <= seq)
            fresh = pd.concat([frame[again.to_numpy(dtype=bool)], fresh])
        self._take(fresh)
        self._frame, self._count = frame, len(frame)
        if len(frame):
            newest = int(version.argmax())
            self._mark = (int(version[newest]), str(frame["id"].iat[newest]))

    def _take(self, rows: pd.DataFrame) -> None:
        rows = rows[rows["voided"].isna().to_numpy(dtype=bool)]
        names = ("station_id", "at", "created", "id", "visit")
        for station_id, *facts in zip(*(rows[n].tolist() for n in names), strict=True):
            found = Newest(*facts)
            for into in (self.any,) if found.visit == SELF else (self.any, self.judged):
                there = into.get(station_id)
                if there is None or (there.at, there.created) < (found.at, found.created):
                    into[station_id] = found


class _Kept:
    """What is kept of the present version."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.stations: tuple[Any, Any, Stations] | None = None
        self.last: tuple[Any, Last] | None = None


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
    frame = present().answers.register.snapshot.frames["inspection"]
    with _KEPT.lock:
        found = _KEPT.last
        if found is None or found[0] is not register().engine:
            found = (register().engine, Last())
            _KEPT.last = found
        found[1].follow(frame)
        return found[1]


# ------------------------------------------------------------------- one station


def site_row(station_id: str) -> Row:
    """Return a station's facts, also by the id of one that was merged into it.

    404, and a line in the log, where there is none or it is in another's charge.
    """
    row = stations().row(station_id)
    if row is None and (merged := merged_into(register(), station_id)):
        row = stations().row(merged)
    within(row)
    assert row is not None
    return row


def in_charge(row: Mapping[str, Any]) -> None:
    """Answer 404, and log it, unless what a row tells is of a station in the account's charge.

    Where the station is gone, the row's own district and unit tell.
    """
    held = stations().row(row["station_id"])
    if held is None and (merged := merged_into(register(), row["station_id"])):
        held = stations().row(merged)
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


def unsettled(account: Account, *, among: Collection[str] | None = None) -> list[Row]:
    """Return the orders in which something remains to be done, the first due first.

    Parameters
    ----------
    account : Account
        Of its scope.
    among : collection of str, optional
        Of these stations alone, whose scope is known.
    """
    table = models.rectification
    chosen = sa.select(table).where(table.c.state.in_(orders.UNSETTLED))
    if among is None and account.role == "unit":
        chosen = chosen.where(table.c.unit_id == account.unit_id)
    elif among is None and account.adcode and account.role != "city":
        chosen = chosen.where(table.c.adcode.startswith(account.adcode, autoescape=True))
    chosen = chosen.order_by(table.c.due, table.c.created)
    with register().reading() as connection:
        if among is None:
            return [dict(row) for row in connection.execute(chosen).mappings()]
        found = [
            dict(row)
            for some in queries.chunks(among)
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
    return list(dict.fromkeys(own for row in rows for own in row["stations"] or ()))


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
    orders: dict[str, list[Row]]
    round: dict[str, int]
    since: str
    due: str
    stale: str
    last: Last

    @classmethod
    def of(cls, account: Account, *, among: Collection[str] | None = None) -> "Waiting":
        """Gather it for an account."""
        now = present()
        day = today(now)
        by_station: dict[str, list[Row]] = {}
        for row in unsettled(account, among=among):
            by_station.setdefault(row["station_id"], []).append(row)
        places = {own: place for place, own in enumerate(rounds_of(account, day))}
        since, due, stale = (
            midnight(now, day - dt.timedelta(days=days))
            for days in (0, due_days(now), now.pack.stale_days)
        )
        return cls(day, by_station, places, since, due, stale, last())

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


# ------------------------------------------------------------------- lists


def listed(
    which: str, account: Account, *, words: str, near: tuple[float, float] | None
) -> tuple[list[str], Waiting | None]:
    """Return the ids of a list in its order, and what waits where that was looked at.

    Parameters
    ----------
    which : str
        One of `LISTS`.
    account : Account
    words : str
        Each of them stands in the name, address, unit or id.
    near : (float, float), optional
        Longitude and latitude: the nearest first, whichever list it is.
    """
    held = stations()
    rows = held.of(account)
    waiting = Waiting.of(account) if which in ("today", "orders", "due") else None
    if waiting is not None and which != "due":
        wanted = _of_today(waiting, account) if which == "today" else _with_orders(waiting)
        mine = set(rows.tolist())
        numbers = [held.number[own] for own in wanted if own in held.number]
        rows = np.array([n for n in numbers if n in mine], dtype=np.int64)
    elif waiting is not None:
        rows = _due(held, rows, waiting)
    elif which == "all" or near is None:
        rows = rows[np.argsort(held.rank[rows], kind="stable")]
    for word in words.casefold().split():
        rows = np.array([n for n in rows if word in held.words[n]], dtype=np.int64)
    if near is not None and which != "today":
        rows = _nearest(held, rows, near)
    ids = held.frame["station_id"].to_numpy()
    return ids[rows].tolist(), waiting


def _of_today(waiting: Waiting, account: Account) -> list[str]:
    """Return the day's round, what is to be re-inspected or overdue, and what was done."""
    late = [
        own
        for own, rows in waiting.orders.items()
        if any(r["state"] == orders.ANSWERED or orders.overdue(r, waiting.day) for r in rows)
    ]
    table = models.inspection
    chosen = sa.select(table.c.station_id).where(
        table.c.inspector_id == account.id, table.c.at >= waiting.since, table.c.voided.is_(None)
    )
    with register().reading() as connection:
        done = connection.scalars(chosen.order_by(table.c.at)).all()
    return list(dict.fromkeys([*waiting.round, *late, *done]))


def _with_orders(waiting: Waiting) -> list[str]:
    """Return the stations with unsettled orders: what was answered first, then the first due."""

    def place(own: str) -> tuple[bool, str]:
        row = first_of(waiting.orders[own])
        assert row is not None
        return row["state"] != orders.ANSWERED, row["due"] or ""

    return sorted(waiting.orders, key=place)


def _due(held: Stations, rows: NDArray[np.int64], waiting: Waiting) -> NDArray[np.int64]:
    """Return the stations in operation where nobody was for too long, the longest first."""
    judged, found = waiting.last.judged, []
    ids = held.frame["station_id"].to_numpy()
    for row in rows[held.active[rows]].tolist():
        newest = judged.get(ids[row])
        if waiting.is_due(newest):
            found.append((newest.at if newest else "", row))
    found.sort()
    return np.array([row for _, row in found], dtype=np.int64)


def _nearest(
    held: Stations, rows: NDArray[np.int64], near: tuple[float, float]
) -> NDArray[np.int64]:
    """Sort rows by their distance from a place; those without a place come last."""
    if not len(rows):
        return rows
    lon, lat = np.radians(held.lonlat[rows]).T
    own_lon, own_lat = np.radians(near)
    x, y = (lon - own_lon) * np.cos((lat + own_lat) / 2), lat - own_lat
    return rows[np.argsort(_EARTH_M * np.hypot(x, y), kind="stable")]


def told(ids: Sequence[str], account: Account, lang: str, waiting: Waiting | None) -> list[Row]:
    """Write stations of a page as the interface tells them."""
    now, held = present(), stations()
    waiting = waiting or Waiting.of(account, among=ids)
    newest = waiting.last.any if account.role == "unit" else waiting.last.judged
    with register().reading() as connection:
        inspections = {
            row["id"]: row
            for row in queries.rows_by_id(
                connection, "inspection", [newest[own].id for own in ids if own in newest]
            )
        }
    found = []
    for own in ids:
        row = held.row(own)
        if row is None:
            abort(404)
        seen = inspections.get(newest[own].id) if own in newest else None
        order = first_of(waiting.orders.get(own, ()))
        found.append(
            {
                "station_id": own,
                **{n: row[n] for n in ("name", "type", "address", "place", "unit", "unit_id")},
                "type_name": type_name(now, row["type"], lang),
                "district": now.district_name(row["adcode"] or ""),
                "supervising_unit": row["supervising_unit"],
                "status": row["status"],
                "work": waiting.work(own, active=row["status"] == "active"),
                "last": seen
                and {
                    **{n: seen[n] for n in ("id", "at", "visit", "result")},
                    "visit_name": visit_name(seen["visit"], lang),
                },
                "order": order and {n: order[n] for n in ("id", "state", "due", "lines")},
            }
        )
    return found
