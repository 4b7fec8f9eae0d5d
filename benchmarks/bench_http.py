"""Nearest stations over HTTP against a bare Flask route that sends JSON, on the same server.

Run ``python benchmarks/bench_http.py [--nodes 200000] [--stations 4000] [--requests 3000]``. The
city is a lattice (`walkgen`), served by ``stationmap serve``. The peer is an empty Flask
application on waitress with as many threads; it sends, by ``jsonify``, (a) a document of one word
and (b) the very answer that ours gives. Four clients keep their connections; both servers are asked
in turns. The goal is 0.7 of the throughput of (a). Prints requests a second and, what counts,
ratios.
"""

import argparse
import http.client
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from walkgen import generate

from web.cli import THREADS

CLIENTS = 4
ROUNDS = 3
BARE = """
import json, sys
import flask, waitress
app = flask.Flask("bare")
answer = json.load(open(sys.argv[2]))

@app.get("/word")
def word():
    return flask.jsonify(ok=True)

@app.get("/answer")
def whole():
    return flask.jsonify(answer)

waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=int(sys.argv[3]))
"""
NEAREST = "/api/v1/stations/nearest?lon={:.5f}&lat={:.5f}&k=5&supply=umbrella&open_at=now"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=200_000)
    parser.add_argument("--stations", type=int, default=4000)
    parser.add_argument("--requests", type=int, default=3000)
    options = parser.parse_args()
    run(nodes=options.nodes, stations=options.stations, requests=options.requests)


def run(*, nodes: int, stations: int, requests: int) -> dict[str, float]:
    """Return throughputs of ours over the peer's, medians of interleaved rounds."""
    made = generate(nodes=nodes, stations=stations)
    low, high = made.places.min(axis=0), made.places.max(axis=0)
    rng = random.Random(1)

    def somewhere() -> str:
        return NEAREST.format(*(rng.uniform(a, b) for a, b in zip(low, high, strict=True)))

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        city = made.city(folder)
        with serving(["-m", "stationmap", "serve", str(city.path)]) as ours:
            answer = json.loads(get(ours, somewhere()))
            (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
            (folder / "bare.py").write_text(BARE, encoding="utf-8")
            bare = [str(folder / "bare.py"), "PORT", str(folder / "answer.json"), str(THREADS)]
            with serving(bare) as peer:
                # every part of the city is met once, so that the rounds measure what lasts
                throughput(ours, [somewhere() for _ in range(requests)])
                told: dict[str, list[float]] = {"nearest": [], "word": [], "answer": []}
                for _ in range(ROUNDS):
                    asked = [somewhere() for _ in range(requests)]
                    told["nearest"].append(throughput(ours, asked))
                    told["word"].append(throughput(peer, ["/word"] * requests))
                    told["answer"].append(throughput(peer, ["/answer"] * requests))
    mine = statistics.median(told["nearest"])
    print(f"{len(made.places)} nodes, {stations} stations, {CLIENTS} clients, {THREADS} threads")
    for name, rates in told.items():
        rate = statistics.median(rates)
        print(f"  {name:<10} {rate:7.0f} requests a second, ours is {mine / rate:.2f} of it")
    return {f"nearest / {n}": mine / statistics.median(r) for n, r in told.items()}


@contextmanager
def serving(command: list[str]) -> Iterator[int]:
    """A server of its own process, on a free port."""
    port = free_port()
    arguments = [str(port) if word == "PORT" else word for word in command]
    if "PORT" not in command:
        arguments += ["--port", str(port)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([sys.executable, *arguments], stdout=quiet, stderr=quiet)
    try:
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/")
                connection.getresponse().read()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    return _read(connection, path)


def throughput(port: int, paths: list[str]) -> float:
    """Requests a second of all clients together."""

    def client(own: list[str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for path in own:
            _read(connection, path)

    return len(paths) / seconds(
        lambda: list(pool_map(client, [paths[n::CLIENTS] for n in range(CLIENTS)]))
    )


def pool_map(work: Callable[[list[str]], None], shares: list[list[str]]) -> Iterator[None]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        yield from pool.map(work, shares)


def _read(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"{path}: {response.status} {body[:200]!r}")
    return body


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
