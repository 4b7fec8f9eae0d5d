"""Numbers of phones and identity cards: taken out of texts that others may read."""

import re

import pandas as pd

_D = "[0-9０-９]"
# a mobile number, with the country's before it or blanks in it; an identity card's number of 18
# or 15 places, told from other codes by the day of birth in it
_MOBILE = rf"(?:(?:\+|00)?86[- ]?)?[1１][3-9３-９]{_D}(?:[- ]?{_D}{{4}}){{2}}"
_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_CARD = rf"[1-9]\d{{5}}(?:(?:19|20)\d\d{_BIRTH}\d{{3}}[\dXx]|\d\d{_BIRTH}\d{{3}})"
_NUMBER = re.compile(rf"(?<!\d)(?:{_MOBILE}|{_CARD})(?!\d)")
_OWN_NUMBER = re.compile(rf"(?<!\d){_MOBILE}(?!\d)")
_CARD_NUMBER = re.compile(rf"(?<!\d){_CARD}(?!\d)")
_BETWEEN = " ,;/、，；"
TAKEN_OUT = "…"


def taken_out(texts: pd.Series, *, phones: bool = True) -> tuple[pd.Series, int]:
    """Return texts with "…" for each such number, and how many texts had one.

    Parameters
    ----------
    texts : Series
        Text or None.
    phones : bool
        Take out numbers of phones too, not of identity cards alone.
    """
    number = _NUMBER if phones else _CARD_NUMBER
    private = texts.str.contains(number, na=False).astype(bool)
    count = int(private.sum())
    if count:
        texts = texts.mask(private, texts.str.replace(number, TAKEN_OUT, regex=True))
    return texts, count


def apart(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return telephone numbers without the mobile ones, and the mobile ones; None for none."""

    def rest(text: str) -> str | None:
        parts = (part.strip(_BETWEEN) for part in _OWN_NUMBER.split(text))
        return "; ".join(part for part in parts if part) or None

    def own(text: str) -> str | None:
        return "; ".join(_OWN_NUMBER.findall(text)) or None

    public, mobile = (texts.map(take, na_action="ignore").astype("object") for take in (rest, own))
    return public.where(public.notna(), None), mobile.where(mobile.notna(), None)


def joined(one: pd.Series, other: pd.Series) -> pd.Series:
    """Return both texts, those that are there, the second after the first."""
    both = [
        "; ".join(dict.fromkeys(t for t in pair if isinstance(t, str))) or None
        for pair in zip(one, other, strict=True)
    ]
    return pd.Series(both, index=one.index, dtype="object")
