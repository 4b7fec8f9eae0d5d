"""Where stations stand after all inspections: the newest judgement of each line."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stationmap.inspections.checklist import LETTERS, UNKNOWN, Checklist

SELF = "self"
SUPERVISION, COVERT = "supervision", "covert"
VISITS = ("call", SUPERVISION, COVERT, SELF)
"""Kinds of visit: 走访, 督查, 暗访; and 自查, which is a unit's own word and judges nothing."""

_STATES = tuple(state for state in LETTERS if state != UNKNOWN)


def openly(visit: str) -> str:
    """Return the kind of a visit as the public and units are told it: an unannounced one is none.

    They are not told of it at all on its own day, as the next stops of the round lie near.
    """
    return SUPERVISION if visit == COVERT else visit


def judgements(
    inspections: pd.DataFrame, checklists: Mapping[str, Checklist], *, zone: str
) -> pd.DataFrame:
    """Return the newest judgement of every line at every station.

    Parameters
    ----------
    inspections : DataFrame
        station_id, checklist (id), visit, at (UTC ISO text), found, voided, created; the newest
        is the one of the latest `at`, of two the one that came later. A unit's own checks
        (visit "self") and voided inspections judge nothing; a line that was not looked at keeps
        what was found of it before.
    checklists : mapping
        Id → checklist; an item and a part are the same line in all of them.
    zone : str
        Time zone of the city, such as "Asia/Shanghai".

    Returns
    -------
    DataFrame
        station_id, item, part, state, at (datetime64[us], by the city's clock), as
        `checks.facts.Facts` takes them; one row a station and line.
    """
    rows = inspections[(inspections["visit"] != SELF) & inspections["voided"].isna()]
    at = pd.to_datetime(rows["at"], utc=True, format="ISO8601").dt.tz_convert(zone)
    rows = rows.assign(at=at.dt.tz_localize(None).astype("datetime64[us]"))
    rows = rows.sort_values(["at", "created"], kind="stable")
    station, ids = pd.factorize(rows["station_id"])
    lines = list(
        dict.fromkeys(
            (line.item, line.part)
            for name in rows["checklist"].unique()
            for line in checklists[name].lines
        )
    )
    number = {line: column for column, line in enumerate(lines)}
    found = rows["found"].to_numpy(dtype=object)
    code = np.zeros(128, dtype=np.int8)  # 0: not judged; else 1 + the state
    for number_of, known in enumerate(_STATES, start=1):
        code[ord(LETTERS[known])] = number_of
    state = np.zeros((len(ids), len(lines)), dtype=np.int8)
    row = np.full(state.shape, -1, dtype=np.int64)  # of the inspection that judged so
    for name, own in rows.groupby("checklist", sort=False).indices.items():
        columns = np.array([number[line.item, line.part] for line in checklists[name].lines])
        letters = np.frombuffer("".join(found[own]).encode("ascii"), dtype=np.uint8)
        said = code[letters].reshape(len(own), len(columns))
        inspection, line = np.nonzero(said)
        place = station[own[inspection]], columns[line]
        newest = np.full(state.shape, -1, dtype=np.int64)
        # of several in one place the last is kept: the newest
        newest[place] = own[inspection]
        judged = np.zeros(state.shape, dtype=np.int8)
        judged[place] = said[inspection, line]
        state = np.where(newest > row, judged, state)
        row = np.maximum(row, newest)
    of_station, of_line = np.nonzero(state)
    states = pd.CategoricalDtype(list(_STATES))
    items = list(dict.fromkeys(item for item, _ in lines))
    item_of = np.array([items.index(item) for item, _ in lines], dtype=np.int64)
    part_of = np.array([part for _, part in lines], dtype=np.int64)
    return pd.DataFrame(
        {
            "station_id": pd.Categorical.from_codes(of_station, categories=ids),
            "item": pd.Categorical.from_codes(item_of[of_line], categories=items),
            "part": part_of[of_line],
            "state": pd.Categorical.from_codes(state[of_station, of_line] - 1, dtype=states),
            "at": rows["at"].to_numpy()[row[of_station, of_line]],
        }
    )
