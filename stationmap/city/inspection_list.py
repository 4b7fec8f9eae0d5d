"""A list of inspections against the register: they are added, none is ever changed by a list."""

import datetime as dt
import uuid
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from stationmap.city.answers import Answers
from stationmap.city.diff import Diff, Fresh, Line, Refused
from stationmap.city.layers import INSPECTIONS
from stationmap.city.listed import Listed
from stationmap.city.rows import Rows
from stationmap.city.visits import edition
from stationmap.inspections import Checklist
from stationmap.standards import Pack
from stationmap.store import Change, Register

ENTITY = "inspection"


def listed(
    fresh: gpd.GeoDataFrame, *, rows: Rows, stems: NDArray[np.int64], spans: Sequence[int]
) -> Listed:
    """Return the inspections of a file as the register keeps them.

    Parameters
    ----------
    fresh : GeoDataFrame
        With the columns of the layer.
    rows : Rows
        The file.
    stems : ndarray of int
        From which of its rows each stems: the first.
    spans : sequence of int
        Of how many rows each is made.
    """
    columns = [name for name in fresh if name not in ("id", "source", "geometry")]
    data = fresh[columns].astype(object).where(fresh[columns].notna(), None).to_dict("records")
    found = [
        Fresh(str(own), int(rows.numbers[stem]), values)
        for own, stem, values in zip(fresh["id"], stems.tolist(), data, strict=True)
    ]
    return Listed(INSPECTIONS, found, Refused(), frozenset(), spans=tuple(spans))


def added(register: Register, now: Answers, brings: Listed, *, source: str) -> Diff:
    """Return what of a list the register has not: by the content of each, so that none is twice."""
    there = set(now.register.snapshot.frames[ENTITY]["id"])
    stations = now.stations()
    names = dict(zip(stations["station_id"], stations["name"], strict=True))
    received = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    more = {
        "source": source,
        "received_at": received,
        "seq": register.seq(),
        "atlas": now.atlas.name if now.atlas else None,
    }
    diff = Diff()
    for position, one in enumerate(brings.fresh):
        line = Line(one.id, names.get(one.values["station_id"]), one.number)
        diff.ids[position] = one.id
        if one.id in there:
            diff.same.append(line)
        else:
            diff.new.append(line)
            diff.changes.append(Change(ENTITY, one.id, {**one.values, **more}, 0))
    return diff


def keep_words(register: Register, pack: Pack, *, by: str) -> None:
    """Keep the words of the checklist that a list was read by.

    An action of its own: they stay when the import is taken back, as other inspections may stand
    by them.
    """
    change = edition(Checklist.of_pack(pack))
    if register.get(change.entity, change.id) is None:
        register.write([change], action=str(uuid.uuid4()), by=by, kind="inspect", note=pack.id)
