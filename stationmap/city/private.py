"""Numbers of phones and identity cards: no list keeps them, whatever column they stand in."""

import re

import pandas as pd

_D = "[0-9０-９]"
# a mobile number, with the country's before it or blanks in it; an identity card's number of 18
# or 15 places, told from other codes by the day of birth in it
_MOBILE = rf"(?:(?:\+|00)?86[- ]?)?[1１][3-9３-９]{_D}(?:[- ]?{_D}{{4}}){{2}}"
_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_CARD = rf"[1-9]\d{{5}}(?:(?:19|20)\d\d{_BIRTH}\d{{3}}[\dXx]|\d\d{_BIRTH}\d{{3}})"
_NUMBER = re.compile(rf"(?<!\d)(?:{_MOBILE}|{_CARD})(?!\d)")
TAKEN_OUT = "…"


def taken_out(texts: pd.Series) -> tuple[pd.Series, int]:
    """Return texts with "…" for each such number, and how many texts had one.

    Parameters
    ----------
    texts : Series
        Text or None.
    """
    private = texts.str.contains(_NUMBER, na=False).astype(bool)
    count = int(private.sum())
    if count:
        texts = texts.mask(private, texts.str.replace(_NUMBER, TAKEN_OUT, regex=True))
    return texts, count
