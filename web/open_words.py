"""When a station is open, in words for the pages."""

from stationmap import hours
from stationmap.city.open_words import open_words

__all__ = ["hours_words", "open_words"]


def hours_words(text: str | None, lang: str) -> str | None:
    """Return hours as the office wrote them; to who reads English in OpenStreetMap's syntax."""
    if lang == "en" and text and not text.isascii():
        return hours.osm(text) or text
    return text
