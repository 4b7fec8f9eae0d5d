"""The spacing check of a whole city beside the usual geopandas recipes, on the same files.

    python benchmarks/bench_spacing.py --streets 20000 --stations 100000
    python benchmarks/bench_spacing.py --streets 200000 --stations 1000000 --from 20000
    python benchmarks/bench_spacing.py --postgis "host=/tmp/pg user=postgres"

Each contender runs in a process of its own, imports excluded, taking turns; the median of the
rounds counts. A whole check reads the two files, snaps the stations, finds the gaps and cuts out
their geometry.

The recipes measure planar metres of EPSG:32649, 0.04 % from ground metres, so their answers differ
by as much. `sjoin_nearest` gives each station to one street only, where the rule lets a corner
station count on both: it answers a simpler question.
"""

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from citygen import write
from shapely.ops import substring

from stationmap.checks import spacing
from stationmap.checks.kerbs import prepare_lines
from stationmap.linear import Lines

SPACING_M, SNAP_M = 50.0, 30.0
GEOMETRY = ["geometry"]


# ------------------------------------------------------------------------------- contenders


def ours(streets, stations):
    return spacing.find_gaps(
        pq.read_table(streets, columns=GEOMETRY), pq.read_table(stations, columns=GEOMETRY)
    )


def ours_from_frames(streets, stations):
    return spacing.find_gaps(*geopandas_reads(streets, stations))


def geopandas_reads(streets, stations):
    return (gpd.read_parquet(path, columns=GEOMETRY) for path in (streets, stations))


def geopandas_read(streets, stations):
    return [len(frame) for frame in geopandas_reads(streets, stations)]


def sjoin_nearest(streets, stations):
    lines, points = geopandas_reads(streets, stations)
    return _recipe(lines, points.sjoin_nearest(lines, max_distance=SNAP_M))


def sjoin_dwithin(streets, stations):
    lines, points = geopandas_reads(streets, stations)
    return _recipe(lines, points.sjoin(lines, predicate="dwithin", distance=SNAP_M))


def _recipe(lines, pairs):
    street = pairs["index_right"].to_numpy()
    geometry = lines.geometry.to_numpy()
    at = shapely.line_locate_point(geometry[street], pairs.geometry.to_numpy())
    number = np.arange(len(lines))
    cuts = pd.DataFrame(
        {
            "street": np.concatenate((street, number, number)),
            "from_m": np.concatenate((at, np.zeros(len(lines)), lines.length)),
        }
    ).sort_values(["street", "from_m"], ignore_index=True)
    cuts["to_m"] = cuts.groupby("street")["from_m"].shift(-1)
    cuts["length_m"] = (cuts["to_m"] - cuts["from_m"]).round(4)
    gaps = cuts[cuts["length_m"] > SPACING_M]
    cut = [
        substring(geometry[line], a, b)
        for line, a, b in zip(gaps["street"], gaps["from_m"], gaps["to_m"], strict=True)
    ]
    return gpd.GeoDataFrame(gaps, geometry=cut, crs=lines.crs)


def postgis(streets, stations):
    """Load, index, join and cut inside the database; the gaps stay in a table there."""
    import psycopg

    with psycopg.connect(os.environ["BENCH_POSTGIS"], autocommit=True) as server:
        server.execute("CREATE EXTENSION IF NOT EXISTS postgis; SET work_mem = '256MB'")
        frames = zip(("street", "station"), geopandas_reads(streets, stations), strict=True)
        for name, frame in frames:
            server.execute(f"CREATE TEMP TABLE {name} (id int, geom geometry)")
            with server.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in enumerate(frame.geometry.to_wkb(hex=True)):
                    copy.write_row(row)
            server.execute(f"CREATE INDEX ON {name} USING gist (geom); ANALYZE {name}")
        server.execute(POSTGIS_GAPS, (SNAP_M, SPACING_M))
        answer = "SELECT count(*), sum(length_m), sum(ST_Length(geom)) FROM gap"
        gaps, metres, drawn = server.execute(answer).fetchone()
    return {"gaps": gaps, "metres": float(metres), "drawn": drawn}


POSTGIS_GAPS = """
CREATE TEMP TABLE gap AS
WITH long AS (SELECT id, geom, ST_Length(geom) AS length_m FROM street),
cut AS (
  SELECT long.id, ST_LineLocatePoint(long.geom, station.geom) * length_m AS at_m
  FROM long JOIN station ON ST_DWithin(long.geom, station.geom, %s)
  UNION ALL SELECT id, 0 FROM long UNION ALL SELECT id, length_m FROM long),
piece AS (
  SELECT id, at_m, lead(at_m) OVER (PARTITION BY id ORDER BY at_m) AS to_m FROM cut)
SELECT id, at_m, to_m, round((to_m - at_m)::numeric, 4) AS length_m,
  ST_LineSubstring(geom, at_m / long.length_m, least(to_m / long.length_m, 1)) AS geom
FROM piece JOIN long USING (id) WHERE round((to_m - at_m)::numeric, 4) > %s
"""


def update(streets, stations, *, changes=300):
    """Full check, then one station after the other moved, added and closed; seconds of each."""
    lines, points = (gpd.read_parquet(path) for path in (streets, stations))
    prepared = prepare_lines(
        Lines.from_geometries(lines.geometry.values, crs=lines.crs), spacing_m=SPACING_M
    )
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = spacing.check(prepared, points)
        found.summary()
        seconds.append(time.perf_counter() - start)
    rng = np.random.default_rng(1)
    some = points.iloc[rng.choice(len(points), changes, replace=False)]
    moved = some.set_geometry(some.geometry.translate(9.0, -4.0))
    spacing.update(found, moved=moved.iloc[:1])  # builds what is looked up once
    each = []
    for i in range(changes):
        start = time.perf_counter()
        if i % 3 == 2:
            found = spacing.update(found, removed=[some["station_id"].iloc[i]])
        else:
            found = spacing.update(found, moved=moved.iloc[i : i + 1])
        found.summary()
        each.append(time.perf_counter() - start)
    return {"check": statistics.median(seconds), "update": statistics.median(each)}


WHOLE = [ours, ours_from_frames, sjoin_nearest, sjoin_dwithin, geopandas_read]


# ------------------------------------------------------------------------------- running them


def _work(name, streets, stations):
    start, cpu = time.perf_counter(), time.process_time()
    found = globals()[name](streets, stations)
    facts = {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if isinstance(found, gpd.GeoDataFrame):
        lengths = found["length_m"].sum(), found.geometry.length.sum()
        facts |= {"gaps": len(found), "metres": lengths[0], "drawn": lengths[1]}
    if isinstance(found, dict):
        facts |= found
    return facts


def _run(name, files):
    command = [sys.executable, __file__, "--worker", name, *map(str, files)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(files, *, rounds):
    """Run all contenders in turn; median facts of each."""
    results = {contender.__name__: [] for contender in WHOLE}
    for _ in range(rounds):
        for name, found in results.items():
            found.append(_run(name, files))
    return {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name, runs in results.items()
    }


def show(streets, stations, results):
    best = results["ours"]
    print(f"\n{streets} streets, {stations} stations")
    print(f"{'':18}{'s':>8}{'cpu s':>8}{'MiB':>7}{'gaps':>9}{'metres':>16}{'ours is':>10}")
    for name, facts in results.items():
        answer = f"{facts['gaps']:>9}{facts['metres']:>16.1f}" if "gaps" in facts else f"{'':25}"
        print(
            f"{name:18}{facts['seconds']:>8.2f}{facts['cpu']:>8.2f}{facts['mib']:>7.0f}{answer}"
            f"{facts['seconds'] / best['seconds']:>9.2f}×"
        )
    frames = results["ours_from_frames"]
    assert (best["gaps"], best["metres"]) == (frames["gaps"], frames["metres"])
    for peer in ("sjoin_dwithin", "postgis"):
        for key in ("gaps", "metres", "drawn") if peer in results else ():
            assert math.isclose(best[key], results[peer][key], rel_tol=1e-3), (peer, key)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streets", type=int, default=20_000)
    parser.add_argument("--stations", type=int, default=100_000)
    parser.add_argument("--from", type=int, dest="smaller", help="streets of a smaller city too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="where to keep the files")
    parser.add_argument("--encoding", choices=("WKB", "geoarrow"), default="WKB")
    parser.add_argument("--postgis", help="connection to a database of one's own, a contender more")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(_work(*args.worker)))
        return
    if args.postgis:
        os.environ["BENCH_POSTGIS"] = args.postgis
        WHOLE.append(postgis)
    sizes = [(args.streets, args.stations)]
    if args.smaller:
        sizes.insert(0, (args.smaller, args.stations * args.smaller // args.streets))
    with tempfile.TemporaryDirectory() as scratch:
        cities = []
        for streets, stations in sizes:
            folder = args.data or Path(scratch)
            files = write(folder, streets=streets, stations=stations, encoding=args.encoding)
            results = compare(files, rounds=args.rounds)
            show(streets, stations, results)
            one = _run("update", files)
            whole = results["ours"]["seconds"]
            print(
                f"one station changed: {one['update'] * 1e3:.3f} ms; a whole check takes "
                f"{whole / one['update']:.0f}×, one of streets and stations in memory "
                f"({one['check']:.3f} s) {one['check'] / one['update']:.0f}× as long"
            )
            cities.append(results)
        if args.smaller:
            power = math.log(args.streets / args.smaller)
            for name in cities[0]:
                more = math.log(cities[1][name]["seconds"] / cities[0][name]["seconds"])
                print(f"growth exponent of {name}: {more / power:.2f}")


if __name__ == "__main__":
    main()
