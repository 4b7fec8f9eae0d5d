"""What the answers of `stationmap.city.near` say of a station, as programs get it."""

import datetime as dt
import json
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
        self._heads: dict[tuple[str, str, str], str] = {}
        self._openings: dict[tuple[Any, ...], str] = {}

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

    def head(self, station_id: str, *, lang: str, datum: str) -> str:
        """Return the beginning of a station's GeoJSON feature, up to its facts; unclosed."""
        key = (station_id, lang, datum)
        if (found := self._heads.get(key)) is None:
            place = _json(self.place(station_id, datum=datum))
            facts = _json(self.facts(station_id, lang=lang))
            head = f'{{"type":"Feature","id":{_json(station_id)},"geometry":{place}'
            found = self._heads[key] = f'{head},"properties":{facts[:-1]}'
        return found

    def place(self, station_id: str, *, datum: str) -> dict[str, Any]:
        """Return where a station is, as published, as a GeoJSON geometry."""
        point = self._frame.geometry.iloc[self._row_of[station_id]]
        x, y = convert(shapely.get_x(point), shapely.get_y(point), source="wgs84", target=datum)
        at = [round(float(x), self._decimals), round(float(y), self._decimals)]
        return {"type": "Point", "coordinates": at}

    def opening(self, found: Found, *, lang: str, zone: str, when: dt.datetime) -> str:
        """Return whether a station is open at an instant, as members of a JSON object."""
        closed_for = found.closed_for
        key = (found.state, closed_for and closed_for.render(lang), lang, zone, _minute(when))
        if (text := self._openings.get(key)) is None:
            if len(self._openings) >= _OPENINGS_KEPT:
                self._openings.clear()
            words = open_words(found.state, lang, zone, when=when, closed_for=closed_for)
            named = {
                "open_state": words["state"],
                "open_text": words["text"],
                "open_why": words["why"],
                "open_until": words["until"],
                "opens_at": words["opens_at"],
                "may_open_at": words["may_open_at"],
            }
            text = self._openings[key] = _json(named)[1:-1]
        return text


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
    notices: Iterable[str | Note],
) -> str:
    """Return an answer as the text of a GeoJSON FeatureCollection, nearest first.

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
    notices : iterable of str or Note
        What is odd about the question.
    """
    cards, zone = answers.near_cards(), answers.config.time_zone

    def written(some: Iterable[Found]) -> str:
        return ",".join(
            f"{cards.head(f.station_id, lang=lang, datum=datum)},"
            f"{cards.opening(f, lang=lang, zone=zone, when=when)},{_measures(f)}}}}}"
            for f in some
        )

    about = {
        "type": "FeatureCollection",
        "version": answers.version,
        "datum": datum,
        "at": when.isoformat(timespec="seconds"),
        "walked": result.walked,
        "why_straight": result.why_straight and result.why_straight.render(lang),
        "outside": result.outside,
        "notices": [n.render(lang) if isinstance(n, Note) else n for n in notices],
    }
    found, others = written(result.found), written(result.others)
    return f'{_json(about)[:-1]},"features":[{found}],"others":[{others}]}}'


def _measures(found: Found) -> str:
    """Return what is said of a station for who asks, as members of a JSON object."""
    walk_m, toilet_m = found.walk_m, found.toilet_m
    length_m = found.straight_m if walk_m is None else walk_m
    walk = "null" if walk_m is None else round(walk_m, 1)
    toilet = "null" if toilet_m is None else round(toilet_m, 1)
    checked = f'"{found.checked_on.isoformat()}"' if found.checked_on else "null"
    lists = (("lacks", found.lacks), ("unknown", found.unknown), ("short", found.short))
    texts = (f',"{name}":{_json(some) if some else "[]"}' for name, some in lists)
    # written out, as these change with every question
    return (
        f'"walk_m":{walk},"straight_m":{round(found.straight_m, 1)},"minutes":{minutes(length_m)},'
        f'"checked_on":{checked},"toilet_m":{toilet},'
        f'"misses":{_json(found.misses) if found.misses else "[]"}{"".join(texts)}'
    )


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _minute(when: dt.datetime) -> dt.datetime:
    return when.replace(second=0, microsecond=0)


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or value == "" else str(value)
