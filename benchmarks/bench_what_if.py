"""One station added, moved or closed: the city's answer again, beside a check of all of it.

    python benchmarks/bench_what_if.py
    python benchmarks/bench_what_if.py --larger 200000

The demo city, then a generated one, and if asked a larger one with as many stations. The engine
(`stationmap.planning.whatif`) tells gaps, coverage and findings of all rules; the peer is the
check of the whole city (`City.check`), its streets and spacing in memory, as the engine holds them
too: seconds of a processor of both. Then the same over HTTP: ``GET /api/v1/what-if`` of
``stationmap serve``, one question after the other, as a hand asks while it drags, on the clock.
Prints medians, the 95th of a hundred, and ratios.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from bench_check import make
from bench_http import get, serving

from stationmap import City
from stationmap.city.what_if import what_if
from stationmap.cli.run import run as command
from stationmap.planning.changes import Change

STEP_DEG = 2e-5  # about 2 m
ASKED = 40


def places(city, *, number, seed=1):
    """Stations of the type that counts: id, longitude, latitude."""
    frame = city.stations()
    types = next(rule.counts for rule in city.pack.rules if rule.kind == "spacing")
    own = frame[frame["type"].isin(types) & (frame["status"] == "active") & frame.geometry.notna()]
    some = own.sample(min(number, len(own)), random_state=seed)
    return [
        (one, point.x, point.y)
        for one, point in zip(some["station_id"], some.geometry, strict=True)
    ], types[0]


def asked(city):
    """The questions of each kind: lists of changes."""
    some, site_type = places(city, number=ASKED)
    own, lon, lat = some[0]
    rng = random.Random(1)

    def beside(n):
        return {"lon": lon + n * STEP_DEG, "lat": lat + rng.uniform(-1, 1) * STEP_DEG}

    steps = range(1, ASKED + 1)
    return {
        "dragged": [[Change(own, **beside(n))] for n in steps],
        "added and dragged": [[Change("new-1", **beside(n), type=site_type)] for n in steps],
        "another moved": [[Change(s, lon=x + STEP_DEG, lat=y)] for s, x, y in some],
        "another closed": [[Change(s, status="closed")] for s, _, _ in some],
    }


def ms(seconds):
    """Median and the 95th of a hundred, milliseconds."""
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1e3, ordered[int(len(ordered) * 0.95)] * 1e3


def timed(work, items, *, clock):
    """Seconds of each; the first two warm up."""
    found = []
    for item in items:
        start = clock()
        work(item)
        found.append(clock() - start)
    return found[2:]


def measure(path, *, http):
    """Print the figures of one city; return the median of a drag in the engine."""
    city = City.open(path)
    now = city.now()
    questions = asked(city)
    now.check()
    start = time.process_time()
    engine = what_if(now)
    ready = time.process_time() - start
    rule = engine.spacing_rules[0].id
    start = time.process_time()
    now.check(lang="en")
    whole = time.process_time() - start
    print(f"{len(now.stations())} stations; check of all {whole:.2f} s, engine ready {ready:.2f} s")

    def ask(changes):
        after = engine.after(changes)
        after.summaries(rule), after.gone(rule), after.new_gaps(rule), after.findings()

    drag = 0.0
    for kind, lists in questions.items():
        half, most = ms(timed(ask, lists, clock=time.process_time))
        drag = drag or half
        ratio = whole * 1e3 / half
        print(f"  engine, {kind:<18} {half:7.1f} ms (95 %: {most:.1f}); {ratio:.0f} × the check")
    if http:
        with serving(["-m", "stationmap", "serve", str(path)]) as port:
            for kind, lists in questions.items():
                half, most = ms(
                    timed(
                        lambda changes: get(port, address(changes)), lists, clock=time.perf_counter
                    )
                )
                print(f"  HTTP,   {kind:<18} {half:7.1f} ms (95 %: {most:.1f})")
    return drag


def address(changes):
    text = json.dumps([change.as_json() for change in changes])
    return f"/api/v1/what-if?changes={quote(text)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streets", type=int, default=20_000)
    parser.add_argument("--stations", type=int, default=5_000)
    parser.add_argument("--facilities", type=int, default=2_000)
    parser.add_argument("--larger", type=int, help="streets of a larger city too")
    parser.add_argument("--data", type=Path, help="where to keep the cities")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.data or Path(scratch)
        path = folder / "demo-city"
        if not path.exists():
            command(["demo", str(path)])
        measure(path, http=True)
        drags = []
        for streets in filter(None, (args.streets, args.larger)):
            print(f"{streets} streets, {args.facilities} facilities", flush=True)
            path = make(folder, streets=streets, stations=args.stations, facilities=args.facilities)
            drags.append(measure(path, http=True))
        if args.larger:
            print(f"a drag in the larger city takes {drags[1] / drags[0]:.2f} × as long")


if __name__ == "__main__":
    main()
