"""What became of stations by all that visits judged: met, not met, or not known."""

import numpy as np
import pandas as pd

from stationmap.inspections.checklist import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN, Checklist


def results(judged: pd.DataFrame, checklist: Checklist, *, types: pd.Series) -> pd.Series:
    """Return where stations stand by the newest judgement of each line.

    Parameters
    ----------
    judged : DataFrame
        As `judgements` gives it.
    checklist : Checklist
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
    lines = [line for line in checklist.lines if line.force == "binding"]
    kinds, known = pd.factorize(types)
    asked = np.array([[line.concerns(kind) for line in lines] for kind in known], dtype=bool)
    asked = asked.reshape(len(known), len(lines))
    exempt = np.array([line.may_not_apply for line in lines], dtype=bool)
    station = pd.Index(types.index).get_indexer(pd.Index(judged["station_id"].astype("str")))
    keys = pd.MultiIndex.from_tuples([(line.item, line.part) for line in lines])
    line = keys.get_indexer(
        pd.MultiIndex.from_arrays([judged["item"].astype("str"), judged["part"]])
    )
    there = (station >= 0) & (line >= 0)
    there[there] = asked[kinds[station[there]], line[there]]
    state = judged["state"].to_numpy(dtype=object)[there]
    own, line = station[there], line[there]
    bad = np.bincount(own[state == NOT_MET], minlength=len(types))
    fine = (state == MET) | ((state == NOT_APPLICABLE) & exempt[line])
    good = np.bincount(own[fine], minlength=len(types))
    due = asked.sum(axis=1)[kinds]
    found = np.where(bad > 0, NOT_MET, np.where((good == due) & (due > 0), MET, UNKNOWN))
    return pd.Series(found, index=types.index, dtype=object)
