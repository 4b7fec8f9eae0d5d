"""What became of stations by all that visits judged: met, not met, or not known."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.inspections.checklist import (
    LETTERS,
    MET,
    NOT_APPLICABLE,
    NOT_MET,
    UNKNOWN,
    Checklist,
)

_UNKNOWN = ord(LETTERS[UNKNOWN])


def results(
    visits: pd.DataFrame,
    checklists: Mapping[str, Checklist],
    *,
    today: Checklist,
    types: pd.Series,
) -> pd.Series:
    """Return where stations stand by the newest judgement of each line.

    Parameters
    ----------
    visits : DataFrame
        station_id, checklist (id), at (UTC ISO text), found, created: those that count, as
        `judgements` takes them.
    checklists : mapping
        Id → checklist.
    today : Checklist
        Whose binding lines count, by the types of station that they concern; a line that it does
        not have counts no more.
    types : Series
        Type of each station, by station id.

    Returns
    -------
    Series
        Station id → "not_met" with any binding line that is not; "met" where each is met, or does
        not apply where there is room for that; else "unknown". One row for each of `types`.
    """
    lines = [line for line in today.lines if line.force == "binding"]
    number = {line.key: column for column, line in enumerate(lines)}
    kinds, known = pd.factorize(types)
    asked = np.array([[line.concerns(kind) for line in lines] for kind in known], dtype=bool)
    asked = asked.reshape(len(known), len(lines))
    letters, station = _newest(visits, checklists, number=number, stations=types.index)
    of = asked[kinds[station]]
    exempt = np.array([line.may_not_apply for line in lines], dtype=bool)
    bad = ((letters == ord(LETTERS[NOT_MET])) & of).any(axis=1)
    fine = (letters == ord(LETTERS[MET])) | ((letters == ord(LETTERS[NOT_APPLICABLE])) & exempt)
    good = (fine | ~of).all(axis=1) & of.any(axis=1)
    found = np.full(len(types), UNKNOWN, dtype=object)
    found[station] = np.where(bad, NOT_MET, np.where(good, MET, UNKNOWN))
    return pd.Series(found, index=types.index, dtype=object)


def _newest(
    visits: pd.DataFrame,
    checklists: Mapping[str, Checklist],
    *,
    number: Mapping[str, int],
    stations: pd.Index,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the newest letter of each line at the stations that were visited, and which they are.

    Parameters
    ----------
    number : mapping
        Key of a line → its column.
    stations : Index
        Their ids; visits of others are left out.
    """
    station = stations.get_indexer(visits["station_id"].to_numpy(dtype=object))
    at = pd.to_datetime(visits["at"], utc=True, format="ISO8601").dt.tz_localize(None)
    order = np.lexsort((visits["created"].to_numpy(), at.to_numpy(), station))
    order = order[station[order] >= 0]
    station, rows = station[order], visits.iloc[order]
    if not len(rows):
        return np.zeros((0, len(number)), dtype=np.uint8), station
    letters = np.full((len(rows), len(number)), _UNKNOWN, dtype=np.uint8)
    found = rows["found"].to_numpy(dtype=object)
    for name, own in rows.groupby("checklist", sort=False).indices.items():
        said = np.frombuffer("".join(found[own]).encode("ascii"), dtype=np.uint8)
        said = said.reshape(len(own), -1)
        columns = [(number.get(line.key, -1), n) for n, line in enumerate(checklists[name].lines)]
        there = np.array([pair for pair in columns if pair[0] >= 0], dtype=np.int64).reshape(-1, 2)
        letters[own[:, None], there[:, 0]] = said[:, there[:, 1]]
    # in time's order within each station: the last row of those that judged
    begins = np.flatnonzero(np.diff(station, prepend=-1))
    judged = np.where(letters != _UNKNOWN, np.arange(len(rows), dtype=np.int32)[:, None], -1)
    last = np.maximum.reduceat(judged, begins, axis=0)
    newest = np.take_along_axis(letters, np.maximum(last, 0), axis=0)
    return np.where(last >= 0, newest, _UNKNOWN).astype(np.uint8), station[begins]
