"""Public data for every program: whatever page asks, in whatever browser, may read it."""

from typing import TypeVar

from flask import Blueprint, Response, request

Answer = TypeVar("Answer", bound=Response)

# what a script may read of an answer beside its text
_SHOWN = "ETag, Link, Content-Disposition, Content-Crs, Last-Modified, Retry-After"
_RETRY_S = 30
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": _SHOWN,
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Headers of a public answer."""


def open_answer(response: Answer) -> Answer:
    """Let scripts of any site read a public answer; nothing of whoever is signed in goes along.

    Use it for what is public and read only.
    """
    response.headers.update(OPEN)
    if response.status_code == 503:
        response.headers.setdefault("Retry-After", str(_RETRY_S))
    if request.method == "OPTIONS":
        # a browser asks first where a script says what it has already
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Accept, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def opened(blueprint: Blueprint) -> Blueprint:
    """Let scripts of any site read all answers of a blueprint, its refusals too."""
    blueprint.after_request(open_answer)
    return blueprint
