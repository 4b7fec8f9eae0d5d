"""A small town behind the pages: one street with known gaps, two counties, and hostile names."""

import atexit
import csv
import math
import shutil
import threading
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from xml.sax.saxutils import quoteattr

import pytest
from conftest import need
from werkzeug.serving import make_server

from stationmap.city import City
from web.app import create_app

LON, LAT = 118.87, 28.95
M_PER_DEG_LAT = 110_853.0
M_PER_DEG_LON = 111_320.0 * math.cos(math.radians(LAT)) * 1.0008
MAIN, PEDESTRIAN, SIDE = "人民路", "水亭街", "府前街"
HOSTILE = '<img src=x onerror="window.hit=1">${window.hit=1}</script><script>window.hit=1</script>'
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def place(x, y):
    """Longitude and latitude of metres east and north of the town's corner."""
    return round(LON + x / M_PER_DEG_LON, 7), round(LAT + y / M_PER_DEG_LAT, 7)


def osm_file(path: Path) -> Path:
    """Write streets, shops, a park, a river and a house in OSM XML."""
    parts, numbers = [], iter(range(1, 100_000))

    def tag(tags):
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())

    def node(x, y, **tags):
        number, (lon, lat) = next(numbers), place(x, y)
        head = f'<node id="{number}" version="1" lon="{lon}" lat="{lat}">'
        parts.append(f"{head}{tag(tags)}</node>")
        return number

    def way(points, **tags):
        refs = [node(*point) for point in points]
        if points[0] == points[-1]:
            refs[-1] = refs[0]
        nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        parts.append(f'<way id="{next(numbers)}" version="1">{nodes}{tag(tags)}</way>')

    way([(0, 0), (400, 0), (1000, 0)], highway="primary", name=MAIN, **{"name:en": "Renmin Road"})
    way([(500, -300), (500, 300)], highway="secondary", name=SIDE)
    way([(0, 200), (300, 200)], highway="pedestrian", name=PEDESTRIAN)
    way([(700, 200), (900, 200)], highway="secondary", name=HOSTILE)
    way([(0, -100), (1000, -100)], highway="residential", name="后街")
    way([(0, -60), (100, -60)], highway="footway")
    for x in range(10, 1000, 20):
        node(x, 8, shop="convenience")
    for x in range(10, 300, 20):
        node(x, 208, shop="clothes")
    node(500, 150, shop="tea")
    node(800, 205, shop="tea", name=HOSTILE)
    way([(600, 50), (680, 50), (680, 120), (600, 120), (600, 50)], leisure="park")
    way([(0, 400), (1000, 400), (1000, 460), (0, 460), (0, 400)], natural="water")
    way([(100, 20), (120, 20), (120, 40), (100, 40), (100, 20)], building="yes")
    body = "".join(sorted(parts, key=lambda part: part.startswith("<way")))
    path.write_text(f'<?xml version="1.0"?>\n<osm version="0.6">{body}</osm>', encoding="utf-8")
    return path


def _row(number, name, *, x, y=5, type="有礼点", status="正常运行"):  # noqa: A002
    return {"编号": number, "名称": name, "类型": type, "状态": status, "x": x, "y": y}


def station_rows():
    """Stations on the main street at 0, 40, 80, 300 and 640 m, and others that do not count."""
    rows = [_row(f"P{x}", f"有礼点{x}", x=x) for x in (0, 40, 80, 300, 640)]
    rows += [
        _row("HOSTILE", HOSTILE, type="有礼亭", x=650, y=90),
        _row("PLAN", "拟建点", status="拟建", x=150),
        _row("CLOSED", "旧点", status="已撤销", x=200),
    ]
    for row in rows:
        row["经度"], row["纬度"] = place(row.pop("x"), row.pop("y"))
        row |= {"地址": HOSTILE, "所属单位": "某街道办事处", "开放时间": "周一至周五 08:30–17:30"}
    rows.append({"编号": "LOST", "名称": "待定位点", "类型": "有礼点", "地址": "人民路 1 号"})
    return rows


def districts_file(path: Path) -> Path:
    """Two counties that meet at x = 500 m."""
    features = []
    for code, name, west, east in (
        ("330802", "柯城区", -100, 500),
        ("330803", "衢江区", 500, 1100),
    ):
        corners = [(west, -500), (east, -500), (east, 600), (west, 600), (west, -500)]
        ring = ",".join("[{},{}]".format(*place(*corner)) for corner in corners)
        features.append(
            f'{{"type":"Feature","properties":{{"adcode":"{code}","name":"{name}"}},'
            f'"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}'
        )
    crs = '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}'
    text = f'{{"type":"FeatureCollection",{crs},"features":[{",".join(features)}]}}'
    path.write_text(text, encoding="utf-8")
    return path


def table(path: Path, rows) -> Path:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def make(folder: Path) -> City:
    """Make the town's city folder."""
    city = City.create(folder / "town", standard="quzhou-2018", name="礼城")
    city.import_file("osm", osm_file(folder / "town.osm"), complete=True)
    city.import_file("districts", districts_file(folder / "districts.geojson"), datum="wgs84")
    city.import_file("stations", table(folder / "list.csv", station_rows()), datum="wgs84")
    return city


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """The town; do not change it."""
    return make(tmp_path_factory.mktemp("web"))


@pytest.fixture
def own_town(town, tmp_path):
    """A copy of the town that a test may change."""
    shutil.copytree(town.path, tmp_path / "town")
    return City.open(tmp_path / "town")


@pytest.fixture(scope="session")
def client(town):
    """Client of the town's application."""
    return create_app(town.path).test_client()


def serve(path):
    """Serve a city on a free port of this computer; has address and close()."""
    server = make_server("127.0.0.1", 0, create_app(path), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def close():
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

    return SimpleNamespace(address=f"http://127.0.0.1:{server.port}", close=close)


@pytest.fixture(scope="session")
def address(town):
    """Address at which the town is served."""
    served = serve(town.path)
    yield served.address
    served.close()


@cache
def _started():
    """Chromium, started once for all modules of tests: there cannot be two tools in one thread."""
    tool = pytest.importorskip("playwright.sync_api").sync_playwright().start()
    browser = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    atexit.register(tool.stop)
    atexit.register(browser.close)
    return browser


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium; skips where there is none."""
    need(Path(CHROMIUM).exists(), "Chromium is not installed")
    return _started()
