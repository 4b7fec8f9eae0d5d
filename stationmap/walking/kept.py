"""What was worked out and may be worked out again: kept while there is room, by many threads."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key; when they are too large together, those not asked for longest are let go.

    Parameters
    ----------
    most : int
        How large they may be together, in the unit of `put`; one larger than that is kept alone.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    @property
    def size(self) -> int:
        """How large the values are together."""
        return self._size

    def get(self, key: K) -> V | None:
        """Return the value of a key; None where there is none, or none any more."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, *, size: int) -> V:
        """Keep a value and return it; if another thread was faster, return that one's."""
        with self._lock:
            found = self._values.get(key)
            if found is not None:
                return found[0]
            self._values[key] = value, size
            self._size += size
            while self._size > self._most and len(self._values) > 1:
                self._size -= self._values.popitem(last=False)[1][1]
            return value
