"""What a kind of import is: its layer, its columns, and what reading its rows needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.city import values
from stationmap.city.answers import Answers
from stationmap.city.layers import content_ids
from stationmap.city.place import Placed
from stationmap.city.quarantine import Quarantine
from stationmap.city.rows import Rows, nearest
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.standards import Pack, Text

Column = NDArray[np.object_]

TRUE = frozenset(("yes", "true", "t", "1", "y", "是", "有", "√", "✓"))
FALSE = frozenset(("no", "false", "f", "0", "n", "否", "无", "没有", "×"))


@dataclass(frozen=True)
class Context:
    """What the rows of a file meet: its source, the city, and the ids that are not theirs to take.

    `within` is how the adcodes begin of all that the list may hold, "" for any; `warnings` collects
    what is to be said of cells that were left out.
    """

    source: str
    now: Answers
    taken: frozenset[str]
    within: str = ""
    warnings: list[Note] = field(default_factory=list)

    @property
    def pack(self) -> Pack:
        """The city's standard."""
        return self.now.pack

    def warn(self, template: str, where: NDArray[np.bool_], **params: Any) -> None:
        """Say something of rows, and how many they are; nothing of none."""
        if rows := int(where.sum()):
            self.warnings.append(Note(template, {"rows": rows, **params}))


Make = Callable[[Rows, Placed, Quarantine, Context], pd.DataFrame]


@dataclass(frozen=True)
class Kind:
    """One kind of import.

    Attributes
    ----------
    layer : str
        Where its rows go.
    shape : str
        What a row may be on the map: see `place.place`; "none" for lists without places.
    roles : str
        The roles of its columns, by blanks.
    make : callable
        Makes columns of the layer from rows. A column ``row`` tells from which row of the file
        each comes, where one row gives several.
    complete : str
        What ``--complete`` declares complete: a key, "stations" or "facilities" by type or
        category; "" where nothing can be.
    listed : bool
        Whether a table will do where outlines are wanted: its rows are points, or are only known.
    more : callable
        Roles that hang on the city's pack → headings that mean them, beside the role itself.
    """

    layer: str
    shape: str
    roles: str
    make: Make
    complete: str = ""
    listed: bool = False
    more: Callable[[Pack], Mapping[str, Sequence[str]]] = lambda _: MappingProxyType({})

    def columns(self, pack: Pack) -> dict[str, Sequence[str]]:
        """Return all roles of its columns, each with headings of its own beside its name."""
        return dict.fromkeys(self.roles.split(), ()) | dict(self.more(pack))


def truth(value: Any) -> bool | None:
    """Read yes or no (是, 否, 有, 无, 1, 0 …); None for anything else."""
    word = "" if value is None else str(value).casefold().removesuffix(".0")
    return True if word in TRUE else False if word in FALSE else None


def row_ids(rows: Rows, placed: Placed) -> Column:
    """Return the ids that rows have, else a hash of name and place."""
    own = rows.text("id").to_numpy()
    found = content_ids(
        pd.DataFrame(
            {"name": rows.text("name"), "place": shapely.to_wkb(placed.geometry, hex=True)}
        ),
        prefix="h-",
    )
    return np.where(pd.isna(own), found, own)


def refuse_nowhere(placed: Placed, quarantine: Quarantine) -> None:
    """Refuse rows without a place."""
    quarantine.refuse(
        shapely.is_missing(placed.geometry),
        N_("the row has no place"),
        N_("give its coordinates"),
    )


def refuse_repeats(rows: Rows, quarantine: Quarantine, *, ids: pd.Series | None = None) -> None:
    """Refuse the second and later rows with an id."""
    ids = rows.text("id") if ids is None else ids
    ids = ids.where(quarantine.good)
    first = pd.Series(rows.numbers, index=ids.index).groupby(ids).transform("first")
    quarantine.refuse(
        (ids.duplicated() & ids.notna()).to_numpy(),
        N_("the id {id} stands already in row {first}"),
        N_("give every row its own id, or delete the repeat"),
        by_row={"id": ids.to_numpy(), "first": first.astype("Int64").tolist()},
    )


def refuse_words(
    said: pd.Series,
    where: NDArray[np.bool_],
    quarantine: Quarantine,
    *,
    reason: str,
    known: Mapping[str, Any],
    shown: str | Text,
) -> None:
    """Refuse rows whose word is none of the known ones, and name the nearest of them.

    Parameters
    ----------
    said : Series
        What the rows say.
    where : ndarray of bool
        Rows whose word is not understood; those that say nothing are left alone.
    quarantine : Quarantine
    reason : str
        Template with ``{value}``.
    known : mapping
        Words that are understood.
    shown : str
        Those that advice lists.
    """
    close = {word: nearest(str(word), known) for word in said[where & said.notna()].unique()}
    near = said.map(close)
    by_row = {"value": said.to_numpy(), "nearest": near.to_numpy()}
    refused = where & said.notna().to_numpy()
    quarantine.refuse(
        refused & near.notna().to_numpy(),
        reason,
        N_("did you mean {nearest}? expected one of: {known}"),
        by_row=by_row,
        known=shown,
    )
    quarantine.refuse(refused, reason, N_("write one of: {known}"), by_row=by_row, known=shown)


def column(values: pd.Series) -> Column:
    """Return the values as an array of objects."""
    return np.asarray(values.astype("object"), dtype=object)


def amount(
    rows: Rows, role: str, quarantine: Quarantine, *, whole: bool = False
) -> NDArray[np.float64]:
    """Read the numbers of a column, in the unit that its heading names; NaN where blank."""
    said = rows.text(role)
    heading = rows.found.get(role, role)
    found = said.map(values.number, na_action="ignore").astype("float64").to_numpy()
    read = np.round(found * values.scale(heading), 6)
    by_row = {"value": said.to_numpy()}
    refuse_numbers(said, read, quarantine, heading=heading, whole=whole, by_row=by_row)
    return np.asarray(read, dtype=np.float64)


def refuse_numbers(
    said: pd.Series,
    read: NDArray[np.float64],
    quarantine: Quarantine,
    *,
    heading: str,
    whole: bool,
    by_row: Mapping[str, Any],
) -> None:
    """Refuse rows whose cell holds no number, a negative one, or a fraction where none can be."""
    there = said.notna().to_numpy()
    plain = N_("write the number alone, such as 1234; leave it empty where it is not known")
    quarantine.refuse(
        there & np.isnan(read),
        N_("{heading}: {value} is not a number"),
        plain,
        by_row=by_row,
        heading=heading,
    )
    quarantine.refuse(
        there & (read < 0),
        N_("{heading}: {value} is negative"),
        plain,
        by_row=by_row,
        heading=heading,
    )
    if whole:
        quarantine.refuse(
            there & (read % 1 != 0),
            N_("{heading}: {value} is not a whole number"),
            plain,
            by_row=by_row,
            heading=heading,
        )
