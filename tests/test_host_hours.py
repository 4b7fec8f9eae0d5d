"""Opening hours of shops and facilities on their way from a source to a plan's hosts."""

import geopandas as gpd
import pytest
import small_city
from shapely import Point

from stationmap import City
from stationmap.city import layers
from stationmap.city.plans import PlanAsked
from stationmap.city.versions import Store


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hours")
    city = City.create(folder / "town", standard="quzhou-2018", adcode="330800")
    osm = small_city.osm_file(folder / "town.osm")
    told = osm.read_text(encoding="utf-8").replace(
        '<tag k="amenity" v="library"/>',
        '<tag k="amenity" v="library"/><tag k="opening_hours" v="Tu-Su 09:00-21:00"/>',
    )
    osm.write_text(told, encoding="utf-8")
    city.import_file("osm", osm)
    rows = [
        {"编号": "Z1", "名称": "早市", "类别": "bank", "营业时间": "周一至周五 9:00-17:00"},
        {"编号": "Z2", "名称": "夜市", "类别": "bank", "营业时间": "每天 9:00-22:00"},
        {"编号": "Z3", "名称": "无名", "类别": "bank", "营业时间": ""},
    ]
    places = [{"经度": small_city.LON + 0.0005, "纬度": small_city.LAT + 0.0001}] * 3
    rows = [row | place for row, place in zip(rows, places, strict=True)]
    city.import_file("shops", small_city.table(folder / "shops.csv", rows), datum="wgs84")
    return city


def test_hosts_carry_the_words_of_their_source(town):
    hosts = town.now().hosts()
    shops = hosts["shop"].set_index("id")["hours"]
    assert shops["Z1"] == "周一至周五 9:00-17:00"
    assert shops.drop(["Z1", "Z2"]).isna().all()
    library = hosts["facility"].set_index("category").loc["library"]
    assert library["hours"] == "Tu-Su 09:00-21:00"


def test_what_the_city_gives_away_keeps_its_columns(town):
    now = town.now()
    public = ["id", "name", "category", "source", "geometry"]
    exported = now.export_layers()
    assert list(exported["shops"]) == list(exported["facilities"]) == public
    assert "hours" not in now.facilities()


def test_a_plan_prefers_the_host_that_is_open_longer(town):
    now = town.now()
    others = [one for frame in now.hosts().values() for one in frame["id"] if one[0] != "Z"]
    for exclude, chosen in (((), "Z2"), (("Z2",), "Z3"), (("Z2", "Z3"), "Z1")):
        asked = PlanAsked(budget=1, streets=("人民路",), exclude=(*others, *exclude))
        assert now.plan(asked).proposals["host_id"].tolist() == [chosen]


def test_an_atlas_from_before_the_column_is_read_without_it(tmp_path):
    frame = gpd.GeoDataFrame({"id": ["a"], "name": ["店"]}, geometry=[Point(118, 29)], crs=4326)
    for layer in ("shops", "facilities"):
        old = layers.conform(layer, frame.assign(source="osm")).drop(columns=["hours"])
        store = Store(tmp_path / layer)
        store.write({layer: old}, sources=[], base=None)
        assert layers.read(store.current(), layer)["hours"].isna().all()
