"""Presence and placement: places and stations at them, at the limits and against brute force."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from facts_builder import COUNTY, EAST, NORTH, facts, place, rule, square
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.checks import findings, placement, presence
from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN
from stationmap.standards import PlacementRule, PresenceRule, load

PACK = load("quzhou-2018")
GEOD = pyproj.Geod(ellps="WGS84")


def present(**fields):
    fields = {"site_type": "post", "at": ["hospital"], "within_m": 50.0} | fields
    return rule(PresenceRule, **fields)


def placed(**fields):
    fields = {"site_type": "kiosk", "at": ["park"], "within_m": 50.0} | fields
    return rule(PlacementRule, **fields)


def said(one, *, lang="en", **known):
    """States and message ids by subject, for facts whose pack has this rule alone."""
    pack = PACK.model_copy(update={"rules": (one,)})
    check = presence.check if one.kind == "presence" else placement.check
    frame = findings.frame(check(one, facts(pack=pack, **known)), lang=lang)
    return {row.subject_id: (row.state, row.message_id) for row in frame.itertuples()}, frame


def hospital(x=0.0, y=0.0, **more):
    return {
        "name": "医院",
        "category": "hospital",
        "adcode": COUNTY,
        "geometry": place(x, y),
    } | more


def at_ground_metres(metres, *, azimuth=90.0):
    """A place so many ground metres from the origin."""
    lonlat = gpd.GeoSeries([place(0, 0)], crs=32650).to_crs(4326).iloc[0]
    lon, lat, _ = GEOD.fwd(lonlat.x, lonlat.y, azimuth, metres)
    point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(32650).iloc[0]
    return {"x": point.x - EAST, "y": point.y - NORTH}


@pytest.mark.parametrize("azimuth", [0, 90, 211])
@pytest.mark.parametrize(("metres", "state"), [(49.999, MET), (50.0, MET), (50.001, UNKNOWN)])
def test_the_distance_counts_to_the_millimetre_and_is_inclusive(metres, state, azimuth):
    station = at_ground_metres(metres, azimuth=azimuth)
    found, frame = said(present(), facilities=[hospital()], stations=[station])
    assert found["F0"][0] == state
    if state == MET:
        assert frame["measured"][0] == pytest.approx(metres, abs=2e-4)


def test_what_stands_inside_an_outline_is_at_no_distance_from_it():
    inside, beside = {"x": 300.0, "y": 300.0}, {"x": -40.0, "y": 10.0}
    for station, metres in ((inside, 0.0), (beside, 40.0)):
        _, frame = said(
            present(), facilities=[hospital(geometry=square(0, 0, side=500))], stations=[station]
        )
        assert frame["state"][0] == MET
        assert frame["measured"][0] == pytest.approx(metres, rel=5e-4)


@pytest.mark.parametrize(
    "station",
    [
        {"x": 0, "y": 0, "type": "kiosk"},
        {"x": 0, "y": 0, "status": "planned"},
        {"x": 0, "y": 0, "status": "closed"},
        {},
    ],
    ids=["another type", "planned", "closed", "without a place"],
)
def test_only_an_active_station_of_the_type_with_a_place_counts(station):
    found, _ = said(
        present(), facilities=[hospital()], stations=[station], complete=["stations:post"]
    )
    assert found["F0"] == (NOT_MET, "presence.missing")


def test_other_types_count_where_the_rule_says_so():
    station = {"x": 0, "y": 0, "type": "kiosk"}
    found, _ = said(present(counts=["post", "kiosk"]), facilities=[hospital()], stations=[station])
    assert found["F0"][0] == MET


@pytest.mark.parametrize(
    ("complete", "state"),
    [
        ({}, UNKNOWN),
        ({"stations:kiosk": ["*"]}, UNKNOWN),
        ({"stations:post": ["330803"]}, UNKNOWN),
        ({"stations:post": ["330802"]}, NOT_MET),
        ({"stations:post": ["3308"]}, NOT_MET),
        ({"stations": ["*"]}, NOT_MET),
    ],
)
def test_a_shortfall_is_unknown_until_the_stations_of_the_type_are_declared_there(complete, state):
    found, frame = said(present(), facilities=[hospital()], complete=complete)
    assert found["F0"][0] == state
    assert frame["adcode"][0] == COUNTY


def test_with_several_counting_types_all_must_be_declared():
    one = present(counts=["post", "kiosk"])
    found, _ = said(one, facilities=[hospital()], complete=["stations:post"])
    assert found["F0"][0] == UNKNOWN
    found, _ = said(one, facilities=[hospital()], complete=["stations:post", "stations:kiosk"])
    assert found["F0"][0] == NOT_MET


def test_a_kind_of_place_of_which_nothing_is_known_is_one_unknown_of_the_city():
    one = present(at=["hospital", "library"])
    found, frame = said(one, facilities=[hospital()])
    assert found["330800:library"] == (UNKNOWN, "presence.no_layer")
    assert "Library" in frame.set_index("subject_id").at["330800:library", "message"]
    found, _ = said(one, facilities=[hospital()], complete=["facilities:library"])
    assert "330800:library" not in found


def community(**more):
    return {"kind": "community", "name": "某社区", "urban": True, "adcode": COUNTY} | more


def test_an_area_holds_what_is_inside_it_and_nothing_beside_it():
    one = present(at=["city_community"], site_type="square")
    area = community(geometry=square(0, 0))
    for x, state in ((100.0, MET), (100.001, NOT_MET)):  # its eastern edge, and 1 mm beyond
        station = {"x": x, "y": 50.0, "type": "square"}
        found, _ = said(one, zones=[area], stations=[station], complete=["stations:square"])
        assert found["Z0"][0] == state, x


def test_communities_are_told_apart_by_urban_and_unknown_where_nobody_says():
    one = present(at=["city_community"], site_type="square")
    zones = [
        community(geometry=square(k * 200, 0), urban=u) for k, u in enumerate((True, False, None))
    ]
    found, _ = said(one, zones=zones, complete=["stations:square"])
    assert found == {"Z0": (NOT_MET, "presence.missing"), "Z2": (UNKNOWN, "presence.doubt")}


def test_a_listed_place_without_a_location_is_unknown():
    one = present(at=["compound"])
    zones = [{"kind": "compound", "name": "小区", "adcode": COUNTY, "geometry": None}]
    found, _ = said(one, zones=zones, complete=["stations:post"])
    assert found["Z0"] == (UNKNOWN, "presence.no_place")


def test_the_built_up_area_bounds_the_rule_and_without_it_nothing_can_be_told():
    one = present(built_up=True)
    near, far = hospital(10, 10), hospital(5000, 0)
    built_up = {"kind": "built_up", "geometry": square(0, 0)}
    found, _ = said(one, facilities=[near, far], zones=[built_up], complete=["stations:post"])
    assert found["F0"][0] == NOT_MET
    assert found["F1"] == (NOT_APPLICABLE, "presence.outside")
    found, _ = said(one, facilities=[near, far], complete=["stations:post"])
    assert {state for state, _ in found.values()} == {UNKNOWN}


@settings(max_examples=30, deadline=None)
@given(
    sites=st.lists(st.tuples(st.integers(-300, 300), st.integers(-300, 300)), max_size=8),
    stations=st.lists(st.tuples(st.integers(-300, 300), st.integers(-300, 300)), max_size=8),
)
def test_presence_agrees_with_geodesics_one_by_one(sites, stations):
    rows = [hospital(x, y) for x, y in sites]
    held = [{"x": float(x), "y": float(y)} for x, y in stations]
    found, _ = said(
        present(), facilities=rows, stations=held, complete=["stations:post", "facilities"]
    )
    lonlat = gpd.GeoSeries([place(x, y) for x, y in sites + stations], crs=32650).to_crs(4326)
    at, held = lonlat[: len(sites)], lonlat[len(sites) :]
    for k, site in enumerate(at):
        metres = [GEOD.inv(site.x, site.y, one.x, one.y)[2] for one in held]
        nearest = min(metres, default=np.inf)
        if abs(nearest - 50) > 0.025:  # what 0.05 % of the distance may hide
            assert found[f"F{k}"][0] == (MET if nearest <= 50 else NOT_MET)


# --------------------------------------------------------------------------- placement


def park(x=0.0, **more):
    return {"name": "公园", "category": "park", "adcode": COUNTY, "geometry": square(x, 0)} | more


def test_a_station_belongs_where_an_allowed_place_is_within_reach():
    held = [{"x": 50, "y": 50, "type": "kiosk"}, {"x": 149, "y": 50, "type": "kiosk"}]
    held += [{"x": 170, "y": 50, "type": "kiosk"}, {"x": 900, "y": 0, "type": "post"}]
    found, _ = said(placed(), facilities=[park()], stations=held, complete=["facilities:park"])
    assert found == {
        "S0": (MET, "placement.met"),
        "S1": (MET, "placement.met"),
        "S2": (NOT_MET, "placement.elsewhere"),
    }


def test_a_station_elsewhere_is_unknown_until_all_allowed_places_are_declared():
    one = placed(at=["park", "square"])
    held = [{"x": 800, "y": 0, "type": "kiosk"}]
    found, frame = said(one, facilities=[park()], stations=held, complete=["facilities:park"])
    assert found["S0"] == (UNKNOWN, "placement.undeclared")
    assert "Public square" in frame["message"][0]
    assert "Park" not in frame["message"][0].split(":")[1]
    found, _ = said(
        one, facilities=[park()], stations=held, complete=["facilities:park", "facilities:square"]
    )
    assert found["S0"][0] == NOT_MET


def test_a_station_without_a_location_is_unknown():
    found, _ = said(placed(), stations=[{"type": "kiosk"}], complete=["facilities"])
    assert found["S0"] == (UNKNOWN, "placement.to_locate")


def test_a_community_of_unknown_kind_does_not_prove_the_placement():
    one = placed(site_type="square", at=["city_community"])
    held = [{"x": 50, "y": 50, "type": "square"}]
    zones = [community(geometry=square(0, 0), urban=None)]
    found, _ = said(one, zones=zones, stations=held)
    assert found["S0"][0] == UNKNOWN


def test_sentences_are_chinese_for_chinese_readers():
    _, frame = said(
        present(), lang="zh", facilities=[hospital(name="人民医院")], complete=["stations:post"]
    )
    assert frame["message"][0] == "医院“人民医院”未设有礼站（台）"
    assert pd.isna(frame["measured"][0])
    assert frame["limit"][0] == 50
