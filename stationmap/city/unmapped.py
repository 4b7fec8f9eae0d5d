"""Facilities that map to no category: kept in the atlas, counted by no rule, and said."""

import pandas as pd

from stationmap.facilities import without_category
from stationmap.io.notes import Note
from stationmap.messages import N_

WORDS_NAMED = 8


def notes(facilities: pd.DataFrame) -> list[Note]:
    """Say how many facilities have no category, and under which words their source has them."""
    counted = without_category(facilities)
    if counted.empty:
        return []
    words = counted.groupby("word", dropna=False, sort=False)["count"].sum()
    words = words.sort_values(ascending=False, kind="stable")
    named = [f"{'–' if pd.isna(word) else word} ({n})" for word, n in words.items()]
    more = len(named) - WORDS_NAMED
    listed = ", ".join(named[:WORDS_NAMED]) + (f" … (+{more})" if more > 0 else "")
    return [
        Note(
            N_(
                "{rows} of {all} facilities map to no category that a standard could name; they "
                "are kept, and no rule counts them: {words}"
            ),
            {"rows": int(counted["count"].sum()), "all": len(facilities), "words": listed},
        )
    ]
