"""A stations frame is one shape whatever it is made from; placed, active stations count."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap import stations
from stationmap.errors import CrsError, InputError
from stationmap.messages import render

HERE = shapely.Point(118.87, 28.94)


def frame(**columns):
    n = len(next(iter(columns.values())))
    columns.setdefault("station_id", [f"S{i}" for i in range(n)])
    geometry = columns.pop("geometry", [HERE] * n)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")


def test_columns_are_the_contract():
    assert ", ".join(stations.COLUMNS) == (
        "station_id, name, type, status, unit_id, unit, supervising_unit, address, adcode, "
        "parent_id, hours, hours_source, supplies, platform_id, demonstration, opened_on, source, "
        "source_row, source_lon, source_lat, source_datum, geometry"
    )
    empty = stations.empty()
    assert tuple(empty.columns) == stations.COLUMNS
    assert len(empty) == 0
    assert empty.crs.to_epsg() == 4326
    assert not any(stations.counting(empty, types=["point"]))


def test_whatever_comes_in_the_shape_is_the_same():
    made = stations.conform(
        frame(
            station_id=["007", 12, "a"],
            type=["point", " post ", None],
            name=["  甲 ", "", np.nan],
            status=[None, "planned", ""],
            demonstration=["是", None, False],
            source_row=[3, None, 5.0],
            extra=[1, 2, 3],
            geometry=[HERE, None, HERE],
        )
    )
    assert (made.dtypes == stations.empty().dtypes).all()
    assert tuple(made.columns) == stations.COLUMNS
    assert made["station_id"].tolist() == ["007", "12", "a"]
    assert made["type"].tolist()[:2] == ["point", "post"]
    assert made["name"].isna().tolist() == [False, True, True]
    assert made["name"][0] == "甲"
    assert made["status"].tolist() == ["active", "planned", "active"]
    assert made["demonstration"].tolist() == [True, False, False]
    assert made["source_row"].tolist()[0] == 3
    assert made["source_row"].isna().tolist() == [False, True, False]
    assert made.geometry.isna().tolist() == [False, True, False]


def test_numbers_that_a_blank_made_floats_are_read_as_they_were_written():
    made = stations.conform(frame(adcode=[330802, None], unit_id=[1.5, 2.0]))
    assert made["adcode"].tolist()[0] == "330802"
    assert made["unit_id"].tolist() == ["1.5", "2"]


def test_a_conforming_frame_stays_as_it_is_and_the_input_is_not_touched():
    given_frame = frame(type=["point", None], status=["active", "closed"])
    before = given_frame.copy(deep=True)
    once = stations.conform(given_frame)
    assert_geodataframe_equal(given_frame, before)
    assert_geodataframe_equal(stations.conform(once), once)


def test_it_survives_a_file(tmp_path):
    made = stations.conform(frame(type=["point", None], geometry=[HERE, None]))
    made.to_parquet(tmp_path / "stations.parquet")
    back = gpd.read_parquet(tmp_path / "stations.parquet")
    assert_geodataframe_equal(back, made)


def test_a_table_without_places_is_all_to_be_located():
    made = stations.conform(pd.DataFrame({"station_id": ["1", "2"], "type": "point"}))
    assert made.geometry.isna().all()
    assert made.crs.to_epsg() == 4326


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"station_id": ["a", "a"]}, "station_id a stands twice"),
        ({"station_id": ["a", None]}, "row 1 of the stations has no station_id"),
        ({"station_id": ["a", " "]}, "row 1 of the stations has no station_id"),
        ({"status": ["active", "open?"]}, "station S1: unknown status open?"),
        ({"status": ["active", "Active"]}, "unknown status Active"),
        ({"demonstration": ["是", "也许"]}, "demonstration is 也许"),
        ({"geometry": [HERE, shapely.Point()]}, "station S1: its place POINT EMPTY"),
        ({"geometry": [HERE, shapely.Point(np.nan, 29)]}, "station S1"),
        ({"geometry": [HERE, shapely.Point(np.inf, 29)]}, "station S1"),
        ({"geometry": [HERE, shapely.Point(28.9, 118.8)]}, "POINT \\(28.9 118.8\\)"),
        ({"geometry": [HERE, shapely.MultiPoint([(1, 1), (2, 2)])]}, "MULTIPOINT"),
        ({"geometry": [HERE, shapely.LineString([(1, 1), (2, 2)])]}, "LINESTRING"),
    ],
)
def test_what_no_station_can_be_is_refused(columns, said):
    with pytest.raises(InputError, match=said):
        stations.conform(frame(**columns))


def test_a_frame_without_ids_is_refused():
    with pytest.raises(InputError, match="has no station_id"):
        stations.conform(pd.DataFrame({"name": ["a"]}))


def test_a_place_at_the_rim_of_the_world_is_a_place():
    rim = [shapely.Point(180, 90), shapely.Point(-180, -90)]
    assert stations.conform(frame(geometry=rim, name=["a", "b"])).geometry.tolist() == rim
    with pytest.raises(InputError, match="not one point"):
        stations.conform(frame(geometry=[shapely.Point(180.00000001, 0)], name=["a"]))


def test_the_reference_system_must_be_said_and_be_wgs84():
    with pytest.raises(CrsError, match="no reference system"):
        stations.conform(frame(name=["a"]).set_crs(None, allow_override=True))
    with pytest.raises(CrsError, match="convert it to EPSG:4326"):
        stations.conform(frame(name=["a"]).to_crs(4549))


def test_only_active_placed_stations_of_a_counting_type_count():
    made = stations.conform(
        frame(
            type=["point", "post", "point", "point", "point", "point", None],
            status=["active", "active", "planned", "suspended", "closed", "active", "active"],
            geometry=[HERE, HERE, HERE, HERE, HERE, None, HERE],
        )
    )
    count = stations.counting(made, types=["point"])
    assert count.dtype == bool
    assert count.tolist() == [True, False, False, False, False, False, False]
    assert stations.counting(made, types=["point"], with_planned=True).tolist()[:3] == [
        True,
        False,
        True,
    ]
    assert stations.counting(made, types={"point", "post"}).tolist()[:2] == [True, True]
    assert not stations.counting(made, types=[]).any()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("正常运行", "active"),
        ("拟建", "planned"),
        ("暂停开放", "suspended"),
        ("已撤销", "closed"),
        (" Closed ", "closed"),
        ("active", "active"),
        ("In operation", "active"),
        ("不详", None),
        ("", None),
        (None, None),
        (np.nan, None),
    ],
)
def test_the_words_of_an_office_for_statuses(said, status):
    assert stations.read_statuses([said]).tolist() == [status]


def test_every_status_and_supply_reads_its_own_labels():
    for name, label in stations.STATUSES.items():
        words = [name, label, render(label, {}, lang="zh")]
        assert stations.read_statuses(words).tolist() == [name] * 3
    for name, label in stations.SUPPLIES.items():
        words = [name, render(label, {}, lang="zh")]
        assert stations.read_supplies(words).tolist() == [name] * 2


@pytest.mark.parametrize(
    ("said", "supplies"),
    [
        (
            "一把雨伞、一个充电点、一个生活百宝箱、一个急救药箱、一个免费饮水点",
            list(stations.SUPPLIES),
        ),
        ("饮水；雨伞", ["umbrella", "water"]),
        ("umbrella;charging", ["umbrella", "charging"]),
        ("手机充电 打印机,打印机", ["charging", "打印机"]),
        ("", None),
        (None, None),
        ("、；", None),
    ],
)
def test_supplies_of_free_text(said, supplies):
    found = stations.read_supplies([said])[0]
    assert found == (None if supplies is None else ";".join(supplies))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.none(), st.text(max_size=8), st.integers(), st.floats()), max_size=6))
def test_any_text_conforms_and_conforming_twice_changes_nothing(words):
    said = pd.Series(words, dtype="object")
    columns = dict.fromkeys(["name", "type", "address", "supplies"], said)
    made = stations.conform(frame(geometry=[HERE] * len(words), **columns))
    for value, kept in zip(words, made["name"], strict=True):
        whole = isinstance(value, float) and value.is_integer()
        text = "" if value is None or value != value else str(int(value) if whole else value)
        text = text.strip()
        assert (kept == text) if text else pd.isna(kept)
    assert_geodataframe_equal(stations.conform(made), made)
