"""The nearest stations at once: a plain question is answered before the pages are asked.

The route of `web.near_api` gives the same answer to everybody, with nothing of who asks. What such
a question passes through on its way to it (sessions, accounts, forms) costs more than the answer,
so a good question gets it here. Whatever is odd about one goes the usual way.
"""

import gzip
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask
from werkzeug.datastructures import MultiDict

from web.near_api import GEOJSON, UNKEPT, found
from web.open_data import OPEN
from web.params import Params
from web.security import HEADERS, SMALL

Start = Callable[..., Any]
Environ = dict[str, Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]

PATH = "/api/v1/stations/nearest"
_HEADERS = [*{**HEADERS, **UNKEPT, **OPEN, "Vary": "Accept-Encoding"}.items()]


def answer_at_once(app: Flask) -> None:
    """Let `app` answer questions for the nearest stations without more ado."""
    usual: Wsgi = app.wsgi_app

    def wsgi(environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH and environ["REQUEST_METHOD"] == "GET":
            text = _answer(app, environ.get("QUERY_STRING", ""))
            if text is not None:
                return _sent(text, environ, start)
        return usual(environ, start)

    app.wsgi_app = wsgi  # type: ignore[method-assign, assignment]


def _answer(app: Flask, query: str) -> str | None:
    """Return the answer; None where the usual way has to say what is wrong."""
    try:
        values = MultiDict(parse_qsl(query, keep_blank_values=True, errors="strict"))
        lang = "en" if values.get("lang") == "en" else "zh"
        now = app.extensions["stationmap"].now().answers
        return found(Params(values, lang), now, asked_at=app.config["CLOCK"]())
    except Exception:  # whatever it is, the usual way says it in a sentence
        return None


def _sent(text: str, environ: Environ, start: Start) -> Iterable[bytes]:
    body = text.encode()
    headers = [("Content-Type", GEOJSON), *_HEADERS]
    if len(body) > SMALL and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = gzip.compress(body, compresslevel=4)
        headers.append(("Content-Encoding", "gzip"))
    start("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [body]
