"""How often one network address may ask what costs some work to answer."""

import ipaddress
import math
from threading import Lock
from time import monotonic

from flask import Blueprint, current_app, request
from werkzeug.exceptions import TooManyRequests

PER_MINUTE = 600
"""Questions in a minute from one address, behind which many people may be."""
_ADDRESSES = 10_000


class Allowance:
    """A bucket of questions for each address, filled again as time goes; nothing is stored."""

    def __init__(self) -> None:
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
            left, then = self._left.pop(address, (float(PER_MINUTE), now))
            left = min(float(PER_MINUTE), left + (now - then) * PER_MINUTE / 60)
            wait = (1 - left) * 60 / PER_MINUTE if left < 1 else 0.0
            self._left[address] = (left if wait else left - 1, now)
            if len(self._left) > _ADDRESSES:
                # the one that has asked nothing for longest
                del self._left[next(iter(self._left))]
        return wait


def limited(blueprint: Blueprint) -> Blueprint:
    """Answer 429 where one address asks a blueprint too often.

    The server's own computer may ask as it likes: behind a proxy that does not tell for whom it
    asks, everybody would be that one address.
    """

    @blueprint.before_request
    def _count() -> None:
        address = request.remote_addr or ""
        if not _is_local(address):
            kept: Allowance = current_app.extensions.setdefault("allowance", Allowance())
            wait = kept.take(address, now=monotonic())
            if wait:
                raise TooManyRequests(retry_after=math.ceil(wait))

    return blueprint


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True
