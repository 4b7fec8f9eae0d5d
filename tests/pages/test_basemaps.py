"""Base maps: each setting's addresses, policy and picture, without the internet."""

import math
import re
import shutil

import geopandas as gpd
import numpy as np
import pytest
from pages_town import address, chromium, place, serve, town  # noqa: F401
from shapely.geometry import LineString
from test_browser import Visit

from stationmap import crs
from stationmap.city import City, config
from stationmap.errors import CityError
from web import basemaps
from web.app import create_app

KEY = "0123456789abcdef0123456789abcdef"
OUTSIDE = {
    "tianditu": r"https://t[0-7]\.tianditu\.gov\.cn",
    "amap": r"https://webrd0[1-4]\.is\.autonavi\.com",
    "osm": r"https://tile\.openstreetmap\.org",
}
STATION = place(300, 5)
# a flat tile: one grey pixel
TILE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63b80b0000df00de297970b60000000049454e44ae4260"
    "82"
)


def settings(path, **chosen):
    """Write the settings of a base map into a city."""
    found = config.read(path)
    values = found.model_dump() | {"basemap": chosen}
    config.write(path, config.Config.model_validate(values))


@pytest.fixture
def city(town, tmp_path):  # noqa: F811
    """Make a copy of the town with a base map of its own."""

    def make(**chosen):
        path = tmp_path / "town"
        if not path.exists():
            shutil.copytree(town.path, path)
        settings(path, **chosen)
        return path

    return make


def archive(path, *, layer="roads"):
    """Write a street of 400 m as PMTiles."""
    frame = gpd.GeoDataFrame(
        {"kind": ["highway"], "name": ["丝绸路"], "name:en": ["Silk Road"]},
        geometry=[LineString([place(0, 0), place(400, 0)])],
        crs="EPSG:4326",
    )
    path.unlink(missing_ok=True)
    frame.to_file(path, driver="PMTiles", layer=layer, MINZOOM=10, MAXZOOM=14, engine="pyogrio")
    return path


# -- settings --------------------------------------------------------------------------------


def written(path, lines):
    text = (path / "city.toml").read_text("utf-8")
    text = re.sub(r"\[basemap\]\nkind = .*\n", f"[basemap]\n{lines}\n", text)
    (path / "city.toml").write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('kind = "google"', "expected streets, none, pmtiles, tianditu, amap or osm"),
        ('kind = "tianditu"', "tianditu needs a key"),
        ('kind = "tianditu"\nkey = "a&b={z}"', "letters and digits"),
        ('kind = "pmtiles"', "pmtiles needs a file"),
        ('kind = "osm"\nkeys = "a"', "basemap.keys: unknown key"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_remedy(city, lines, said):
    path = city(kind="none")
    written(path, lines)
    with pytest.raises(CityError, match=re.escape(said)) as caught:
        City.open(path)
    assert "city.toml" in caught.value.render("zh")
    assert re.search("[\u4e00-\u9fff]", caught.value.render("zh"))


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("missing.pmtiles", "there is no file missing.pmtiles"),
        ("/nowhere/city.pmtiles", "there is no file /nowhere/city.pmtiles"),
        ("../outside.pmtiles", "leads out of the city's folder"),
        ("packs/../../outside.pmtiles", "leads out of the city's folder"),
        ("link.pmtiles", "leads out of the city's folder"),
        ("city.toml", "is no PMTiles archive"),
        ("packs", "there is no file packs"),
        ("pictures.pmtiles", "holds no vector tiles"),
    ],
)
def test_a_file_that_cannot_be_drawn_stops_the_start(city, tmp_path, file, said):
    path = city(kind="pmtiles", file=file)
    outside = archive(tmp_path / "outside.pmtiles")
    (path / "link.pmtiles").symlink_to(outside)
    pictures = bytearray(outside.read_bytes())
    pictures[99] = 2
    (path / "pictures.pmtiles").write_bytes(pictures)
    with pytest.raises(CityError, match=re.escape(said)):
        create_app(path)


def test_an_absolute_path_may_lie_elsewhere(city, tmp_path):
    elsewhere = archive(tmp_path / "elsewhere.pmtiles")
    app = create_app(city(kind="pmtiles", file=str(elsewhere)))
    with app.test_client().get("/basemap.pmtiles") as response:
        assert response.data == elsewhere.read_bytes()


def test_settings_are_written_as_they_are_read(city):
    path = city(kind="amap", review_number='GS(2024)"1"号')
    assert config.read(path).basemap.review_number == 'GS(2024)"1"号'
    assert config.read(path).basemap.kind == "amap"


# -- what the page may ask -------------------------------------------------------------------


def pictures_allowed(response):
    policy = response.headers["Content-Security-Policy"]
    return re.search(r"img-src 'self' data:([^;]*);", policy)[1].split(), policy


@pytest.mark.parametrize("kind", OUTSIDE)
def test_the_policy_names_the_chosen_servers_and_no_others(city, kind):
    client = create_app(city(kind=kind, key=KEY)).test_client()
    allowed, policy = pictures_allowed(client.get("/"))
    assert allowed
    assert all(re.fullmatch(OUTSIDE[kind], host) for host in allowed)
    assert "connect-src 'self';" in policy
    assert pictures_allowed(client.get("/api/v1/summary"))[0] == []


@pytest.mark.parametrize("kind", ["streets", "none", "pmtiles"])
def test_own_maps_let_nobody_else_in(city, kind):
    path = city(kind=kind, file="city.pmtiles")
    archive(path / "city.pmtiles")
    assert pictures_allowed(create_app(path).test_client().get("/"))[0] == []


def test_the_archive_is_served_by_ranges_and_kept_by_its_mark(city):
    path = city(kind="pmtiles", file="city.pmtiles")
    whole = archive(path / "city.pmtiles").read_bytes()
    client = create_app(path).test_client()
    url = re.search(
        r'"url":"(/basemap\.pmtiles\?v=\w+)', client.get("/").text.replace("\\u0026", "&")
    )[1]
    with client.get(url, headers={"Range": "bytes=0-126"}) as response:
        assert response.status_code == 206
        assert response.data == whole[:127]
        assert response.headers["Content-Range"] == f"bytes 0-126/{len(whole)}"
        assert "immutable" in response.headers["Cache-Control"]
        mark = response.headers["ETag"]
    with client.get(
        "/basemap.pmtiles?v=old", headers={"Range": f"bytes={len(whole)}-"}
    ) as response:
        assert response.status_code == 416
    with client.get("/basemap.pmtiles?v=old") as response:
        assert "immutable" not in response.headers.get("Cache-Control", "")
    archive(path / "city.pmtiles", layer="water")
    with client.get("/basemap.pmtiles") as response:
        assert response.headers["ETag"] != mark


def test_there_is_no_archive_where_none_is_chosen(city):
    client = create_app(city(kind="streets")).test_client()
    assert client.get("/basemap.pmtiles").status_code == 404


# -- in the browser --------------------------------------------------------------------------


@pytest.fixture
def show(chromium, city):  # noqa: F811
    """Open the town over a base map whose tiles never leave this computer."""
    begun = []

    def start(*, at="/", chosen, **options):
        served = serve(city(**chosen))
        tour = Visit(chromium, served.address, **options)
        tour.outside = []

        def tile(route):
            tour.outside.append(route.request.url)
            route.fulfill(body=TILE, content_type="image/png")

        tour.page.route(lambda url: not url.startswith(served.address), tile)
        begun.append((tour, served))
        tour.open(at)
        tour.settle()
        return tour

    yield start
    for tour, served in begun:
        tour.context.close()
        served.close()
        assert tour.wrong == []


def tile_of(lon, lat, zoom):
    sin = math.sin(math.radians(lat))
    scale = 2**zoom
    y = 0.5 - math.log((1 + sin) / (1 - sin)) / (4 * math.pi)
    return (lon / 360 + 0.5) * scale, y * scale


AT = f"/?at=17/{STATION[1]}/{STATION[0]}"
NUMBERS = {
    "tianditu": r"TILEMATRIX=(?P<z>\d+)&TILEROW=(?P<y>\d+)&TILECOL=(?P<x>\d+)",
    "amap": r"x=(?P<x>\d+)&y=(?P<y>\d+)&z=(?P<z>\d+)",
    "osm": r"/(?P<z>\d+)/(?P<x>\d+)/(?P<y>\d+)\.png",
}


@pytest.mark.chromium
@pytest.mark.parametrize("kind", OUTSIDE)
def test_tiles_are_asked_for_where_the_view_lies_in_the_maps_datum(show, kind):
    """The tile numbers are those of the view's corners, shifted by the core's own conversion."""
    tour = show(at=AT, chosen={"kind": kind, "key": KEY})
    datum = "gcj02" if kind == "amap" else "wgs84"
    box = tour.page.evaluate(
        "(() => { const b = map_stations.getBounds();"
        " return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; })()"
    )
    west, south, east, north = box
    lon, lat = crs.convert([west, east], [north, south], source="wgs84", target=datum)
    (x0, y0), (x1, y1) = (tile_of(a, b, 17) for a, b in zip(lon, lat, strict=True))
    asked = [re.search(NUMBERS[kind], url) for url in tour.outside]
    assert all(re.match(OUTSIDE[kind], url) for url in tour.outside)
    seen = {(int(m["x"]), int(m["y"])) for m in asked if int(m["z"]) == 17}
    wanted = {
        (x, y)
        for x in range(math.floor(x0), math.floor(x1) + 1)
        for y in range(math.floor(y0), math.floor(y1) + 1)
    }
    assert wanted <= seen
    # a tile that the edge only touches may be asked for
    for found, low, high in ((0, x0, x1), (1, y0, y1)):
        numbers = [tile[found] for tile in seen]
        assert min(numbers) >= math.floor(low) - 1
        assert max(numbers) <= math.floor(high) + 1
    if kind == "tianditu":
        assert {re.search(r"LAYER=(\w+)", url)[1] for url in tour.outside} == {"vec", "cva"}
        assert all(f"tk={KEY}" in url for url in tour.outside)


def top_left(page, lon, lat, zoom):
    """Pixel in the map's container of a place of the base map's own datum."""
    tiles = page.evaluate(
        """() => [...document.querySelectorAll('.leaflet-basemap-pane img')].map((img) => {
          const box = img.getBoundingClientRect();
          const map = map_stations.getContainer().getBoundingClientRect();
          return [img.src, box.left - map.left, box.top - map.top];
        })"""
    )
    x, y = tile_of(lon, lat, zoom)
    for src, left, top in tiles:
        number = re.search(NUMBERS["amap"], src)
        if (int(number["x"]), int(number["y"])) == (math.floor(x), math.floor(y)):
            return left + 256 * (x % 1), top + 256 * (y % 1)
    raise AssertionError("the tile is not drawn")


@pytest.mark.chromium
def test_a_station_lies_at_its_shifted_pixel_and_is_found_there(show):
    """Where the picture of Amap has the station's GCJ-02 place, there it is drawn and clicked."""
    tour = show(at=AT, chosen={"kind": "amap", "review_number": "GS(2024)0001号"})
    page = tour.page
    lon, lat = crs.convert(*STATION, source="wgs84", target="gcj02")
    x, y = top_left(page, float(lon), float(lat), 17)
    drawn = page.evaluate(
        """async (place) => {
          const { toWorld, projection } = await import("/static/js/canvas.js");
          const [x, y] = projection(map_stations)(...toWorld(...place));
          const point = map_stations.layerPointToContainerPoint([x, y]);
          return [point.x, point.y];
        }""",
        STATION,
    )
    assert np.allclose(drawn, (x, y), atol=1)
    far = page.evaluate(
        "([lat, lng]) => map_stations.latLngToContainerPoint([lat, lng])", STATION[::-1]
    )
    assert np.allclose((far["x"], far["y"]), (x, y), atol=1)
    box = page.locator("#map_stations").bounding_box()
    # the station's colour is at that pixel and a click there opens it
    page.mouse.click(box["x"] + x, box["y"] + y)
    page.wait_for_function("() => new URLSearchParams(location.search).get('station') === 'P300'")
    assert "审图号：GS(2024)0001号" in page.inner_text(".credits")
    assert "高德地图" in page.inner_text(".credits")
    assert page.locator("#own-streets").count() == 0
    # what the map asks for is the ground's own box
    asked = [url for url in tour.asked if "/map/stations" in url][-1]
    west, south, east, north = map(float, re.search(r"bbox=([\d.%C]+)", asked)[1].split("%2C"))
    assert west < STATION[0] < east
    assert abs((west + east) / 2 - STATION[0]) < 0.0003
    assert abs((south + north) / 2 - STATION[1]) < 0.0003


@pytest.mark.chromium
def test_the_scripts_shift_as_the_core_does(show):
    """200 places in China and abroad, there and back, to 0.1 m (1e-6 degrees)."""
    random = np.random.default_rng(20261122)
    lon, lat = random.uniform(68, 140, 200), random.uniform(12, 56, 200)
    tour = show(chosen={"kind": "amap"})
    there, back = tour.page.evaluate(
        """async (places) => {
          const { shown, onGround } = await import("/static/js/datum.js");
          return [places.map((p) => shown(...p)), places.map((p) => onGround(...p))];
        }""",
        np.column_stack([lon, lat]).tolist(),
    )
    for found, source, target in ((there, "wgs84", "gcj02"), (back, "gcj02", "wgs84")):
        wanted = np.column_stack(crs.convert(lon, lat, source=source, target=target))
        assert np.abs(np.array(found) - wanted).max() < 1e-6
    moved = np.hypot(*(np.array(there) - np.column_stack([lon, lat])).T)
    assert 40 < (moved > 0).sum() < 160


@pytest.mark.chromium
def test_own_streets_lie_thin_over_another_map_until_switched_off(show):
    tour = show(chosen={"kind": "osm"})
    page = tour.page
    assert page.locator(".leaflet-streets-pane canvas").count() > 0
    assert page.locator(".leaflet-ground-pane").count() == 0
    page.locator("#legend").evaluate("element => { element.open = true; }")
    page.uncheck("#own-streets")
    assert page.locator(".leaflet-streets-pane canvas").count() == 0
    assert tour.query()["base"] == "plain"
    page.reload()
    tour.settle()
    assert page.locator(".leaflet-streets-pane canvas").count() == 0
    assert "OpenStreetMap" in page.inner_text(".credits")


@pytest.mark.chromium
def test_no_base_map_asks_for_no_tiles(show):
    tour = show(chosen={"kind": "none"})
    assert tour.outside == []
    assert not [url for url in tour.asked if "/tiles/" in url]
    assert "底图：无" in tour.page.text_content("#legend-base")


def colours(page):
    return {
        tuple(pixel)
        for pixel in page.evaluate(
            """() => {
              const found = new Map();
              for (const canvas of document.querySelectorAll('.leaflet-basemap-pane canvas')) {
                if (!canvas.width) continue;
                const { width, height } = canvas;
                const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
                for (let i = 0; i < data.length; i += 4)
                  found.set([data[i], data[i + 1], data[i + 2]].join(), 1);
              }
              return [...found.keys()].map((key) => key.split(",").map(Number));
            }"""
        )
    }


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("layer", ["roads", "transportation"])
def test_an_archive_is_drawn_in_the_houses_colours(show, city, scheme, layer):
    path = city(kind="none")
    archive(path / "city.pmtiles", layer=layer)
    tour = show(at=AT, chosen={"kind": "pmtiles", "file": "city.pmtiles"}, color_scheme=scheme)
    page = tour.page
    wanted = {
        tuple(int(v[k : k + 2], 16) for k in (1, 3, 5))
        for v in page.evaluate(
            "['land', 'street-motorway'].map((name) => getComputedStyle("
            "document.documentElement).getPropertyValue('--' + name).trim())"
        )
    }
    assert wanted <= colours(page)
    assert tour.outside == []
    ranges = [url for url in tour.asked if "/basemap.pmtiles" in url]
    assert ranges
    assert page.locator(".credits").count() == 0


def test_every_provider_has_tiles_a_credit_and_a_datum():
    for name, provider in basemaps.PROVIDERS.items():
        assert provider.datum in crs.DATUMS, name
        assert all(part in layer for layer in provider.layers for part in ("{x}", "{y}", "{z}"))
        assert provider.credit
    assert set(basemaps.NAMES) == set(config.BASEMAPS)


@pytest.mark.chromium
def test_names_of_streets_are_written_once(show):
    """A base map brings its own names; where it brings none, ours are asked for."""
    for kind, wanted in (("none", True), ("osm", False)):
        tour = show(at=AT, chosen={"kind": kind})
        assert any("/map/labels" in url for url in tour.asked) is wanted, kind
