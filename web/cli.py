"""``stationmap serve``: the city in a browser."""

import errno
import ipaddress
import logging
import socket
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import typer
import waitress
from flask import Flask

from stationmap.cli.output import language
from stationmap.messages import N_
from web.app import create_app, source_of
from web.words import WebError, say

THREADS = 8
# bytes of a request that are taken at all; what is larger than a page allows is refused by it
LARGEST = 350_000_000
FORWARDED = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}


def serve(
    city: Annotated[Path, typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder")],
    host: Annotated[
        str, typer.Option(metavar="HOST", help="监听地址 · address to listen on")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="端口 · port; 0: any free one")
    ] = 8000,
    proxy: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="前置 https 代理的地址 · address of the https proxy in front",
            show_default=False,
        ),
    ] = "",
) -> None:
    """在浏览器中打开一个城市的地图。 Open a city's map in a browser.

    示例 Example:  stationmap serve demo-city --port 8080
    """
    app = create_app(city)
    server = _listen(app, host, port, proxy=proxy)
    if not _is_loopback(host):
        _tell(N_("Warning: everybody who can reach this computer can open the map."))
    shown = "localhost" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - a comparison
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"http://{shown}:{server.effective_port}/"
    typer.echo(
        say(N_("The map is at {address} ; stop it with Ctrl+C."), lang=language(), address=address)
    )
    _tell(N_("Checking {city} meanwhile; the first look may take a moment."), city=city.name)
    Thread(target=warm, args=(app,), daemon=True).start()
    server.run()


def warm(app: Flask) -> None:
    """Work out what the first looks ask for; what goes wrong is logged, and the pages say it."""
    try:
        now = source_of(app).now()
        fault = now.answers.calendar_fault()
        if fault is not None:
            app.logger.warning("%s", fault)
        now.warm()
    except Exception:
        app.logger.exception("the city could not be checked")


def _listen(app: Flask, host: str, port: int, *, proxy: str) -> Any:
    """Listen; what a proxy says of who asks, and how, is believed of that one alone."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    try:
        return waitress.create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            max_request_body_size=LARGEST,
            clear_untrusted_proxy_headers=True,
            **({"trusted_proxy": proxy, "trusted_proxy_headers": FORWARDED} if proxy else {}),
        )
    except (socket.gaierror, ValueError) as error:
        raise WebError("{host} is no address of this computer; try 127.0.0.1", host=host) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise WebError(
                "port {port} is in use by another program; stop that one, or choose another port "
                "with --port",
                port=port,
            ) from error
        raise WebError(
            "{host}, port {port}: {detail}; choose another with --host or --port",
            host=host,
            port=port,
            detail=error.strerror or str(error),
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tell(template: str, **params: Any) -> None:
    typer.echo(say(template, lang=language(), **params), err=True)
