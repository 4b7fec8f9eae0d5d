"""The map with 100 000 stations and 20 000 streets in Chromium, against markers written by Folium.

Run ``python benchmarks/bench_map.py [--streets 20000] [--stations 100000] [--peer 10000]``. The
city is served by ``stationmap serve`` in a process of its own. Prints the size of the shell, the
time until everything in view is drawn (nothing kept by the browser, every tile cut anew), the time
of a pan, and the same for Folium's way: a page with all markers in it. Times are of this machine;
what counts is the ratio.
"""

import argparse
import functools
import http.server
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
from citygen import generate
from playwright.sync_api import sync_playwright

import web
from stationmap.city import City

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
VENDOR = Path(web.__file__).parent / "static" / "vendor"
CLASSES = {"primary": 0.1, "secondary": 0.2, "tertiary": 0.2, "residential": 0.5}
DRAWN = """() => document.readyState === "complete"
  && !document.querySelector("[aria-busy]") && !document.querySelector(".busy")
  && [...document.querySelectorAll(".leaflet-tile")].length > 0
  && !document.querySelector(".leaflet-tile:not(.leaflet-tile-loaded)")"""
PAN = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const times = [];
  for (let i = 0; i < 12; i += 1) {
    const start = performance.now();
    map_stations.panBy([i % 2 ? -60 : 60, 0], { animate: false });
    await frame();
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 200));
  }
  return times.sort((a, b) => a - b)[6];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streets", type=int, default=20_000)
    parser.add_argument("--stations", type=int, default=100_000)
    parser.add_argument(
        "--peer", type=int, default=10_000, help="markers in Folium's page; 0: none"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tool:
        path = make(Path(folder), streets=options.streets, stations=options.stations)
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        print(f"{options.streets} streets, {options.stations} stations")
        loaded = ours(browser, path)
        if options.peer:
            theirs(browser, Path(folder), markers=options.peer, loaded_s=loaded)
        browser.close()


def make(folder: Path, *, streets: int, stations: int) -> Path:
    """Import the synthetic city."""
    made, rng = generate(streets=streets, stations=stations), np.random.default_rng(0)
    lines = made.streets_frame().to_crs(4326)
    lines["highway"] = rng.choice(list(CLASSES), len(lines), p=list(CLASSES.values()))
    lines["name"] = [f"street {i}" for i in range(len(lines))]
    points = made.stations_frame().to_crs(4326).assign(type="point")
    city = City.create(folder / "city", standard="quzhou-2018", name="bench")
    for kind, frame in (("streets", lines), ("stations", points)):
        frame.to_parquet(folder / f"{kind}.parquet")
        city.import_file(kind, folder / f"{kind}.parquet", datum="wgs84")
    return city.path


def ours(browser, path: Path) -> float:
    """Print what our page takes; return the seconds until the first view is drawn."""
    command = [sys.executable, "-m", "stationmap", "--lang", "en", "serve", str(path)]
    started = time.perf_counter()
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            address = re.search(r"http://\S+", server.stdout.readline())[0]
            print(
                f"server ready     {time.perf_counter() - started:.1f} s (streets and check anew)"
            )
            request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
            with (
                urllib.request.urlopen(address) as plain,
                urllib.request.urlopen(request) as packed,
            ):
                print(f"shell            {len(plain.read())} B, {len(packed.read())} B as sent")
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            loaded = draw(page, address)
            print(f"first view       {loaded:.2f} s")
            centre = page.evaluate("(({lat, lng}) => `${lat}/${lng}`)(map_stations.getCenter())")
            for zoom in (13, 15, 16):
                print(f"view at zoom {zoom}  {draw(page, f'{address}?at={zoom}/{centre}'):.2f} s")
                print(f"pan at zoom {zoom}   {page.evaluate(PAN):.0f} ms")
            page.close()
        finally:
            server.terminate()
    return loaded


def draw(page, address: str) -> float:
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_function(DRAWN, polling=20, timeout=120_000)
    return time.perf_counter() - start


def theirs(browser, folder: Path, *, markers: int, loaded_s: float) -> None:
    """Print what Folium's own way takes: a GeoJson layer with a marker for each station."""
    rng = np.random.default_rng(0)
    lonlat = np.array([118.8, 28.9]) + rng.random((markers, 2)) * 0.3
    names = {"name": [f"station {i}" for i in range(markers)], "type": "point"}
    points = gpd.GeoDataFrame(names, geometry=gpd.points_from_xy(*lonlat.T), crs=4326)
    plain = folium.Map(location=[29.05, 118.95], zoom_start=12, tiles=None, maxZoom=18)
    popup = folium.GeoJsonPopup(["name", "type"])
    folium.GeoJson(points, name="stations", popup=popup).add_to(plain)
    html = plain.get_root().render()
    # without the servers that it asks for: Leaflet and Bootstrap from here, the rest left out
    html = re.sub(
        r'<script src="http[^"]*"></script>|<link rel="stylesheet" href="http[^"]*"/>', "", html
    )
    head = (
        '<link rel="stylesheet" href="leaflet/leaflet.css"/>'
        '<script src="leaflet/leaflet.js"></script>'
        '<link rel="stylesheet" href="bootstrap/bootstrap.min.css"/>'
    )
    site = folder / "peer"
    shutil.copytree(VENDOR, site)
    (site / "index.html").write_text(html.replace("<head>", f"<head>{head}", 1), encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    start = time.perf_counter()
    page.goto(f"http://127.0.0.1:{server.server_port}/", timeout=900_000)
    page.wait_for_function(
        f"() => document.querySelectorAll('.leaflet-marker-icon').length === {markers}",
        timeout=900_000,
    )
    seconds = time.perf_counter() - start
    server.shutdown()
    print(
        f"Folium, {markers} markers: {len(html) / 1e6:.1f} MB, {seconds:.1f} s; "
        f"ours in {loaded_s / seconds:.3f} of it, {seconds / loaded_s:.0f} times as fast"
    )


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


if __name__ == "__main__":
    main()
