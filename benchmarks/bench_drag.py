"""Dragging a station on the map in Chromium: from the hand's move until the figures are painted.

Run ``python benchmarks/bench_drag.py [--streets 20000] [--moves 120]``. The demo city, then a
generated city, each served by ``stationmap serve`` in a process of its own; a station is pulled
along by the mouse and each answer measured from the move that asked for it to the frame that shows
it, as the page itself marks it (``performance.measure("what-if")``). Prints p50, p95 and the
longest of that, and of the server's part of it. Times are of this machine.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
from citygen import generate, lists
from playwright.sync_api import sync_playwright

from stationmap.city import City

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAUSE_MS = 16  # between two moves of the mouse, as a screen of 60 frames a second gives them
STEP_PX = 2
ACROSS_PX = 120
ON_SCREEN = """([lon, lat]) => {
  const point = map_stations.latLngToContainerPoint([lat, lon]);
  const box = map_stations.getContainer().getBoundingClientRect();
  return [point.x + box.left, point.y + box.top];
}"""
SETTLED = """async () => {
  const answer = await (await fetch("/api/v1/what-if")).json();
  return answer.summary.before.findings_not_met !== null;
}"""
MEASURED = "performance.getEntriesByName('what-if').map((one) => one.duration)"
ASKED = """performance.getEntriesByType("resource")
  .filter((one) => one.name.includes("/what-if")).map((one) => one.duration)"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streets", type=int, default=20_000)
    parser.add_argument("--stations", type=int, default=10_000)
    parser.add_argument("--moves", type=int, default=120)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        made = Path(folder)
        for name, path in (
            ("demo city", demo_city(made)),
            (
                f"generated city, {options.streets} streets, {options.stations} stations",
                big_city(made, streets=options.streets, stations=options.stations),
            ),
        ):
            measure(browser, path, name=name, moves=options.moves)
        browser.close()


def demo_city(folder: Path) -> Path:
    """Make the demo city."""
    command = [sys.executable, "-m", "stationmap", "demo", str(folder / "demo")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "demo"


def big_city(folder: Path, *, streets: int, stations: int) -> Path:
    """Import a generated city with its shops, counties, facilities and stations."""
    made = generate(streets=streets, stations=stations)
    city = City.create(folder / "big", standard="quzhou-2018", name="bench")
    for kind, table in lists(made, facilities=streets // 10):
        if kind not in ("streets", "shops", "districts", "facilities", "stations"):
            continue
        file = folder / f"{kind}.parquet"
        table.to_parquet(file)
        city.import_file(kind, file, datum="wgs84")
    return city.path


def measure(browser, path: Path, *, name: str, moves: int) -> None:
    """Serve a city, pull a station in the middle of it along, and print the times."""
    command = [sys.executable, "-m", "stationmap", "--lang", "en", "serve", str(path)]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            address = re.search(r"http://\S+", server.stdout.readline())[0]
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(600_000)
            place = busiest(City.open(path).stations())
            page.goto(f"{address}?tab=plan&at=16/{place[1]}/{place[0]}")
            page.wait_for_function("() => !document.querySelector('.busy')")
            # what the server works out beside, once after its start, is done
            page.wait_for_function(SETTLED, polling=1000)
            page.wait_for_timeout(1000)
            x, y = page.evaluate(ON_SCREEN, place)
            page.mouse.move(x, y)
            page.mouse.down()
            # the first answer makes the server ready: told apart
            began = time.perf_counter()
            page.mouse.move(x + 6, y)
            page.locator(".live:not(.is-old)").wait_for()
            first = time.perf_counter() - began
            page.evaluate("performance.clearMeasures(), performance.clearResourceTimings()")
            for step in range(moves):
                across = step * STEP_PX % (2 * ACROSS_PX)
                page.mouse.move(x + min(across, 2 * ACROSS_PX - across), y + step % 5)
                page.wait_for_timeout(PAUSE_MS)
            page.locator(".live:not(.is-old)").wait_for()
            page.wait_for_timeout(200)
            painted, asked = (pd.Series(page.evaluate(one)) for one in (MEASURED, ASKED))
            page.mouse.up()
            print(f"{name}: {moves} moves, {len(painted)} answers; the first {first:.1f} s")
            for what, times in (("hand to picture", painted), ("of it the server", asked)):
                print(
                    f"  {what:<17} p50 {times.quantile(0.5):.0f} ms, p95 "
                    f"{times.quantile(0.95):.0f} ms, longest {times.max():.0f} ms"
                )
            page.close()
        finally:
            server.terminate()


def busiest(stations: gpd.GeoDataFrame) -> list[float]:
    """Return longitude and latitude of a station in operation near the middle of all."""
    some = stations[(stations["status"] == "active") & (stations["type"] == "point")]
    some = some[~some.geometry.is_empty & some.geometry.notna()]
    middle = some.geometry.x.median(), some.geometry.y.median()
    off = (some.geometry.x - middle[0]) ** 2 + (some.geometry.y - middle[1]) ** 2
    point = some.geometry[off.idxmin()]
    return [point.x, point.y]


if __name__ == "__main__":
    main()
