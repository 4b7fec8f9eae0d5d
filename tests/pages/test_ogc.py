"""OGC API Features: what the standard asks of each class that is named, and GDAL reads it whole."""

import json
import shutil
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from conftest import need
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages_town import LAT, LON, client, own_town, place, serve, table, town  # noqa: F401
from test_access_matrix import PRIVATE, make_world

from stationmap.city import City, open_data
from stationmap.crs import convert
from stationmap.stations import COLUMNS
from web.app import create_app

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
STATIONS = "/ogc/collections/stations/items"
MANY = 2500


def get(client, path, status=200):  # noqa: F811
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.mimetype == "application/problem+json"
        assert answer.json["detail"]
    return answer


def links(document):
    return {link["rel"]: link for link in document["links"]}


def ids(client, query):  # noqa: F811
    return [f["id"] for f in get(client, f"{STATIONS}?{query}").json["features"]]


# -- core ------------------------------------------------------------------------------------


def test_from_the_landing_page_a_client_finds_everything(client):  # noqa: F811
    found = links(get(client, "/ogc/").json)
    assert get(client, "/ogc").json["links"] == get(client, "/ogc/").json["links"]
    for rel in ("self", "service-desc", "service-doc", "conformance", "data"):
        answer = get(client, found[rel]["href"].removeprefix("http://localhost"))
        assert answer.content_type.split(";")[0] == found[rel]["type"].split(";")[0]
    classes = get(client, "/ogc/conformance").json["conformsTo"]
    assert [c.rpartition("/")[2] for c in classes] == ["core", "oas30", "geojson", "crs"]


def test_every_layer_is_a_collection_with_all_its_places_in_its_extent(client, town):  # noqa: F811
    listed = get(client, "/ogc/collections").json["collections"]
    assert [one["id"] for one in listed] == list(open_data.LAYERS)
    layers = town.now().export_layers()
    for one in listed:
        assert get(client, f"/ogc/collections/{one['id']}").json == one
        assert one["crs"][0] == one["storageCrs"] == CRS84
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        there = layers[one["id"]].geometry.dropna()
        w, s, e, n = there.total_bounds
        assert west <= w and south <= s and e <= east and n <= north  # noqa: PT018
        items = links(one)["items"]
        assert items["type"] == "application/geo+json"
        first = get(client, items["href"].removeprefix("http://localhost"))
        assert first.mimetype == "application/geo+json"
        assert first.json["numberMatched"] == len(layers[one["id"]])
        own = [f["id"] for f in first.json["features"]]
        assert len(set(own)) == len(own) == first.json["numberReturned"]
        for feature in first.json["features"][:5]:
            link = f"/ogc/collections/{one['id']}/items/{feature['id']}"
            alone = client.get(link.replace("?", "%3F").replace("#", "%23"))
            assert alone.json["properties"] == feature["properties"]
            assert {"self", "collection"} <= links(alone.json).keys()


def test_pages_follow_each_other_without_gap_or_repeat(client, town):  # noqa: F811
    path, seen = f"{STATIONS}?limit=2", []
    while path:
        page = get(client, path).json
        assert page["numberMatched"] == 9
        seen += [f["id"] for f in page["features"]]
        path = links(page).get("next", {}).get("href", "").removeprefix("http://localhost")
    assert seen == town.now().stations()["station_id"].tolist()
    assert get(client, f"{STATIONS}?limit=999999999").json["numberReturned"] == 9
    assert get(client, f"{STATIONS}?offset=9").json["features"] == []


def test_a_feature_has_the_columns_of_the_contract(client):  # noqa: F811
    found = get(client, f"{STATIONS}/P0").json
    columns = list(COLUMNS[:-1])
    columns.insert(columns.index("hours") + 1, "opening_hours")
    assert list(found["properties"]) == columns
    assert found["properties"]["opening_hours"].startswith("Mo-Fr 08:30-17:30")
    assert found["geometry"] == {"type": "Point", "coordinates": list(np.round(place(0, 5), 6))}


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@given(st.tuples(*[st.floats(-20, 1100)] * 2), st.tuples(*[st.floats(-50, 120)] * 2))
def test_a_box_takes_what_it_touches_and_what_has_no_place(client, town, xs, ys):  # noqa: F811
    (west, south), (east, north) = place(min(xs), min(ys)), place(max(xs), max(ys))
    frame = town.now().stations()
    there = shapely.intersects(frame.geometry.to_numpy(), shapely.box(west, south, east, north))
    lost = frame.geometry.isna().to_numpy()
    found = ids(client, f"bbox={west!r},{south!r},{east!r},{north!r}")
    assert found == frame.loc[there | lost, "station_id"].tolist()
    # the same box in other systems: latitude first, with heights, and over the other side
    assert found == ids(client, f"bbox={south},{west},{north},{east}&bbox-crs={EPSG}4326")
    assert found == ids(client, f"bbox={west},{south},-9,{east},{north},9")
    assert "LOST" in ids(client, f"bbox={east + 1},{south},{west - 1},{north}")


def test_a_box_of_metres_is_a_rectangle_of_metres(client, town):  # noqa: F811
    frame = town.now().stations().to_crs(3857).dropna(subset="geometry")
    x, y = frame.geometry.x, frame.geometry.y
    box = f"{x.min() - 1},{y.min() - 1},{x.median()},{y.max() + 1}"
    found = ids(client, f"bbox={box}&bbox-crs={EPSG}3857")
    assert set(found) == {"LOST", *frame.loc[x <= x.median(), "station_id"]}


def test_a_time_takes_what_was_opened_by_then(own_town, tmp_path):  # noqa: F811
    rows = [
        {"编号": own, "名称": own, "类型": "有礼点", "经度": LON, "纬度": LAT, "启用日期": day}
        for own, day in (("OLD", "2020-01-01"), ("NEW", "2026-03-05"), ("UNKNOWN", ""))
    ]
    own_town.import_file("stations", table(tmp_path / "opened.csv", rows), datum="wgs84", add=True)
    browser = create_app(own_town.path).test_client()
    known = {"OLD", "NEW"}
    for when, expected in (
        ("2019-12-31T15:59:59Z", set()),
        ("2019-12-31T16:00:00Z", {"OLD"}),  # it is 2020 in the city
        ("../2026-03-04T00:00:00Z", {"OLD"}),
        ("2026-03-05T00:00:00%2B08:00/..", known),
        ("2021-01-01T00:00:00Z/2026-03-05T00:00:00Z", known),
        ("../2019-12-31", set()),  # a day is one of the city
        ("2020-01-01", {"OLD"}),
        ("../2026-03-04", {"OLD"}),
    ):
        found = set(ids(browser, f"datetime={when}&limit=100"))
        assert found & known == expected
        assert {"UNKNOWN", "P0"} <= found
    extent = get(browser, "/ogc/collections/stations").json["extent"]
    assert extent["temporal"]["interval"] == [["2019-12-31T16:00:00Z", None]]


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "limit=0",
        "limit=ten",
        "offset=-1",
        "limit=1&limit=2",
        "bbox=1,2,3",
        "bbox=1,2,x,4",
        "bbox=1,3,2,nan",
        "bbox=118,30,119,29",
        "bbox=28.9,118.8,29,118.9",
        "f=html",
        "bbox-crs=EPSG:4326",
        "crs=http://www.opengis.net/def/crs/EPSG/0/1",
        "datetime=yesterday",
        "datetime=2026-02-30T00:00:00Z",
        "datetime=../..",
        "datetime=2026-03-05T00:00:00Z/2026-03-04T00:00:00Z",
        "out_datum=gcj2",
        f"out_datum=gcj02&crs={EPSG}4326",
        "lang=fr",
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(client, query):  # noqa: F811
    get(client, f"{STATIONS}?{query}", 400)


@pytest.mark.parametrize(
    "path", ["/ogc/collections/ways", "/ogc/collections/ways/items", f"{STATIONS}/NOBODY", "/ogc/x"]
)
def test_what_is_not_there_is_404(client, path):  # noqa: F811
    get(client, path, 404)


def test_an_empty_city_has_the_same_layers_without_features(tmp_path):
    City.create(tmp_path / "empty", standard="quzhou-2018", adcode="330800")
    browser = create_app(tmp_path / "empty").test_client()
    for one in get(browser, "/ogc/collections").json["collections"]:
        assert "extent" not in one
        found = get(browser, f"/ogc/collections/{one['id']}/items?bbox=118,28,119,29").json
        assert found["numberReturned"] == len(found["features"]) <= found["numberMatched"]
    assert get(browser, STATIONS).json["features"] == []
    assert get(browser, "/api/v1/openapi.json").json["openapi"].startswith("3.0.")
    get(browser, "/api")


# -- reference systems and datums --------------------------------------------------------------


def test_every_system_named_gives_its_coordinates_in_its_axis_order(client, town):  # noqa: F811
    frame = town.now().stations().set_index("station_id")
    for uri in get(client, "/ogc/collections/stations").json["crs"]:
        answer = get(client, f"{STATIONS}/P300?crs={uri}")
        assert answer.headers["Content-Crs"] == f"<{uri}>"
        code = uri.rpartition("/")[2]
        moved = frame.to_crs(4326 if code == "CRS84" else int(code)).loc["P300", "geometry"]
        expected = (moved.x, moved.y)
        first = frame.to_crs(int(code)).crs.axis_info[0].direction if code != "CRS84" else "east"
        found = answer.json["geometry"]["coordinates"]
        digits = 0.11 if max(map(abs, found)) > 360 else 1e-6
        assert found == pytest.approx(expected[:: -1 if first == "north" else 1], abs=digits)
    assert code == "4549"


def test_a_datum_is_had_where_asked_and_said(client, town):  # noqa: F811
    point = town.now().stations().set_index("station_id").loc["P300", "geometry"]
    for datum in ("gcj02", "bd09"):
        answer = get(client, f"{STATIONS}/P300?out_datum={datum}")
        x, y = convert(point.x, point.y, source="wgs84", target=datum)
        assert answer.json["geometry"]["coordinates"] == [round(float(x), 6), round(float(y), 6)]
        assert answer.json["datum"] == datum
        uri = answer.headers["Content-Crs"].strip("<>")
        page, _, anchor = uri.removeprefix("http://localhost").partition("#")
        assert f'id="{anchor}"' in get(client, page).text
    assert get(client, f"{STATIONS}/P300").json["datum"] == "wgs84"


def test_no_more_decimals_leave_than_the_city_publishes(own_town):  # noqa: F811
    settings = own_town.path / "city.toml"
    text = settings.read_text("utf-8").replace("decimals = 6", "decimals = 3")
    settings.write_text(text, encoding="utf-8")
    browser = create_app(own_town.path).test_client()
    for name in open_data.LAYERS:
        path = f"/ogc/collections/{name}/items"
        for query in ("", "?out_datum=gcj02"):
            for feature in get(browser, path + query).json["features"]:
                if feature["geometry"]:
                    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
                    xy = shapely.get_coordinates(shape)
                    assert np.array_equal(xy, np.round(xy, 3))
                for column in ("source_lon", "source_lat"):
                    value = feature["properties"].get(column)
                    assert value is None or value == round(value, 3)


# -- kept, shared, private -----------------------------------------------------------------------


def test_answers_are_kept_by_version_and_open_to_every_site(client):  # noqa: F811
    for path in ("/ogc/", STATIONS, f"{STATIONS}/P0", "/api/v1/openapi.json", "/data/gaps.csv"):
        answer = get(client, path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_the_form_that_clients_name_is_taken(client):  # noqa: F811
    for path in ("/ogc/", "/ogc/conformance", "/ogc/collections", STATIONS, f"{STATIONS}/P0"):
        found = get(client, f"{path}?f=json").json
        assert {k: v for k, v in found.items() if k != "links"} == {
            k: v for k, v in get(client, path).json.items() if k != "links"
        }


def test_a_new_station_is_there_at_once(own_town, tmp_path):  # noqa: F811
    browser = create_app(own_town.path).test_client()
    before = browser.get(STATIONS)
    row = {"编号": "NEW", "名称": "新", "类型": "有礼点", "经度": LON, "纬度": LAT}
    own_town.import_file("stations", table(tmp_path / "new.csv", [row]), datum="wgs84", add=True)
    after = browser.get(STATIONS, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json["numberMatched"] == before.json["numberMatched"] + 1
    assert get(browser, f"{STATIONS}/NEW").json["properties"]["name"] == "新"


def test_nothing_personal_is_in_any_layer_or_file(town, tmp_path):  # noqa: F811
    world = make_world(town, tmp_path)
    said = []
    for name in open_data.LAYERS:
        for lang in ("zh", "en"):
            path = f"/ogc/collections/{name}/items?limit=10000&lang={lang}"
            said.append(get(world.nobody, path).text)
        said.append(get(world.nobody, f"/data/{name}.csv").text)
        said.append(get(world.nobody, f"/data/{name}.geojson").text)
    package = get(world.nobody, "/data/city.gpkg").data
    said.append(package.decode("utf-8", "replace"))
    assert not [mark for mark in PRIVATE for text in said if mark in text]
    assert all("甲west" in text for text in said[:2])


# -- a real client -------------------------------------------------------------------------------

CLIENT = """
import sys, json, pyogrio
source, options = sys.argv[1], json.loads(sys.argv[2])
options = {name: tuple(v) if isinstance(v, list) else v for name, v in options.items()}
frame = pyogrio.read_dataframe(source, **options)
frame.to_parquet(sys.argv[3])
"""


def read(address, tmp_path, **options):
    """Read with GDAL in a process of its own: it would hold the server's thread up."""
    out = tmp_path / "read.parquet"
    command = [sys.executable, "-c", CLIENT, f"OAPIF:{address}/ogc", json.dumps(options), out]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return gpd.read_parquet(out)


@pytest.fixture(scope="module")
def large(town, tmp_path_factory):  # noqa: F811
    """The town with a few thousand stations more, served."""
    need("OAPIF" in pyogrio.list_drivers(), "GDAL has no OAPIF driver here")
    folder = tmp_path_factory.mktemp("large")
    shutil.copytree(town.path, folder / "town")
    rows = []
    for k in range(MANY):
        lon, lat = place(k % 100 * 10, k // 100 * 10)
        rows.append({"编号": f"N{k}", "名称": f"站{k}", "类型": "有礼点", "经度": lon, "纬度": lat})
    city = City.open(folder / "town")
    city.import_file("stations", table(folder / "many.csv", rows), datum="wgs84", add=True)
    served = serve(folder / "town")
    yield city, served.address
    served.close()


def test_gdal_reads_thousands_page_by_page(large, tmp_path):
    city, address = large
    found = read(address, tmp_path, layer="stations", PAGE_SIZE=400)
    frame = city.now().stations()
    assert len(frame) > MANY
    assert found["station_id"].tolist() == frame["station_id"].tolist()
    assert found["name"].tolist() == frame["name"].tolist()
    placed = frame.geometry.notna().to_numpy()
    apart = shapely.distance(found.geometry.to_numpy()[placed], frame.geometry.to_numpy()[placed])
    assert apart.max() < 1e-6


def test_gdal_reads_a_box_and_another_system(large, tmp_path):
    city, address = large
    (west, south), (east, north) = place(-5, 95), place(305, 205)
    found = read(address, tmp_path, layer="stations", bbox=[west, south, east, north])
    frame = city.now().stations()
    inside = shapely.intersects(frame.geometry.to_numpy(), shapely.box(west, south, east, north))
    assert found["station_id"].tolist() == frame.loc[inside, "station_id"].tolist()
    metres = read(address, tmp_path, layer="districts", CRS="EPSG:4549")
    assert metres.crs.to_epsg() == 4549
    back = metres.to_crs(4326).geometry.to_numpy()
    here = city.now().layer("districts").geometry.to_numpy()
    assert shapely.hausdorff_distance(back, here).max() < 2e-6
