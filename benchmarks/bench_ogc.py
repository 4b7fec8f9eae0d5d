"""OGC API Features with many stations: any page at once, and GDAL reads all of them.

    python benchmarks/bench_ogc.py --stations 100000

A city with only stations is imported once (not timed) and served by waitress in a process of its
own. Asked are pages of 100 and 1000 features at the start and at the end of the layer, and a box in
the middle; then GDAL's OAPIF driver pages through all of them, beside the same driver reading the
GeoJSON file of them. `mib` is what the server has grown by since its first answer.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
import pandas as pd

from stationmap import City

WEST, SOUTH = 118.6, 28.8
SIDE_DEG = 0.4
REPEATS = 20
SERVER = """
import sys, waitress
from web.app import create_app
server = waitress.create_server(create_app(sys.argv[1]), host="127.0.0.1", port=0, threads=4)
print(server.effective_port, flush=True)
server.run()
"""
CLIENT = """
import sys, time, json, pyogrio
start = time.perf_counter()
frame = pyogrio.read_dataframe(sys.argv[1], layer=sys.argv[2], **json.loads(sys.argv[3]))
took = time.perf_counter() - start
print(json.dumps({"seconds": took, "rows": len(frame), "distinct": frame["station_id"].nunique()}))
"""


def make(folder: Path, *, stations: int) -> Path:
    """Make a city of stations spread at random; one that is there is kept."""
    path = folder / f"ogc-{stations}"
    if (path / "city.toml").exists():
        return path
    city = City.create(path, standard="quzhou-2018", name="bench", adcode="330800")
    random = np.random.default_rng(6)
    table = pd.DataFrame(
        {
            "编号": [f"S{k:06d}" for k in range(stations)],
            "名称": [f"有礼点{k}" for k in range(stations)],
            "类型": "有礼点",
            "地址": "人民路 1 号",
            "经度": (WEST + SIDE_DEG * random.random(stations)).round(6),
            "纬度": (SOUTH + SIDE_DEG * random.random(stations)).round(6),
        }
    )
    file = folder / "stations.csv"
    table.to_csv(file, index=False)
    city.import_file("stations", file, datum="wgs84")
    return path


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def resident_mib(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def ask(url: str) -> dict[str, float]:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        data = fetch(url)
        times.append(1000 * (time.perf_counter() - start))
    return {"p50_ms": statistics.median(times), "worst_ms": max(times), "kB": len(data) / 1000}


def gdal(source: str, layer: str, **options: int) -> dict[str, float]:
    command = [sys.executable, "-c", CLIENT, source, layer, json.dumps(options)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run(folder: Path, *, stations: int) -> None:
    path = make(folder, stations=stations)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        root = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        items = f"{root}/ogc/collections/stations/items"
        start = time.perf_counter()
        fetch(f"{items}?limit=1")
        print(f"first answer {time.perf_counter() - start:.2f} s")
        before = resident_mib(server.pid)
        box = f"{WEST + 0.1},{SOUTH + 0.1},{WEST + 0.3},{SOUTH + 0.3}"
        for name, query in {
            "100 at the start": "limit=100",
            "100 at the end": f"limit=100&offset={stations - 100}",
            "1000 at the start": "limit=1000",
            "1000 at the end": f"limit=1000&offset={stations - 1000}",
            "100 in a box": f"limit=100&offset={stations // 8}&bbox={box}",
        }.items():
            print(f"{name:18}", {k: round(v, 1) for k, v in ask(f"{items}?{query}").items()})
        print(f"grown by {resident_mib(server.pid) - before:.0f} MiB")
        for size in (1000, 10_000):
            found = gdal(f"OAPIF:{root}/ogc", "stations", PAGE_SIZE=size)
            assert found["rows"] == found["distinct"] == stations, found
            print(f"GDAL, pages of {size}: {found['seconds']:.1f} s, all {found['rows']} stations")
        file = folder / "stations.geojson"
        start = time.perf_counter()
        file.write_bytes(fetch(f"{root}/data/stations.geojson"))
        took = time.perf_counter() - start
        found = gdal(str(file), "stations")
        print(f"GeoJSON file: made and sent {took:.1f} s, GDAL reads it {found['seconds']:.1f} s")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stations", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.folder:
        run(given.folder, stations=given.stations)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            run(Path(scratch), stations=given.stations)
