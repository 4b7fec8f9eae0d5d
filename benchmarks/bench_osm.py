"""OSM PBF to frames: our reader against pyogrio with and without Arrow, on the extracts at hand.

Run ``python benchmarks/bench_osm.py [FILE ...] [--repeat 5]``; without files the real extracts that
lie beside the project (../shared/data). Ours reads every layer of `stationmap.io.osm`. The peer is
GDAL's OSM driver, told by a configuration file to give the same tags as columns (its default packs
most of them into one text), in two jobs: "roads and places" (lines, points) and "all" (also
multipolygons: buildings, parks, outlines of places). It gives no bus routes, sorts nothing into
categories and drops outlines silently. Prints times of this machine and, what counts, ratios: of
medians in wall time, and of the least processor time, which other work on the machine blurs less.
"""

import argparse
import statistics
import time
import warnings
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyogrio

from stationmap.io import osm
from stationmap.io.osm_tags import PLACE_KEYS, place_keys

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
ROAD_TAGS = "highway,name:en,int_name,oneway,junction,tunnel,bridge,motorroad,area"
OUTLINE_TAGS = "building,landuse,natural,waterway,boundary,admin_level,population"
LAYERS = {
    "lines": (ROAD_TAGS, "highway IS NOT NULL"),
    "points": (",".join(place_keys()), " OR ".join(f'"{k}" IS NOT NULL' for k in PLACE_KEYS)),
    "multipolygons": (",".join((*place_keys(), OUTLINE_TAGS)), None),
}
JOBS = {"roads and places": ("lines", "points"), "all": ("lines", "points", "multipolygons")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    run(files=options.files or None, repeat=options.repeat)


def run(*, files: list[Path] | None = None, repeat: int = 5) -> dict[str, float]:
    """Return the ratios by name: time of the peer over ours, medians of interleaved runs."""
    files = files or sorted(SHARED.glob("**/*.osm.pbf"))
    if not files:
        print("OSM PBF: no extract beside the project (../shared/data); name files to compare")
    ratios = {}
    with TemporaryDirectory() as folder:
        conf = _configuration(folder)
        for file in files:
            ratios |= _compare(file, repeat=repeat, conf=conf)
    return ratios


def _compare(file: Path, *, repeat: int, conf: Path) -> dict[str, float]:
    roads = osm.read(file).counts["ways"]["used"]
    theirs = len(_peer(file, ("lines",), conf, arrow=True)[0])
    print(f"OSM PBF, {file.name}: {roads} roads, GDAL {theirs}")
    jobs = {"ours, everything": partial(osm.read, file)}
    for job, layers in JOBS.items():
        jobs[f"pyogrio-Arrow, {job}"] = partial(_peer, file, layers, conf, arrow=True)
        jobs[f"pyogrio, {job}"] = partial(_peer, file, layers, conf, arrow=False)
    wall: dict[str, list[float]] = {name: [] for name in jobs}
    cpu: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(repeat):
        for name, run_job in jobs.items():
            start, used = time.perf_counter(), time.process_time()
            run_job()
            wall[name].append(time.perf_counter() - start)
            cpu[name].append(time.process_time() - used)
    ours = "ours, everything"
    ratios = {}
    for name in jobs:
        taken, used = statistics.median(wall[name]), min(cpu[name])
        ratio = taken / statistics.median(wall[ours])
        print(
            f"  {name:<32} {taken:.3f} s ({ratio:.2f} x ours),"
            f" processor {used:.3f} s ({used / min(cpu[ours]):.2f} x ours)"
        )
        ratios[f"{file.name}: {name} / ours"] = ratio
    return ratios


def _peer(file: Path, layers: tuple[str, ...], conf: Path, *, arrow: bool) -> list[object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            pyogrio.read_dataframe(
                file,
                layer=layer,
                where=LAYERS[layer][1],
                use_arrow=arrow,
                on_invalid="ignore",
                CONFIG_FILE=str(conf),
            )
            for layer in layers
        ]


def _configuration(folder: str) -> Path:
    lines = ["closed_ways_are_polygons=building,landuse,leisure,amenity,shop,tourism,natural"]
    for layer, (tags, _) in LAYERS.items():
        attributes = ",".join(dict.fromkeys(f"name,{tags}".split(",")))
        lines += [f"[{layer}]", "osm_id=yes", "other_tags=no", f"attributes={attributes}"]
    conf = Path(folder) / "osmconf.ini"
    conf.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return conf


if __name__ == "__main__":
    main()
