"""How long coverage by hour of the week takes, beside checking the spacing hour by hour.

Both give the covered metres of 168 hours; the peer is timed on a few hours and multiplied. Stations
have one of a dozen opening hours at random, one in ten none.
"""

import argparse
import datetime as dt
import resource
import time

import numpy as np
from citygen import generate

from stationmap import covering
from stationmap.checks import spacing
from stationmap.checks.kerbs import prepare_lines
from stationmap.linear import Lines

MONDAY = dt.date(2026, 11, 23)
TEXTS = [
    None,
    *("24/7", "Mo-Fr 08:30-17:30", "Mo-Su 09:00-21:00", "Mo-Sa 08:00-12:00,14:00-18:00"),
    *("Tu-Su 09:00-17:00", "Mo-Fr 07:00-19:00; Sa 09:00-12:00", "Mo-Su 18:00-02:00"),
    *("Mo-Su 06:00-22:00", "Sa-Su 10:00-16:00"),
]
PEER_HOURS = (3, 12, 20)


def main() -> None:
    """Print one line for each size."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--streets", type=int, nargs="+", default=[2_000, 20_000, 200_000])
    for streets in asked.parse_args().streets:
        measure(streets, stations=5 * streets)


def measure(streets: int, *, stations: int) -> None:
    """Time one city."""
    city = generate(streets=streets, stations=stations)
    lines = Lines.from_geometries(city.streets_frame().geometry.values, crs="EPSG:32649")
    prepared = prepare_lines(lines, spacing_m=50.0)
    frame = city.stations_frame()
    checked = spacing.check(prepared, frame)
    hours = [TEXTS[n] for n in np.random.default_rng(7).integers(0, len(TEXTS), stations)]

    begun = time.perf_counter()
    mask = covering.open_mask(hours, monday=MONDAY)
    placed, row = checked.matches.on_kerbs(prepared.sides)
    stretches = prepared.stretches
    cut = covering.pieces(
        (stretches.kerb, stretches.low, stretches.high, stretches.adcode),
        (placed.kerb, placed.at_m, checked.matches.station[row]),
        reach_m=prepared.spacing_m,
        length_m=prepared.length_m,
        closed=prepared.closed,
    )
    found = covering.by_hour(mask, cut.pairs, cut.length, cut.group)
    took = time.perf_counter() - begun

    begun = time.perf_counter()
    for hour in PEER_HOURS:
        here = spacing.check(prepared, frame[mask[:, hour] == 1]).summary()["covered_m"]
        assert round(here * 10_000) == found.certain[0, hour]
    peer = (time.perf_counter() - begun) / len(PEER_HOURS) * covering.HOURS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{streets:>8,} streets {stations:>10,} stations {len(cut.group):>10,} pieces "
        f"{took:8.2f} s   hour by hour {peer:9.1f} s   ratio {peer / took:6.0f}   {peak:6.0f} MiB"
    )


if __name__ == "__main__":
    main()
