"""What every answer has: nothing from outside, no script but ours, no guessing; less to send."""

import gzip
import secrets
from collections.abc import Iterable
from functools import lru_cache

from flask import Flask, Response, g, request

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:{pictures}; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'{more}"
)
# what pages need beside that may be installed on a phone and work without a network
INSTALLED = "; worker-src 'self'; manifest-src 'self'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


PACKED = {
    "text/html",
    "application/json",
    "application/geo+json",
    "application/vnd.oai.openapi+json",
}
# of files: what is text; the others are packed already
PACKED_FILES = {"text/css", "text/javascript", "application/javascript", "image/svg+xml"}
SMALL = 1_000  # bytes below which packing gains nothing


def nonce() -> str:
    """Random word that the present answer's own scripts and styles carry."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    return str(g.nonce)


def policy(*, pictures: Iterable[str] = (), more: str = "") -> str:
    """Write the present answer's policy.

    Parameters
    ----------
    pictures : iterable of str
        From where else pictures may come, such as servers outside.
    more : str
        Further directives, such as `INSTALLED`.
    """
    sources = "".join(f" {source}" for source in pictures)
    return POLICY.format(nonce=nonce(), pictures=sources, more=more)


def protect(app: Flask) -> None:
    """Add the headers to every answer of `app`, and ``nonce()`` to its templates."""
    app.jinja_env.globals["nonce"] = nonce

    @app.after_request
    def _headers(response: Response) -> Response:
        if "Content-Security-Policy" not in response.headers:
            response.headers["Content-Security-Policy"] = policy()
        own = {name.lower() for name, _ in response.headers}
        response.headers.extend((n, v) for n, v in HEADERS.items() if n.lower() not in own)
        return response


def pack(app: Flask) -> None:
    """Send pages, data and files of text of `app` packed (gzip) to those who take it."""

    @app.after_request
    def _packed(response: Response) -> Response:
        if request.endpoint == "static" and response.mimetype in PACKED_FILES:
            return _packed_file(response)
        if response.direct_passthrough or response.mimetype not in PACKED:
            return response
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] and len(response.get_data()) > SMALL:
            response.set_data(gzip.compress(response.get_data(), compresslevel=4))
            response.headers["Content-Encoding"] = "gzip"
        return response


def _packed_file(response: Response) -> Response:
    """Pack a whole file; each once, as files change only with the program."""
    response.vary.add("Accept-Encoding")
    etag, _ = response.get_etag()
    if response.status_code != 200 or etag is None or not request.accept_encodings["gzip"]:
        return response
    if request.method != "HEAD" and (response.content_length or 0) > SMALL:
        response.direct_passthrough = False
        response.set_data(_small(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        # the same file in another form: equal, but not byte for byte
        response.set_etag(etag, weak=True)
    return response


@lru_cache(maxsize=256)
def _small(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=9)
