"""What people write into forms, and days as they read them.

Texts are trimmed, bounded, and without anybody's private numbers.
"""

from dataclasses import dataclass

import pandas as pd

from stationmap.city.private import taken_out
from stationmap.errors import InputError
from stationmap.messages import N_, printable, render


@dataclass(frozen=True)
class Day:
    """A day, kept as ISO text, written as its reader writes days."""

    iso: str

    def render(self, lang: str) -> str:
        """Return the day in `lang` ("zh" or "en")."""
        year, month, day = map(int, self.iso[:10].split("-"))
        template = N_("{year}-{month:02}-{day:02}")
        return render(template, {"year": year, "month": month, "day": day}, lang=lang)


def worded(text: str, *, what: str, limit: int, required: bool = False) -> str:
    """Return `text` as it is kept: trimmed, without control characters.

    Parameters
    ----------
    text : str
        As it was typed.
    what : str
        Label of the field, as its reader sees it; used in the sentences below.
    limit : int
        Characters that it may have, inclusive.
    required : bool
        Whether nothing is refused.

    Raises
    ------
    InputError
        It is too long, is missing, or holds a mobile or an identity card's number: what these
        forms take is shown to everybody.
    """
    kept = printable(text).strip()
    if required and not kept:
        raise InputError("Please fill in “{what}”; nothing was saved yet.", what=what)
    if len(kept) > limit:
        raise InputError(
            "“{what}” has {n} characters; at most {limit} fit. Nothing was saved yet: shorten it "
            "and send it again.",
            what=what,
            n=len(kept),
            limit=limit,
        )
    if kept and taken_out(pd.Series([kept], dtype="str"))[1]:
        raise InputError(
            "“{what}” holds a mobile or identity card number. It would be shown to others, so "
            "nothing was saved; take the number out and send it again.",
            what=what,
        )
    return kept
