"""Draws of sites for unannounced visits, and the rounds of those drawn, as events."""

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyproj
import shapely

from stationmap.city.answers import Answers
from stationmap.city.station_merge import merged_into
from stationmap.city.supervision import sites, standing, visits
from stationmap.crs import local_crs, to_metric
from stationmap.errors import Conflict, InputError
from stationmap.inspections import draw as drawing
from stationmap.inspections import rounds as laying
from stationmap.inspections.checklist import NOT_MET
from stationmap.inspections.draw import BASE, FACTORS, MOST_POINTS, Share, Site
from stationmap.inspections.orders import overdue
from stationmap.store import Change, Receipt, Register
from stationmap.store import supervision as store
from stationmap.store.accounts import Account
from stationmap.store.events import Row, applied, difference, now, plain
from stationmap.store.standing import Rows

DRAW, ROUNDS = "draw", "rounds"
"""Kinds of action."""
MOST_DRAWN = 2_000
AHEAD_DAYS = 366
"""How far ahead rounds can be laid out."""
UNANNOUNCED = ("supervision", "covert")
"""Kinds of visit that do what a draw is for: nobody on site was told of them."""
NOTE = 200  # characters
_WEEKEND = 5  # the first of its days, counted from Monday


def pool(
    answers: Answers, register: Register, *, adcode: str, today: dt.date, types: Sequence[str] = ()
) -> list[Site]:
    """Return the sites that can be drawn, by id: those in use in a district, with their factors.

    Parameters
    ----------
    answers : Answers
    register : Register
    adcode : str
        What their districts' codes begin with; "" for the whole city.
    today : date
        By the city's clock.
    types : sequence of str
        Only these types of station; all without any.
    """
    every = sites(answers, adcode=adcode)
    if types:
        every = every[every["type"].isin(types)]
    seen = visits(answers, every.index)
    at = pd.to_datetime(seen["at"], utc=True, format="ISO8601")
    day = at.dt.tz_convert(answers.config.time_zone).dt.tz_localize(None).dt.normalize()
    age = (pd.Timestamp(today) - day).dt.days.groupby(seen["site"]).min().reindex(range(len(every)))
    waiting = store.orders(register)
    late = [overdue(row, today) > 0 for row in waiting.to_dict("records")]
    marks = {
        "never": age.isna().to_numpy(),
        "stale": (age > answers.pack.stale_days).to_numpy(dtype=bool),
        "failed": (standing(answers, seen, every["type"]) == NOT_MET).to_numpy(),
        "overdue": every.index.isin(set(waiting.loc[late, "station_id"])),
        "remarks": every.index.isin(store.stations_with_remarks(register, state="open")),
    }
    names = list(FACTORS)
    flags = np.stack([marks[name] for name in names], axis=1)
    found = [
        Site(id_, county, tuple(name for name, there in zip(names, own, strict=True) if there))
        for id_, county, own in zip(every.index, every["county"], flags.tolist(), strict=True)
    ]
    return sorted(found, key=lambda site: site.id)


def today(answers: Answers) -> dt.date:
    """Return the present day by the city's clock."""
    return dt.datetime.now(ZoneInfo(answers.config.time_zone)).date()


def points_of(given: Mapping[str, str]) -> dict[str, int]:
    """Read the points of the factors as a form sends them; our own where it sends none.

    Raises
    ------
    InputError
        One is no whole number from 0 to `MOST_POINTS`.
    """
    return {
        name: whole(given.get(name, str(own)), low=0, high=MOST_POINTS)
        for name, own in drawing.POINTS.items()
    }


def whole(text: str, *, low: int, high: int) -> int:
    """Read a whole number, both bounds included.

    Raises
    ------
    InputError
        It is none, or beyond them.
    """
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal() and low <= int(plain[:9]) <= high):
        raise InputError(
            "“{value}” cannot be used here: please write a whole number from {low} to {high}; "
            "nothing was saved.",
            value=text[:20],
            low=low,
            high=high,
        )
    return int(plain)


def make(
    answers: Answers,
    register: Register,
    *,
    by: str,
    scope: str,
    action: str,
    size: int,
    points: Mapping[str, int],
    today: dt.date,
    within: str = "",
    types: Sequence[str] = (),
    note: str = "",
) -> tuple[str, Receipt]:
    """Draw sites by a seed that is made now, and keep all that proves it.

    Parameters
    ----------
    answers : Answers
    register : Register
    by : str
        Id of the account that draws, or "cli".
    scope : str
        What the districts of this account's begin with; "" for the whole city. The draw is seen
        by those alone who look after all of it.
    action : str
        The client's UUID: sent again with the same wishes it answers the draw that was made.
    size : int
        1 to `MOST_DRAWN`.
    points : mapping
        Factor → points.
    today : date
    within : str
        District; within the account's own.
    types : sequence of str
    note : str
        What for.

    Returns
    -------
    id : str
    receipt : Receipt

    Raises
    ------
    InputError
        There is no site to draw.
    Conflict
        The mark of the action was used for another wish.
    """
    within = within if within.startswith(scope) else scope
    wish = {
        "adcode": scope,
        "within": within,
        "types": sorted(types),
        "size": size,
        "points": dict(points),
        "note": note,
    }
    own = str(uuid.UUID(action))
    if earlier := register.again(action, kind=DRAW, request=wish):
        return own, earlier
    pooled = pool(answers, register, adcode=within, today=today, types=types)
    if not pooled:
        raise InputError("there is no station in use to draw here; nothing was drawn.")
    seed = secrets.token_hex(16)
    drawn = drawing.draw(pooled, size=size, seed=seed, points=points)
    site_of = {site.id: site for site in pooled}
    after = {
        "at": now(),
        "adcode": scope,
        "seed": seed,
        "size": size,
        "weights": {
            "base": BASE,
            "points": dict(points),
            "within": within,
            "types": sorted(types),
        },
        "pool": drawing.written(pooled),
        "drawn": [_kept(site_of[id_], points) for id_ in drawn],
        "shares": [_share(one) for one in drawing.shares(pooled, drawn)],
        "note": note,
    }
    change = Change("draw", own, after, expects=0)
    return own, register.write([change], action=action, by=by, kind=DRAW, request=wish)


def _kept(site: Site, points: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": site.id,
        "county": site.county,
        "factors": list(site.factors),
        "weight": site.weight(points),
    }


def _share(one: Share) -> dict[str, Any]:
    # a fraction as people write it: exact, whatever reads it
    return {
        "county": one.county,
        "sites": one.sites,
        "expected": str(one.expected),
        "drawn": one.drawn,
    }


@dataclass(frozen=True)
class Proof:
    """What a draw says of itself, and what its seed and pool say."""

    seed: str
    size: int
    points: Mapping[str, int]
    pool: Sequence[Site]
    told: Sequence[str]
    found: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether both are the same."""
        return list(self.told) == list(self.found)


def proof(row: Row) -> Proof:
    """Draw once more from what was kept of a draw.

    Parameters
    ----------
    row : dict
        The draw, all columns.
    """
    points = row["weights"]["points"]
    pooled = drawing.read(row["pool"])
    found = drawing.draw(pooled, size=row["size"], seed=row["seed"], points=points)
    told = [one["id"] for one in row["drawn"]]
    return Proof(row["seed"], row["size"], points, pooled, told, found)


def as_drawn(register: Register, row: Row) -> bool:
    """Whether a draw stands as the action that made it has it, and no other has touched it.

    A pool and a seed can be changed together, so that they prove what was never drawn.
    """
    events = register.history("draw", row["id"], limit=2)
    made = [event.after for event in events if event.before is None and event.kind == DRAW]
    return len(events) == len(made) == 1 and difference(applied(None, made[0]), plain(row)) is None


# ------------------------------------------------------------------- rounds


@dataclass(frozen=True)
class Laid:
    """One round: its stations in order, how far it is (metres, straight), where they are."""

    stations: list[str]
    metres: float | None
    adcodes: frozenset[str]


def lay(answers: Answers, ids: Sequence[str], *, most: int) -> list[Laid]:
    """Lay out rounds of near sites in the shortest order; those without a place come last.

    Parameters
    ----------
    answers : Answers
    ids : sequence of str
        Stations; one that is in use no more is left out.
    most : int
        Stations of a round.
    """
    frame = answers.stations().set_index("station_id")
    frame = frame[frame.index.isin(ids) & (frame["status"] == "active").to_numpy()].sort_index()
    code = frame["adcode"].fillna("").astype(object)
    there = (frame.geometry.notna() & ~frame.geometry.is_empty).to_numpy()
    placed, lost = frame[there], frame[~there].assign(county=code[~there]).sort_values("county")
    laid = []
    if len(placed):
        points = shapely.get_coordinates(to_metric(placed, _crs(placed)).geometry)
        for members in laying.groups(points, most=most):
            order, metres = laying.shortest(points[members])
            own = placed.index[members[order]]
            laid.append(Laid(list(own), metres, frozenset(code[own])))
    for start in range(0, len(lost), most):
        own = lost.index[start : start + most]
        laid.append(Laid(list(own), None, frozenset(code[own])))
    return laid


def walk_m(places: Sequence[Sequence[float]]) -> float:
    """Return the straight metres from each of some places (degrees, WGS-84) to the next."""
    lon, lat = zip(*places, strict=True) if places else ((), ())
    return float(pyproj.Geod(ellps="WGS84").line_length(lon, lat))


def _crs(placed: Any) -> Any:
    west, south, east, north = placed.total_bounds
    return local_crs([west, east], [south, north])


def make_rounds(
    answers: Answers,
    register: Register,
    *,
    draw: Row,
    by: str,
    action: str,
    most: int,
    inspectors: Sequence[Account],
    first: dt.date,
    today: dt.date,
) -> Receipt:
    """Lay out the rounds of a draw, instead of those it had, and share them out.

    Each goes to the inspector who is free first of those whose scope has all of its stations; one
    that nobody may visit has neither inspector nor day. Saturdays and Sundays are left out.

    Raises
    ------
    InputError
        `first` is before `today`, by the city's clock, or more than `AHEAD_DAYS` after it.
    Conflict
        Somebody changed its rounds meanwhile, or gave one to these inspectors, or the mark was
        used for another wish.
    """
    wish = {
        "draw": draw["id"],
        "most": most,
        "inspectors": [one.id for one in inspectors],
        "first": first.isoformat(),
    }
    if earlier := register.again(action, kind=ROUNDS, request=wish):
        return earlier
    last = today + dt.timedelta(days=AHEAD_DAYS)
    if not today <= first <= last:
        raise InputError(
            "the first day of the rounds can be from {today} to {last}; nothing was saved.",
            today=today.isoformat(),
            last=last.isoformat(),
        )

    def rounds(rows: Rows) -> list[Row]:
        given = [row for one in inspectors for row in rows("round", inspector_id=one.id)]
        return [*rows("round", draw_id=draw["id"]), *given]

    before = rounds(register.rows)
    taken = {(r["inspector_id"], r["day"]) for r in before if r["draw_id"] != draw["id"]}
    own_before = {row["id"]: row for row in before if row["draw_id"] == draw["id"]}

    def still(rows: Rows) -> None:
        now = rounds(rows)
        if [(r["id"], r["version"]) for r in now] != [(r["id"], r["version"]) for r in before]:
            raise Conflict(
                "somebody else laid out rounds meanwhile; nothing was saved, look at them and do "
                "it once more",
                entity="draw", id=draw["id"], yours=None, current=None, base=None,
            )  # fmt: skip

    changes = [Change("round", o, None, expects=r["version"]) for o, r in own_before.items()]
    held = set(answers.stations()["station_id"])
    drawn = [one["id"] for one in draw["drawn"]]
    ids = [own if own in held else merged_into(register, own) or own for own in drawn]
    laid = lay(answers, ids, most=most)
    for number, one in enumerate(laid, start=1):
        inspector, day = _free(one, inspectors, taken=taken, first=first)
        if inspector is not None and day is not None:
            taken.add((inspector, day))
        after = {
            "draw_id": draw["id"],
            "day": day,
            "inspector_id": inspector,
            "adcode": draw["adcode"],
            "stations": one.stations,
        }
        own = str(uuid.uuid5(uuid.UUID(action), str(number)))
        changes.append(Change("round", own, after, expects=0))
    return register.write(changes, action=action, by=by, kind=ROUNDS, request=wish, only_if=still)


def _free(
    laid: Laid,
    inspectors: Sequence[Account],
    *,
    taken: set[tuple[Any, Any]],
    first: dt.date,
) -> tuple[str | None, str | None]:
    found: list[tuple[str, int]] = []
    for place, one in enumerate(inspectors):
        if all(one.covers(code, None) for code in laid.adcodes):
            day = first
            while day.weekday() >= _WEEKEND or (one.id, day.isoformat()) in taken:
                day += dt.timedelta(days=1)
            found.append((day.isoformat(), place))
    if not found:
        return None, None
    day_text, place = min(found)
    return inspectors[place].id, day_text
