"""Proposals on real lists whose true places are known: what is said to be sure must be right.

Kiosks and toilets of Quzhou are looked for among its medical sites, sights and each other, corners
and addresses of Shanghai among the streets of its centre. No list of a real city's facilities with
names lies beside its streets, so neither tells how many stations of a city would be found.
"""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from stationmap.city import City
from stationmap.city.gazetteer import Gazetteer
from stationmap.city.locate import SURE, propose
from stationmap.crs import local_crs

# sheet, name, address, longitude, latitude
QUZHOU = {
    "医疗.xls": ("Name(名称）", "Address（地址）", "X", "Y"),
    "公共厕所.xlsx": ("Caption", "Address", "POINT_X", "POINT_Y"),
    "公共自行车.xlsx": ("StationCap", "Address", "POINT_X", "POINT_Y"),
    "垃圾中转站.xlsx": ("Caption", "Address", "POINT_X", "POINT_Y"),
    "旅游景点.xls": ("名称", "地址", "X", "Y"),
}


def read(path, columns):
    frame = pd.read_excel(path, engine="calamine")[list(columns)]
    found = frame.set_axis(["name", "address", "lon", "lat"], axis=1)
    return found.astype({"lon": float, "lat": float}).dropna(subset=["name", "lon", "lat"])


def places(frame, kind="facility"):
    points = gpd.points_from_xy(frame["lon"], frame["lat"])
    ids = [f"{kind}{number}" for number in range(len(frame))]
    columns = {"kind": kind, "id": ids, "name": frame["name"].to_numpy()}
    return gpd.GeoDataFrame(columns, geometry=points, crs=4326)


def nothing(*columns):
    return gpd.GeoDataFrame({column: [] for column in columns}, geometry=[], crs=4326)


def measured(gazetteer, frame):
    """How sure the first proposal of each row is, and how far from the truth; "none" without."""
    truth = gpd.GeoSeries(gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326)
    rows = []
    for name, address, at in zip(
        frame["name"], frame["address"], truth.to_crs(gazetteer.crs), strict=True
    ):
        text = address if isinstance(address, str) else None
        found = propose(gazetteer, name=name, address=text)
        away = float(shapely.distance(found[0].shape, at)) if found else None
        rows.append((found[0].sure if found else "none", away))
    return pd.DataFrame(rows, columns=["sure", "away_m"])


def tally(found):
    return {sure: int((found["sure"] == sure).sum()) for sure in (*SURE, "none")}


@pytest.fixture(scope="module")
def quzhou(shared):
    folder = "quzhou-public-facilities"
    return {file: read(shared(f"{folder}/{file}"), columns) for file, columns in QUZHOU.items()}


def of_others(quzhou, own):
    rows = pd.concat([frame for file, frame in quzhou.items() if file != own], ignore_index=True)
    return Gazetteer(
        places(rows),
        nothing("name"),
        districts=nothing("adcode", "name"),
        crs=local_crs([118.0, 119.4], [28.2, 29.5]),
    )


def test_kiosks_of_quzhou_among_its_other_lists(quzhou):
    """Beside the same hospital, 148 m away: the kiosk stands across the road, as its list says."""
    own = "公共自行车.xlsx"
    found = measured(of_others(quzhou, own), quzhou[own])
    assert tally(found) == {"exact": 1, "likely": 0, "possible": 35, "along": 0, "none": 144}
    assert found.loc[found["sure"] == "exact", "away_m"].max() < 150


def test_toilets_of_quzhou_are_never_sure_beside_kiosks_called_as_a_street(quzhou):
    own = "公共厕所.xlsx"
    found = measured(of_others(quzhou, own), quzhou[own])
    assert tally(found) == {"exact": 0, "likely": 0, "possible": 42, "along": 0, "none": 45}


def test_medical_sites_find_themselves_only_where_their_name_is_their_own(quzhou):
    """Of 1956 rows each is found by its own name; one that several have is never exact."""
    medical = quzhou["医疗.xls"]
    gazetteer = Gazetteer(
        places(medical),
        nothing("name"),
        districts=nothing("adcode", "name"),
        crs=local_crs([118.0, 119.4], [28.2, 29.5]),
    )
    some = medical.iloc[::13].assign(address=None)
    found = measured(gazetteer, some.assign(name=some["name"] + "有礼点"))
    exact = found[found["sure"] == "exact"]
    assert len(exact) > 0.9 * len(some)
    assert exact["away_m"].max() < 1
    assert (found["sure"] != "none").all()


@pytest.fixture(scope="module")
def shanghai(shared, tmp_path_factory):
    city = City.create(tmp_path_factory.mktemp("sh") / "sh", standard="quzhou-2018", name="上海")
    city.import_file("osm", shared("osm-china-small/shanghai_center_roads.osm"))
    ways = city.layer("ways")
    west, south, east, north = ways.total_bounds

    def table(name):
        frame = pd.read_csv(shared(f"shanghai-amap-poi/shanghai_{name}.csv"))
        inside = frame["lon"].between(west, east) & frame["lat"].between(south, north)
        return frame[inside].reset_index(drop=True)

    gazetteer = Gazetteer(
        nothing("kind", "id", "name"),
        ways[["name", "geometry"]],
        districts=nothing("adcode", "name"),
        crs=local_crs([west, east], [south, north]),
    )
    return gazetteer, table


def test_stops_of_shanghai_named_by_two_streets_are_near_where_these_meet(shanghai):
    """九江路黄河路(公交站): a stop is up to 300 m from its corner, on either side of it."""
    gazetteer, table = shanghai
    stops = table("bus")
    stops["name"] = stops["name"].str.replace("(公交站)", "", regex=False)
    stops = stops[stops["name"].str.fullmatch(".+[路街].+[路街]")].drop_duplicates("name")
    found = measured(gazetteer, stops.assign(address=None, name=stops["name"] + "有礼点"))
    likely = found[found["sure"] == "likely"]
    assert len(likely) > 0.75 * len(stops)
    assert likely["away_m"].median() < 100
    assert likely["away_m"].max() < 320
    assert set(found["sure"]) <= {"likely", "along", "none"}


def test_restaurants_of_shanghai_by_the_corner_that_their_address_names(shanghai):
    gazetteer, table = shanghai
    found = measured(gazetteer, table("food").assign(name="某店"))
    likely = found[found["sure"] == "likely"]
    assert len(likely) >= 70
    assert likely["away_m"].median() < 60
    assert likely["away_m"].max() < 200
    # of the others only the street is known, and that is right
    along = found[found["sure"] == "along"]
    assert (along["away_m"] < 120).mean() > 0.8
    assert "exact" not in set(found["sure"])
