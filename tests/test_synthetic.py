"""Synthetic stations at the shops of a city: labelled, seeded, and as many as the share asks."""

import geopandas as gpd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import osm_file
from street_builder import CRS, RULE, points, streets, way

from geodata.synthetic import stations_at_shops
from stationmap import standards, stations
from stationmap.checks import spacing
from stationmap.city import City
from stationmap.cli.run import run
from stationmap.errors import InputError

POINT = standards.load("quzhou-2018").site_type("point")
WAYS = [
    way(1, [(0, 0), (600, 0), (1200, 40)], name="长街", highway="primary"),
    way(2, [(600, -500), (600, 500)], name="横街"),
]
PLACES = [(x, 12) for x in range(20, 600, 15)] + [(612, y) for y in range(-480, 490, 20)]
SHOPS = points(PLACES)
STREETS = streets(WAYS, shops=SHOPS, complete=["*"])


def put(shops=SHOPS, *, share=0.4, seed=1):
    return stations_at_shops(
        shops, streets=STREETS, rule=RULE, site_type=POINT, share=share, seed=seed
    )


def covered(frame):
    prepared = spacing.prepare(STREETS, spacing_m=RULE.spacing_m, snap_m=RULE.snap_m)
    return spacing.check(prepared, frame.to_crs(STREETS.crs)).summary()["covered_share"]


def test_they_keep_the_stations_contract_and_say_that_they_are_synthetic():
    made = put()
    assert tuple(made.columns) == stations.COLUMNS
    assert made.crs.to_epsg() == 4326
    assert made["name"].str.startswith("合成有礼点").all()
    assert set(made["source"]) == {"synthetic"}
    assert made["station_id"].str.startswith("synthetic-").all()
    assert stations.counting(made, types=["point"]).all()
    for claim in ("unit", "hours", "supplies", "address", "opened_on", "platform_id"):
        assert made[claim].isna().all(), claim


def test_they_stand_at_shops():
    made = put().to_crs(STREETS.crs)
    shops = SHOPS.to_crs(STREETS.crs).union_all()
    assert made.distance(shops).max() < 1e-6


@settings(deadline=None, max_examples=20)
@given(share=st.floats(0.02, 0.95), seed=st.integers(0, 10**9))
def test_the_share_is_reached_and_one_station_less_would_miss_it(share, seed):
    made = put(share=share, seed=seed)
    assert covered(made) >= share
    if len(made) > 1:
        rest = put(share=covered(made) + 1e-6, seed=seed)
        assert len(rest) > len(made), "the order of choice does not depend on the share"
        assert rest["station_id"].tolist()[: len(made)] == made["station_id"].tolist()
        assert covered(made.iloc[:-1]) < share


def test_the_order_of_the_shops_does_not_matter_the_seed_does():
    shuffled = SHOPS.sample(frac=1, random_state=3)
    assert_geodataframe_equal(put(shuffled, seed=7), put(seed=7))
    assert put(seed=8)["station_id"].tolist() != put(seed=7)["station_id"].tolist()


def test_where_shops_do_not_suffice_every_stretch_that_has_one_gets_one():
    few = SHOPS.iloc[::20]
    made = put(few, share=1.0)
    assert len(made) == len(few)
    assert covered(made) < 1.0


def test_a_shop_with_an_outline_has_its_station_inside():
    outline = SHOPS.iloc[[3]].to_crs(CRS)
    outline["geometry"] = shapely.buffer(outline.geometry.to_numpy(), 6.0, cap_style="square")
    made = put(outline.to_crs(4326), share=0.01)
    assert outline.to_crs(4326).geometry.iloc[0].contains(made.geometry.iloc[0])


def test_shops_off_the_streets_get_none():
    far = points([(300, 200), (900, -300)])
    with pytest.raises(InputError, match="no shop stands within 30 m"):
        put(far)
    both = gpd.GeoDataFrame(
        {c: [*SHOPS[c][:3], *far[c]] for c in ("name", "category", "source")}
        | {"id": ["a", "b", "c", "d", "e"]},
        geometry=[*SHOPS.geometry[:3], *far.geometry],
        crs=4326,
    )
    made = put(both, share=1.0)
    assert not set(made["station_id"]) & {"synthetic-d", "synthetic-e"}


@pytest.mark.parametrize("share", [0.0, -0.1, 1.0001, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(InputError, match="expected more than 0 and at most 1"):
        put(share=share)


def test_the_command_puts_them_into_any_city_and_replaces_its_own(tmp_path, capsys):
    city = City.create(tmp_path / "city", standard="quzhou-2018")
    city.import_file("osm", osm_file(tmp_path / "town.osm", shops=6), complete=True)
    assert run(["demo", "--stations-for", str(city.path), "--share", "1"]) == 0
    first = city.stations()
    assert set(first["source"]) == {"synthetic"}
    assert first["name"].str.startswith("合成").all()
    assert "synthetic" in capsys.readouterr().out
    assert run(["demo", "--stations-for", str(city.path), "--share", "0.2"]) == 0
    assert 0 < len(city.stations()) < len(first)


def test_the_command_refuses_a_city_without_shops(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("STATIONMAP_LANG", "en")
    city = City.create(tmp_path / "city", standard="quzhou-2018")
    city.import_file("osm", osm_file(tmp_path / "town.osm", shops=0))
    assert run(["demo", "--stations-for", str(city.path)]) == 2
    assert "import streets and shops of one place first" in capsys.readouterr().err
    assert city.stations().empty
