"""Whether one station is open now, as its own page says it."""

from collections.abc import Iterable, Mapping
from typing import Any

from stationmap.city.notices import shut
from stationmap.hours import state_at
from web.access import clock
from web.open_words import open_words
from web.view import CityView


def open_now(
    now: CityView, hours: str | None, closures: Iterable[Mapping[str, Any]], lang: str
) -> dict[str, Any]:
    """Say whether a station is open at this minute; see `open_words`.

    Parameters
    ----------
    now : CityView
    hours : str or None
        As they are stored; what cannot be read is unknown.
    closures : iterable of mapping
        Its closure notices that hold later: see `web.notices.closures_of`.
    lang : str
    """
    zone, at = now.answers.config.time_zone, clock()
    calendar = now.answers.calendar()
    state = state_at(hours, at, zone=zone, calendar=calendar, shut=shut(closures))
    return open_words(state, lang, zone, when=at)
