"""Whether a station is open, in words; the pages' name for it."""

from stationmap.city.open_words import open_words

__all__ = ["open_words"]
