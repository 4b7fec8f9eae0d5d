"""What a resident asks of ``/near``, read from its address: where, what is needed, when."""

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import request, url_for

from stationmap.city import near_asked
from stationmap.city.near import NEEDS
from stationmap.errors import InputError
from stationmap.messages import N_, printable
from web.access import clock
from web.params import MAX_TEXT, Params
from web.view import CityView
from web.words import WebError, say

NOW, ANY, AT = "now", "any", "at"
FIRST = 5
DECIMALS = 5  # of a position in an address: about a metre
ROUGH_M = 100  # metres of doubt in a position from which on it is told


@dataclass(frozen=True)
class Place:
    """Where the walk begins, WGS-84 degrees; `name` is "" for the position of the phone itself.

    `doubt_m` is what the phone says of its own accuracy, in metres; None where it says nothing.
    """

    lon: float
    lat: float
    name: str = ""
    doubt_m: int | None = None


@dataclass
class Form:
    """One question; `notices` and `wrong` are sentences about what could not be read of it."""

    place: Place | None = None
    needs: tuple[str, ...] = ()
    when: str = NOW
    at: dt.datetime | None = None
    words: str = ""
    station: str = ""
    k: int = FIRST
    wrong: str = ""
    notices: list[str] = field(default_factory=list)

    @property
    def opening(self) -> str:
        """The time asked about, as the form writes it; "" for the present or any."""
        return f"{self.at:%Y-%m-%dT%H:%M}" if self.at else ""

    def address(self, **changes: Any) -> str:
        """Address of the page with some of the question replaced; None takes a part away."""
        place = self.place
        asked: dict[str, Any] = {
            "lon": place and f"{place.lon:.{DECIMALS}f}",
            "lat": place and f"{place.lat:.{DECIMALS}f}",
            "at": place and place.name,
            "doubt": place and place.doubt_m,
            "need": list(self.needs),
            "open": {NOW: None, ANY: ANY, AT: self.opening}[self.when],
            "k": self.k if self.k != FIRST else None,
            "to": self.station,
            **changes,
        }
        query = urlencode({n: v for n, v in asked.items() if v not in (None, "", [])}, doseq=True)
        path = url_for("near.page")
        return f"{path}{'&' if '?' in path else '?'}{query}" if query else path


def read(now: CityView) -> Form:
    """Read the present request; what is unreadable of it is told, and left out of the question."""
    params = Params.of_request()
    form = Form(notices=params.notices)
    form.words = params.text("q")
    form.station = request.args.get("to", "")[:MAX_TEXT]
    asked = [need for text in request.args.getlist("need") for need in text.split(",") if need]
    form.needs = tuple(need for need in NEEDS if need in asked)
    for need in dict.fromkeys(need for need in asked if need not in NEEDS):
        template = N_("“{value}” is nothing that can be asked for here; it is left out.")
        form.notices.append(say(template, lang=params.lang, value=printable(need)[:MAX_TEXT]))
    form.k = _count()
    try:
        form.place = _place(now, params)
        # the form keeps what was chosen, also where its time is wrong
        form.when = AT if request.args.get("open") == AT else NOW
        form.when, form.at = _opening(now.answers.config.time_zone)
    except InputError as error:
        form.wrong = error.render(params.lang)
    return form


def _place(now: CityView, params: Params) -> Place | None:
    texts = [request.args.get(name, "").strip() for name in ("lon", "lat")]
    if not any(texts):
        return None
    try:
        lon, lat = map(float, texts)
    except ValueError:
        lon = lat = math.nan
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise WebError(
            "This position could not be read. Use your position, write a street or place, or tap "
            "the map."
        )
    datum = request.args.get("datum", "") or "wgs84"
    lon, lat = near_asked.place(now.answers, lon, lat, datum=datum)
    doubt = request.args.get("doubt", "")
    known = doubt.isdecimal() and len(doubt) < 8 and int(doubt) >= ROUGH_M
    return Place(lon, lat, params.text("at"), int(doubt) if known else None)


def _opening(zone: str) -> tuple[str, dt.datetime | None]:
    asked = request.args.get("open", "") or NOW
    if asked in (NOW, ANY):
        return asked, None
    text = request.args.get("time", "") if asked == AT else asked
    try:
        at = near_asked.instant(text, name="open", zone=zone, now=clock())
    except InputError:
        raise WebError(
            "The time “{value}” could not be read. Choose the day and the time, or “Now open”.",
            value=printable(text)[:MAX_TEXT],
        ) from None
    if at is None:
        raise WebError("Choose the day and the time, or “Now open”.")
    return AT, at.astimezone(ZoneInfo(zone))


def _count() -> int:
    """Return how many stations to list: no resident writes it, so nothing is said of it."""
    asked = request.args.get("k", "")
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else FIRST
    return min(max(wanted, 1), near_asked.MOST)
