"""What the answers of `stationmap.city.near` say of a station, as programs get it."""

import datetime as dt
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from stationmap import hours
from stationmap.city.near import Found, Result
from stationmap.city.open_words import open_words
from stationmap.crs import convert
from stationmap.io.notes import Note
from stationmap.messages import render
from stationmap.stations import SUPPLIES

if TYPE_CHECKING:
    from stationmap.city.answers import Answers

WALKING_M = 80.0
"""Metres that people walk in a minute."""
_OPENINGS_KEPT = 10_000
_TEXTS = ("name", "type", "status", "unit", "address")
# of what `open_words` says -> as a feature names it
_OPEN_NAMES = {
    "state": "open_state",
    "text": "open_text",
    "why": "open_why",
    "until": "open_until",
    "opens_at": "opens_at",
    "may_open_at": "may_open_at",
}


class Cards:
    """The stations of one version, each written out when it is first asked for."""

    def __init__(self, answers: "Answers") -> None:
        frame, register = answers.stations(), answers.register.snapshot.frames["station"]
        self._frame = frame
        self._row_of = {own: row for row, own in enumerate(frame["station_id"].tolist())}
        self._phones = dict(zip(register["id"].tolist(), register["phone"].tolist(), strict=True))
        self._types = {one.id: one.name for one in answers.pack.site_types}
        self._zone = answers.config.time_zone
        self._decimals = answers.config.published.decimals
        self._kept: dict[tuple[str, str], dict[str, Any]] = {}
        self._places: dict[tuple[str, str], dict[str, Any]] = {}
        self._openings: dict[tuple[Any, ...], dict[str, Any]] = {}

    def facts(self, station_id: str, *, lang: str) -> dict[str, Any]:
        """Return what a station is, whoever asks; shared, so copy before you change it."""
        key = (station_id, lang)
        if (found := self._kept.get(key)) is None:
            row = self._frame.iloc[self._row_of[station_id]]
            listed = [s for s in (_text(row["supplies"]) or "").split(";") if s]
            kind = self._types.get(row["type"])
            found = self._kept[key] = {
                "station_id": station_id,
                **{name: _text(row[name]) for name in _TEXTS},
                "type_name": kind.get(lang) if kind else _text(row["type"]),
                "phone": _text(self._phones.get(station_id)),
                "hours": _text(row["hours"]),
                "opening_hours": hours.osm(_text(row["hours"])),
                "hours_source": _text(row["hours_source"]),
                "supplies": listed if _text(row["supplies"]) else None,
                "supplies_text": [
                    render(SUPPLIES[s], {}, lang=lang) if s in SUPPLIES else s for s in listed
                ],
            }
        return found

    def place(self, station_id: str, *, datum: str) -> dict[str, Any]:
        """Return where a station is, as published, as a GeoJSON geometry; shared like `facts`."""
        key = (station_id, datum)
        if (found := self._places.get(key)) is None:
            point = self._frame.geometry.iloc[self._row_of[station_id]]
            x, y = convert(shapely.get_x(point), shapely.get_y(point), source="wgs84", target=datum)
            at = [round(float(x), self._decimals), round(float(y), self._decimals)]
            found = self._places[key] = {"type": "Point", "coordinates": at}
        return found

    def opening(self, found: Found, *, lang: str, when: dt.datetime) -> dict[str, Any]:
        """Return whether a station is open at an instant, in words; shared like `facts`."""
        key = (found.state, found.closed_for and found.closed_for.render(lang), lang, _minute(when))
        if (told := self._openings.get(key)) is None:
            if len(self._openings) >= _OPENINGS_KEPT:
                self._openings.clear()
            words = open_words(
                found.state, lang, self._zone, when=when, closed_for=found.closed_for
            )
            told = self._openings[key] = {_OPEN_NAMES[name]: words[name] for name in _OPEN_NAMES}
        return told

    def feature(self, found: Found, *, lang: str, datum: str, when: dt.datetime) -> dict[str, Any]:
        """Return what is said of one station of an answer, as a GeoJSON feature."""
        walk_m, straight_m, toilet_m = found.walk_m, found.straight_m, found.toilet_m
        return {
            "type": "Feature",
            "id": found.station_id,
            "geometry": self.place(found.station_id, datum=datum),
            "properties": {
                **self.facts(found.station_id, lang=lang),
                **self.opening(found, lang=lang, when=when),
                "walk_m": None if walk_m is None else round(walk_m, 1),
                "straight_m": round(straight_m, 1),
                "minutes": minutes(straight_m if walk_m is None else walk_m),
                "checked_on": found.checked_on and found.checked_on.isoformat(),
                "toilet_m": None if toilet_m is None else round(toilet_m, 1),
                "misses": found.misses,
                "lacks": found.lacks,
                "unknown": found.unknown,
                "short": found.short,
                "missed": found.missed,
            },
        }


def minutes(length_m: float) -> int:
    """Return the minutes of a walk, begun ones for whole; at least 1."""
    return max(1, math.ceil(length_m / WALKING_M))


def document(
    answers: "Answers",
    result: Result,
    *,
    lang: str,
    datum: str,
    when: dt.datetime,
    notices: Iterable[Note],
) -> dict[str, Any]:
    """Return an answer as a GeoJSON FeatureCollection, nearest first.

    Beside its features it has ``datum``, ``walked``, ``why_straight``, ``outside``, ``at`` (the
    instant asked about), ``notices`` and ``others``: features of what is nearest where nothing
    fits, with their ``misses``.

    Parameters
    ----------
    answers : Answers
    result : Result
    lang : str
    datum : str
        Of the coordinates, one of `stationmap.crs.DATUMS`.
    when : datetime
        The instant asked about.
    notices : iterable of Note
        What is odd about the question.
    """
    cards = answers.near_cards()

    def said(some: Iterable[Found]) -> list[dict[str, Any]]:
        return [cards.feature(one, lang=lang, datum=datum, when=when) for one in some]

    return {
        "type": "FeatureCollection",
        "version": answers.version,
        "datum": datum,
        "at": when.isoformat(timespec="seconds"),
        "walked": result.walked,
        "why_straight": result.why_straight and result.why_straight.render(lang),
        "outside": result.outside,
        "notices": [note.render(lang) for note in notices],
        "features": said(result.found),
        "others": said(result.others),
    }


def _minute(when: dt.datetime) -> dt.datetime:
    return when.replace(second=0, microsecond=0)


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or value == "" else str(value)
