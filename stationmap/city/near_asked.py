"""What somebody asks of `stationmap.city.near`, read as they write it: place, needs, time."""

import datetime as dt
import math
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from stationmap.city.answers import Answers
from stationmap.city.near import NEEDS
from stationmap.crs import DATUMS, convert
from stationmap.errors import CrsError, InputError
from stationmap.io.notes import Note
from stationmap.messages import LANGUAGES, N_, printable, render

FIRST, MOST = 5, 50
"""Stations that one answer has unless it is asked for others, and at most."""
# a place is not taken to be exchanged where it lies this near the city as it stands
_NEAR_DEG = 1.0
_YEARS = range(2000, 2101)
_SHOWN = 60  # characters of what was written that a refusal repeats
_SPLIT = re.compile(r"[\s,，、;；]+")
# what a plus sign of an address becomes
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")
_LATE = dt.timedelta(minutes=5)


def degrees(text: str | None, *, name: str, example: float) -> float:
    """Read a longitude or a latitude.

    Raises
    ------
    InputError
        It is missing, or no number.
    """
    said = (text or "").strip()
    if not said:
        raise InputError(
            "{name} is missing; give longitude and latitude in degrees, such as 118.8742 and "
            "28.9561",
            name=name,
        )
    value = _number(said)
    if not math.isfinite(value):
        raise InputError(
            "{name} is “{value}”; expected a number of degrees, such as {example}",
            name=name,
            value=_repeated(said),
            example=example,
        )
    return value


def place(now: Answers, lon: float, lat: float, *, datum: str) -> tuple[float, float]:
    """Return a place in WGS-84 degrees.

    Parameters
    ----------
    now : Answers
    lon, lat : float
        Finite degrees in `datum`.
    datum : str
        One of `stationmap.crs.DATUMS`.

    Raises
    ------
    CrsError
        The datum is unknown.
    InputError
        It is no place on earth, or one that lies near the city only when it is exchanged.
    """
    if datum not in DATUMS:
        raise CrsError(
            "unknown datum {datum}: expected one of {known}",
            datum=_repeated(datum),
            known=", ".join(DATUMS),
        )
    box, stands = now.nearby().box, _on_earth(lon, lat)
    if not (stands and (box is None or _near(box, lon, lat))):
        exchanged = box is not None and _near(box, lat, lon)
        if _on_earth(lat, lon) and (exchanged or not stands):
            raise InputError(
                "longitude and latitude look exchanged: {lon}, {lat} should be {lat}, {lon}",
                lon=f"{lon:g}",
                lat=f"{lat:g}",
            )
        if not stands:
            raise InputError(
                "longitude {lon}, latitude {lat} is no place; expected degrees within ±180 and ±90",
                lon=f"{lon:g}",
                lat=f"{lat:g}",
            )
    if datum in ("wgs84", "cgcs2000"):
        return lon, lat
    x, y = convert(lon, lat, source=datum, target="wgs84")
    return float(x), float(y)


def needs(texts: Iterable[str]) -> tuple[str, ...]:
    """Read what is needed: keys of `NEEDS` or what they are called in either language.

    Several may stand in one text with commas between.

    Raises
    ------
    InputError
        One of them is unknown.
    """
    asked = [_need(word) for text in texts for word in _SPLIT.split(text) if word]
    unknown = next((word for word in asked if word not in NEEDS), None)
    if unknown is not None:
        raise InputError(
            "“{value}” cannot be asked for; expected some of {expected}",
            value=_repeated(unknown),
            expected=", ".join(NEEDS),
        )
    return tuple(need for need in NEEDS if need in asked)


def _need(word: str) -> str:
    """Return the key of a need that is called so; the word itself where none is."""
    plain = word.lower()
    named = (key for key, called in NEEDS.items() for lang in LANGUAGES
             if render(called, {}, lang=lang).lower() == plain)  # fmt: skip
    return plain if plain in NEEDS else next(named, word)


def instant(text: str, *, name: str, zone: str, now: dt.datetime) -> dt.datetime | None:
    """Read an instant (ISO 8601, or "now"); None where nothing is written.

    One without an offset is by the clocks of `zone`.

    Raises
    ------
    InputError
        It cannot be read, or is not of this century.
    """
    said = text.strip()
    if not said or said == "now":
        return now if said else None
    try:
        at = dt.datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", said) if "T" in said else said)
    except ValueError:
        at = None
    if at is None or at.year not in _YEARS:
        raise InputError(
            "{name} is “{value}”; expected a time such as 2026-03-05T09:00, or now",
            name=name,
            value=_repeated(said),
        )
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))


def count(text: str, *, name: str) -> tuple[int, list[Note]]:
    """Read how many stations are wanted, `FIRST` unless written; say it where there will be others.

    Raises
    ------
    InputError
        It is no whole number.
    """
    said = text.strip() or str(FIRST)
    if not re.fullmatch("[+-]?[0-9]{1,18}", said):
        raise InputError(
            "{name} is “{value}”; expected a whole number from {low} to {high}",
            name=name,
            value=_repeated(said),
            low=1,
            high=MOST,
        )
    if int(said) < 1:
        return 1, [Note(N_("{name} is at least {value}."), {"name": name, "value": 1})]
    if int(said) > MOST:
        return MOST, [Note(N_("{name} is limited to {value}."), {"name": name, "value": MOST})]
    return int(said), []


def metres(text: str, *, name: str) -> float | None:
    """Read the farthest way, in metres; None where nothing is written.

    Raises
    ------
    InputError
        It is no number above 0.
    """
    said = text.strip()
    if not said:
        return None
    value = _number(said)
    if not (math.isfinite(value) and value > 0):
        raise InputError(
            "{name} is “{value}”; expected metres, more than 0", name=name, value=_repeated(said)
        )
    return value


def notices(
    now: Answers, *, outside: bool, open_at: dt.datetime | None, asked_at: dt.datetime
) -> list[Note]:
    """Return what an answer says of a question that is odd, but can be answered."""
    found = []
    if outside:
        found.append(
            Note(
                N_("This place lies outside {city}; these are the nearest stations all the same."),
                {"city": now.config.name},
            )
        )
    if open_at is not None and open_at < asked_at - _LATE:
        local = open_at.astimezone(ZoneInfo(now.config.time_zone))
        found.append(
            Note(
                N_("The time {time} is over; the answer follows the hours as they are known now."),
                {"time": f"{local:%Y-%m-%d %H:%M}"},
            )
        )
    return found


def _number(text: str) -> float:
    """Read a number; NaN where it is none, "1_18" too, which only programmers write."""
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _repeated(text: str) -> str:
    return printable(text)[:_SHOWN]


def _on_earth(lon: float, lat: float) -> bool:
    return abs(lon) <= 180 and abs(lat) <= 90


def _near(box: tuple[float, float, float, float], lon: float, lat: float) -> bool:
    west, south, east, north = box
    return (
        west - _NEAR_DEG <= lon <= east + _NEAR_DEG
        and south - _NEAR_DEG <= lat <= north + _NEAR_DEG
    )
