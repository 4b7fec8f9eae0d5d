"""How often one network address may ask what costs some work to answer."""

import ipaddress
import math
from threading import Lock
from time import monotonic

from flask import Blueprint, current_app, request
from werkzeug.exceptions import TooManyRequests

PER_MINUTE = 600
"""Questions in a minute from one address, behind which many people may be."""
DRAGS_PER_MINUTE = 2400
"""The same of questions that a hand asks all the while it drags something."""
_ADDRESSES = 10_000


class Allowance:
    """A bucket of questions for each address, filled again as time goes; nothing is stored.

    Parameters
    ----------
    per_minute : int
    """

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        self._most = float(per_minute)
        self._lock = Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, address: str, *, now: float) -> float:
        """Take one question; return the seconds to wait for it, 0 where it was there.

        Parameters
        ----------
        address : str
        now : float
            Seconds of a clock that never goes back.
        """
        with self._lock:
            left, then = self._left.pop(address, (self._most, now))
            left = min(self._most, left + (now - then) * self._most / 60)
            wait = (1 - left) * 60 / self._most if left < 1 else 0.0
            self._left[address] = (left if wait else left - 1, now)
            if len(self._left) > _ADDRESSES:
                # the one that has asked nothing for longest
                del self._left[next(iter(self._left))]
        return wait


def limited(blueprint: Blueprint, *, per_minute: int | None = None) -> Blueprint:
    """Answer 429 where one address asks a blueprint too often.

    All blueprints share the usual allowance of an address; one with a number has its own.
    The server's own computer may ask as it likes: behind a proxy that does not tell for whom it
    asks, everybody would be that one address.
    """

    @blueprint.before_request
    def _count() -> None:
        address = request.remote_addr or ""
        if not _is_local(address):
            name = f"allowance.{blueprint.name}" if per_minute else "allowance"
            kept: Allowance = current_app.extensions.setdefault(
                name, Allowance(per_minute or PER_MINUTE)
            )
            wait = kept.take(address, now=monotonic())
            if wait:
                raise TooManyRequests(retry_after=math.ceil(wait))

    return blueprint


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True
