"""How often a whole city is checked while changes keep coming: with a rest after each check."""

import datetime as dt
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

# a check of so many seconds of a processor is followed by a rest of so many times that
REST = 4.0
LONGEST_REST_S = 60.0


class Board(Generic[T]):
    """What all versions of a city share: the newest results by language, and when to rest."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._newest: dict[str, tuple[int, T, dt.datetime]] = {}
        self._count = 0
        self._not_before = 0.0

    def number(self) -> int:
        """Return the number of one more version."""
        with self._lock:
            self._count += 1
            return self._count

    def put(self, lang: str, number: int, found: T, *, took_s: float) -> None:
        """Keep what a check found, unless a newer version's is there; and rest.

        Parameters
        ----------
        lang : str
        number : int
            Of the version.
        found : object
        took_s : float
            Seconds of a processor.
        """
        with self._lock:
            if lang not in self._newest or self._newest[lang][0] < number:
                self._newest[lang] = (number, found, dt.datetime.now(dt.UTC))
            self._not_before = monotonic() + min(REST * took_s, LONGEST_REST_S)

    def newest(self, lang: str) -> tuple[T, dt.datetime] | None:
        """Return what was found last in a language, and when; None before the first."""
        with self._lock:
            found = self._newest.get(lang)
        return None if found is None else found[1:]

    def rest_s(self) -> float:
        """Return the seconds until the next check may begin."""
        return max(0.0, self._not_before - monotonic())
