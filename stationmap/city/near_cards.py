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


class Cards:
    """The stations of one version, each written out when it is first asked for."""

    def __init__(self, answers: "Answers") -> None:
        frame, register = answers.stations(), answers.register.snapshot.frames["station"]
        self._frame = frame
        self._row_of = {own: row for row, own in enumerate(frame["station_id"].tolist())}
        self._phones = dict(zip(register["id"].tolist(), register["phone"].tolist(), strict=True))
        self._types = {one.id: one.name for one in answers.pack.site_types}
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
        """Return where a station is, as published, as a GeoJSON geometry; shared."""
        key = (station_id, datum)
        if (found := self._places.get(key)) is None:
            point = self._frame.geometry.iloc[self._row_of[station_id]]
            x, y = convert(shapely.get_x(point), shapely.get_y(point), source="wgs84", target=datum)
            at = [round(float(x), self._decimals), round(float(y), self._decimals)]
            found = self._places[key] = {"type": "Point", "coordinates": at}
        return found

    def opening(self, found: Found, *, lang: str, zone: str, when: dt.datetime) -> dict[str, Any]:
        """Return whether a station is open at an instant, in words; shared. See `open_words`."""
        if found.closed_for is not None:
            return open_words(found.state, lang, zone, when=when, closed_for=found.closed_for)
        key = (found.state, lang, zone, when.replace(second=0, microsecond=0))
        if (words := self._openings.get(key)) is None:
            if len(self._openings) >= _OPENINGS_KEPT:
                self._openings.clear()
            words = self._openings[key] = open_words(found.state, lang, zone, when=when)
        return words


def minutes(length_m: float) -> int:
    """Return the minutes of a walk, begun ones for whole; at least 1."""
    return max(1, math.ceil(length_m / WALKING_M))


def feature(
    cards: Cards, found: Found, *, lang: str, zone: str, datum: str, when: dt.datetime
) -> dict[str, Any]:
    """Return one station of an answer as a GeoJSON feature.

    Parameters
    ----------
    cards : Cards
    found : Found
    lang : str
    zone : str
        The city's time zone.
    datum : str
        Of its coordinates, one of `stationmap.crs.DATUMS`.
    when : datetime
        The instant asked about.
    """
    opening = cards.opening(found, lang=lang, zone=zone, when=when)
    length_m = found.straight_m if found.walk_m is None else found.walk_m
    return {
        "type": "Feature",
        "id": found.station_id,
        "geometry": cards.place(found.station_id, datum=datum),
        "properties": {
            **cards.facts(found.station_id, lang=lang),
            "walk_m": None if found.walk_m is None else round(found.walk_m, 1),
            "straight_m": round(found.straight_m, 1),
            "minutes": minutes(length_m),
            "open_state": opening["state"],
            "open_text": opening["text"],
            "open_why": opening["why"],
            "open_until": opening["until"],
            "opens_at": opening["opens_at"],
            "checked_on": found.checked_on and found.checked_on.isoformat(),
            "lacks": list(found.lacks),
            "unknown": list(found.unknown),
            "short": list(found.short),
            "toilet_m": None if found.toilet_m is None else round(found.toilet_m, 1),
            "misses": list(found.misses),
        },
    }


def document(
    answers: "Answers",
    result: Result,
    *,
    lang: str,
    datum: str,
    when: dt.datetime,
    notices: Iterable[str | Note],
) -> dict[str, Any]:
    """Return an answer as a GeoJSON FeatureCollection, nearest first.

    Beside its features it has ``datum``, ``walked``, ``why_straight``, ``outside``, ``at`` (the
    instant asked about), ``notices`` and ``others``: features of what is nearest where nothing
    fits, with their ``misses``.
    """
    cards, zone = answers.near_cards(), answers.config.time_zone

    def written(some: Iterable[Found]) -> list[dict[str, Any]]:
        return [feature(cards, f, lang=lang, zone=zone, datum=datum, when=when) for f in some]

    return {
        "type": "FeatureCollection",
        "version": answers.version,
        "datum": datum,
        "at": when.isoformat(timespec="seconds"),
        "walked": result.walked,
        "why_straight": result.why_straight and result.why_straight.render(lang),
        "outside": result.outside,
        "notices": [n.render(lang) if isinstance(n, Note) else n for n in notices],
        "features": written(result.found),
        "others": written(result.others),
    }


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or value == "" else str(value)
