"""Which stations serve: nothing found amiss by the last inspection, and facts that are fresh."""

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

B = NDArray[np.bool_]

VISIT = "visit"
"""Item of an inspection that says whether the station was found open, staffed and in use."""


def failing(inspections: pd.DataFrame, *, binding: Collection[tuple[str, int]]) -> pd.DataFrame:
    """Return the judgements that keep stations from serving.

    Parameters
    ----------
    inspections : DataFrame
        station_id, item, part, state, at (see `checks.facts.Facts`). The newest judgement of each
        line counts, so that a second look at some lines heals no others; one of an item as a whole
        (part 0) that is newer than that of a line stands for the line too. An item that was
        judged by its lines since is no longer judged as a whole.
    binding : collection of (str, int)
        Item and part of the judgements whose shortfall fails a station, beside those of the visit
        itself (closed, unstaffed).

    Returns
    -------
    DataFrame
        The rows of ``not_met`` that still hold.
    """
    known = inspections[inspections["state"] != "unknown"]
    line = ["station_id", "item", "part"]
    newest = known.sort_values("at", kind="stable").drop_duplicates(line, keep="last")
    whole = newest[newest["part"] == 0]
    judged = whole.set_index(pd.MultiIndex.from_frame(whole[["station_id", "item"]]))["at"]
    wrong = newest[newest["state"] == "not_met"]
    of_line = pd.MultiIndex.from_frame(wrong[["item", "part"]])
    wrong = wrong[of_line.isin([(VISIT, 0), (VISIT, 1), (VISIT, 2), *binding])]
    again = judged.reindex(pd.MultiIndex.from_frame(wrong[["station_id", "item"]])).to_numpy()
    whole_items = wrong.loc[wrong["part"] == 0, "item"].unique()
    parts = newest[(newest["part"] != 0) & newest["item"].isin(whole_items)]
    by_line = parts.groupby(["station_id", "item"], observed=True)["at"].max()
    since = by_line.reindex(pd.MultiIndex.from_frame(wrong[["station_id", "item"]])).to_numpy()
    at, of_whole = wrong["at"].to_numpy(), (wrong["part"] == 0).to_numpy(dtype=bool)
    return wrong[~((again > at) | (of_whole & (since > at)))]


def known_on(
    stations: pd.DataFrame, inspections: pd.DataFrame, *, listed_on: pd.Series
) -> pd.Series:
    """Return the day from which the facts of stations are: of the newest judgement, else listed.

    Parameters
    ----------
    stations, inspections, listed_on
        See `effective`.

    Returns
    -------
    Series of datetime64
        By the index of `stations`; NaT where nobody knows.
    """
    known = inspections[inspections["state"] != "unknown"]
    last = known.groupby("station_id", observed=True)["at"].max()
    inspected = last.reindex(stations["station_id"]).set_axis(stations.index)
    return inspected.astype("datetime64[ns]").fillna(listed_on.set_axis(stations.index))


def effective(
    stations: pd.DataFrame,
    inspections: pd.DataFrame,
    *,
    listed_on: pd.Series,
    binding: Collection[tuple[str, int]],
    stale_days: int,
    today: date,
) -> B:
    """Tell which stations serve: nothing binding was found amiss last, and their facts are fresh.

    Parameters
    ----------
    stations : DataFrame of n rows
        With a column station_id.
    inspections, binding
        See `failing`.
    listed_on : Series of datetime64, n values
        When the station's facts came, where nobody has inspected it; NaT where nobody knows.
    stale_days : int
        Facts older than this (exclusive) do not count.
    today : date

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    wrong = failing(inspections, binding=binding)
    known = known_on(stations, inspections, listed_on=listed_on)
    age = (pd.Timestamp(today) - known.dt.normalize()).dt.days
    fresh = age <= stale_days
    serves: B = (~stations["station_id"].isin(wrong["station_id"]) & fresh).to_numpy(dtype=bool)
    return serves
