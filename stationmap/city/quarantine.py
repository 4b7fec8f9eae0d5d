"""Rows of a file that cannot be used: the reason and the remedy of each, and the list of them."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.io import tabular
from stationmap.io.notes import Note
from stationmap.messages import N_, render

_HEADINGS = (N_("Row"), N_("Id"), N_("Name"), N_("Reason"), N_("What to do"))


class Refusal(NamedTuple):
    """Why one row is not used, and what to do about it: templates with shared parameters."""

    reason: str
    advice: str
    params: dict[str, Any]

    def sentences(self) -> tuple[Note, Note]:
        """Return reason and advice, to be said in a language."""
        return Note(self.reason, self.params), Note(self.advice, self.params)


class Entry(NamedTuple):
    """One line of the list: row number (or the object's id where there is none) and refusal."""

    row: int | None
    id: str | None
    name: str | None
    refusal: Refusal


class Quarantine:
    """Refused rows of one file of `size` rows; the first reason of a row stands."""

    def __init__(self, size: int) -> None:
        self._refusals: dict[int, Refusal] = {}
        self.good: NDArray[np.bool_] = np.ones(size, dtype=bool)

    def refuse(
        self,
        where: NDArray[np.bool_],
        reason: str,
        advice: str,
        *,
        by_row: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None,
        **params: Any,
    ) -> None:
        """Refuse rows.

        Parameters
        ----------
        where : ndarray of bool
            The rows, over the whole file.
        reason, advice : str
            Templates.
        by_row : mapping, optional
            Parameters that differ from row to row: values over the whole file.
        **params
            Parameters that all these rows share.
        """
        for row in np.flatnonzero(where & self.good).tolist():
            own = {name: values[row] for name, values in (by_row or {}).items()}
            self._refusals[row] = Refusal(reason, advice, params | own)
        self.good &= ~where

    def entries(self, cells: pd.DataFrame, numbers: NDArray[np.int64]) -> list[Entry]:
        """Return the refused rows in the order of the file."""
        ids, names = (
            cells[role] if role in cells else pd.Series([None] * len(cells))
            for role in ("id", "name")
        )
        return [
            Entry(int(numbers[row]), _text(ids[row]), _text(names[row]), refusal)
            for row, refusal in sorted(self._refusals.items())
        ]


def reasons(entries: Sequence[Entry]) -> list[tuple[Refusal, int]]:
    """Return each reason in its first wording and how many rows share it, the commonest first.

    Rows that are refused for what one cell says share it when the cell says the same.
    """
    keys = [(e.refusal.reason, str(e.refusal.params.get("value"))) for e in entries]
    first = {key: e.refusal for key, e in zip(reversed(keys), reversed(entries), strict=True)}
    return [(first[key], count) for key, count in Counter(keys).most_common()]


def write(folder: Path, stem: str, entries: Sequence[Entry], *, lang: str) -> Path:
    """Write the list as CSV under a name that its content decides; return the path."""
    table = pd.DataFrame(
        [
            (
                entry.row,
                entry.id,
                entry.name,
                *(note.render(lang) for note in entry.refusal.sentences()),
            )
            for entry in entries
        ],
        columns=[render(heading, {}, lang=lang) for heading in _HEADINGS],
    )
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(table.to_csv().encode()).hexdigest()[:8]
    path = folder / f"{stem}-{digest}.csv"
    tabular.write_csv(path, table)
    return path


def _text(value: Any) -> str | None:
    return None if value is None or value != value else str(value)
