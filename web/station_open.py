"""Whether one station is open now, as its own page says it."""

import datetime as dt
from typing import Any

from stationmap.hours import parse
from stationmap.hours.states import State
from web.open_words import open_words
from web.view import CityView


def open_now(now: CityView, hours: str | None, lang: str) -> dict[str, Any]:
    """Say whether hours are open at this minute; see `open_words`.

    Parameters
    ----------
    now : CityView
    hours : str or None
        As they are stored; what cannot be read is unknown.
    lang : str
    """
    zone, at = now.answers.config.time_zone, dt.datetime.now(dt.UTC)
    read = parse(hours)
    state = State("unknown")
    if read is not None:
        state = read.state(at, zone=zone, calendar=now.answers.calendar())
    return open_words(state, lang, zone, when=at)
