"""All rules of one standard over one city in one pass, beside a join for every rule.

    python benchmarks/bench_check.py --streets 20000 --stations 100000 --facilities 20000
    python benchmarks/bench_check.py --profile

The city is imported once (not timed) into a city's folder: GeoParquet files and a register. Each
contender runs in a process of its own, imports of modules excluded, taking turns; the median of the
rounds counts:

ours            open the city, check every rule and item, make the frame of findings
geopandas_read  read what the check reads, all of it from GeoParquet files
joins           read them; for each rule about places one ``sjoin_nearest`` of its places and
                stations, and for spacing the recipe of ``bench_spacing``: no other rule, no
                sentences, no frontage; an easier question

The joins measure planar metres, 0.04 % from ground metres, so their answers differ by as much.
"""

import argparse
import cProfile
import json
import math
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
from bench_spacing import SNAP_M, _recipe
from citygen import CRS, generate, lists

import stationmap
from stationmap import City

STANDARD = "quzhou-2018"
ATLAS = ("ways", "shops", "facilities", "districts", "zones")
TABLES = ("units", "projects")
BARE = "bare"
AREAS = {"city_community": True, "rural_community": False}


def make(folder: Path, *, streets: int, stations: int, facilities: int) -> Path:
    """Import the synthetic city, all of it declared complete; one that is there is kept."""
    path = folder / f"check-{streets}-{stations}-{facilities}"
    if (path / "city.toml").exists():
        return path
    city = City.create(path, standard=STANDARD, name="bench", adcode="339900")
    made = generate(streets=streets, stations=stations)
    for kind, frame in lists(made, facilities=facilities):
        file = folder / f"{kind}.{'parquet' if 'geometry' in frame else 'csv'}"
        if file.suffix == ".csv":
            frame.to_csv(file, index=False)
        else:
            frame.to_parquet(file)
        city.import_file(kind, file, datum="wgs84", complete=kind != "districts")
        file.unlink()
    # what ours reads from its register, for the peers as files
    (path / BARE).mkdir()
    now = city.now()
    now.stations().to_parquet(path / BARE / "stations.parquet")
    for name in TABLES:
        table = gpd.GeoDataFrame(now.table(name), geometry=[None] * len(now.table(name)))
        table.to_parquet(path / BARE / f"{name}.parquet")
    return path


# ------------------------------------------------------------------------------- contenders


def ours(path: Path) -> dict[str, float]:
    found = City.open(path).check().findings
    places = found[found["kind"] == "presence"]
    missing = places[places["state"] == "not_met"]
    rules = missing.groupby("rule_id", observed=True).size()
    return {"findings": len(found), **{str(k): int(v) for k, v in rules.items()}}


def _files(path: Path) -> dict[str, Path]:
    atlas = path / "atlas" / (path / "atlas" / "current").read_text().strip()
    register = {name: path / BARE / f"{name}.parquet" for name in ("stations", *TABLES)}
    return {layer: atlas / f"{layer}.parquet" for layer in ATLAS} | register


def geopandas_reads(path: Path) -> dict[str, gpd.GeoDataFrame]:
    return {layer: gpd.read_parquet(file) for layer, file in _files(path).items()}


def geopandas_read(path: Path) -> dict[str, float]:
    return {"rows": sum(len(frame) for frame in geopandas_reads(path).values())}


def joins(path: Path) -> dict[str, float]:
    frames = geopandas_reads(path)
    ways, facilities, zones, stations = (
        frames[layer].to_crs(CRS) for layer in ("ways", "facilities", "zones", "stations")
    )
    stations = stations[stations["status"] == "active"]
    found: dict[str, float] = {}
    for rule in stationmap.load_pack(STANDARD).rules:
        if rule.kind == "spacing":
            points = stations[stations["type"] == rule.site_type]
            near = points[["geometry"]].sjoin(
                ways[["geometry"]], predicate="dwithin", distance=SNAP_M
            )
            _recipe(ways, near)
        if rule.kind not in ("presence", "placement"):
            continue
        own = stations[stations["type"] == rule.site_type][["geometry"]]
        places = facilities[facilities["category"].isin(rule.at)][["geometry"]]
        within_m = rule.within_m
        for name in rule.at:
            if name in AREAS:
                places, within_m = zones[zones["urban"] == AREAS[name]][["geometry"]], 0.0
        if places.empty or own.empty:
            continue
        sides = (places, own) if rule.kind == "presence" else (own, places)
        served = sides[0].sjoin_nearest(sides[1], max_distance=within_m or 1e-9)
        if rule.kind == "presence":
            found[rule.id] = len(places) - served.index.nunique()
    return found


CONTENDERS = (ours, joins, geopandas_read)


# ------------------------------------------------------------------------------- running them


def _work(name: str, path: Path) -> dict[str, float]:
    start, cpu = time.perf_counter(), time.process_time()
    found = globals()[name](path)
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **found,
    }


def _run(name: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--worker", name, str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def show(results: dict[str, dict[str, float]]) -> None:
    best = results["ours"]
    print(f"{'':16}{'s':>8}{'cpu s':>8}{'MiB':>7}{'ours is':>10}")
    for name, facts in results.items():
        print(
            f"{name:16}{facts['seconds']:>8.2f}{facts['cpu']:>8.2f}{facts['mib']:>7.0f}"
            f"{facts['seconds'] / best['seconds']:>9.2f}×"
        )
    print(
        f"{best['findings']} findings of all rules in {best['seconds']:.1f} s: "
        f"{best['seconds'] / results['geopandas_read']['seconds']:.1f} times reading the files"
    )
    for rule_id in results["joins"].keys() & best.keys() - {"seconds", "cpu", "mib"}:
        assert math.isclose(best[rule_id], results["joins"][rule_id], rel_tol=0.01), rule_id


def profile(path: Path, rows: int = 40) -> None:
    """Print where the time of a check goes."""
    watch = cProfile.Profile()
    watch.runcall(ours, path)
    pstats.Stats(watch).sort_stats("cumulative").print_stats(rows)
    pstats.Stats(watch).sort_stats("tottime").print_stats(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streets", type=int, default=20_000)
    parser.add_argument("--stations", type=int, default=100_000)
    parser.add_argument("--facilities", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="where to keep the city")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        name, path = args.worker
        print(json.dumps(_work(name, Path(path))))
        return
    with tempfile.TemporaryDirectory() as scratch:
        sizes = {n: getattr(args, n) for n in ("streets", "stations", "facilities")}
        path = make(args.data or Path(scratch), **sizes)
        if args.profile:
            profile(path)
            return
        print(", ".join(f"{value} {name}" for name, value in sizes.items()))
        names = [contender.__name__ for contender in CONTENDERS]
        runs = [{name: _run(name, path) for name in names} for _ in range(args.rounds)]
        show(
            {
                name: {k: statistics.median(run[name][k] for run in runs) for k in runs[0][name]}
                for name in names
            }
        )


if __name__ == "__main__":
    main()
