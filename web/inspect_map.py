"""The inspectors' layer of the map: what waits at the stations in view, for whoever inspects."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from flask import Blueprint
from flask.typing import ResponseReturnValue
from numpy.typing import NDArray

from stationmap import tiles
from web.access import allow, me
from web.caching import present
from web.inspect_sites import (
    DONE,
    DUE,
    OVERDUE,
    REINSPECT,
    ROUND,
    Stations,
    Waiting,
    judged_last,
    last,
    milliseconds,
    stations,
)
from web.params import Params
from web.parts import cells, collection, feature, text
from web.view import FIRST_SINGLE_ZOOM, MAX_STATIONS

inspect_map = Blueprint("inspect_map", __name__, url_prefix="/api/v1/inspect")

STALE = "stale"
WORK = (REINSPECT, OVERDUE, ROUND, STALE, DUE, DONE)
"""What may wait at a station, what wants attention first; of a fresh one nothing is shown."""
_NOTHING = len(WORK)
_NUMBER: Mapping[str, int] = MappingProxyType({work: number for number, work in enumerate(WORK)})


@inspect_map.get("/map")
@allow("inspect")
def viewport() -> ResponseReturnValue:
    """Stations in a viewport at which something waits (``?work=`` for some of it), or cells.

    Each has ``work`` and, on the account's round of the day, ``number``, its place in it.
    """
    now, params = present(), Params.of_request()
    view, asked = params.viewport(), params.some_of("work", WORK)
    held, waiting = stations(), Waiting.of(me())
    rows = held.of(me())
    rows = rows[view.holds(*held.lonlat[rows].T)]
    work = _work(held, rows, waiting)
    keep = np.isin(work, [_NUMBER[name] for name in asked or WORK])
    rows, work = rows[keep], work[keep]
    order = np.argsort(work, kind="stable")
    rows, work = rows[order], work[order]
    if len(rows) > MAX_STATIONS or view.zoom < FIRST_SINGLE_ZOOM:
        lon, lat = held.lonlat[rows].T
        counts = {name: work == number for name, number in _NUMBER.items()}
        gathered = tiles.aggregate(lon, lat, zoom=view.zoom, values=counts)
        return cells(now, gathered, ("count", *WORK))
    places = held.lonlat[rows].round(6).tolist()
    return collection(
        now,
        (
            feature("Point", place, _properties(held, row, WORK[number], waiting))
            for place, row, number in zip(places, rows.tolist(), work.tolist(), strict=True)
        ),
        total=len(rows),
    )


def _work(held: Stations, rows: NDArray[np.int64], waiting: Waiting) -> NDArray[np.int64]:
    """Return the number in `WORK` of what waits at each station; `_NOTHING` of the fresh."""
    newest = _judged(held, rows, waiting)
    conditions = [
        newest >= milliseconds(waiting.since),
        ~held.active[rows],
        newest == 0,
        newest < milliseconds(waiting.stale),
        newest < milliseconds(waiting.due),
    ]
    found = (DONE, "", DUE, STALE, DUE)
    work: NDArray[np.int64] = np.select(
        conditions, [_NUMBER.get(name, _NOTHING) for name in found], default=_NOTHING
    ).astype(np.int64)
    place = np.full(len(held.ids) + 1, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    known = (held.number.get(own, -1) for own in {*waiting.orders, *waiting.round})
    some = np.fromiter(known, dtype=np.int64)
    for row in some[place[some] >= 0].tolist():
        kind = waiting.work(held.ids[row], active=bool(held.active[row]))
        if kind in (REINSPECT, OVERDUE, ROUND):
            work[place[row]] = _NUMBER[kind]
    return work


def _judged(held: Stations, rows: NDArray[np.int64], waiting: Waiting) -> NDArray[np.int64]:
    """Return when stations were judged last as the account knows it, see `Stations.newest`."""
    if waiting.last is last():
        newest: NDArray[np.int64] = judged_last(held)[rows]
        return newest
    judged = waiting.last.judged
    found = (judged.get(held.ids[row]) for row in rows.tolist())
    return np.fromiter((milliseconds(one.at) if one else 0 for one in found), dtype=np.int64)


def _properties(held: Stations, row: int, work: str, waiting: Waiting) -> dict[str, Any]:
    own = held.frame["station_id"].iat[row]
    place = waiting.round.get(own)
    return {
        "station_id": own,
        "name": text(held.frame["name"].iat[row]),
        "work": work,
        "number": None if place is None else place + 1,
    }
