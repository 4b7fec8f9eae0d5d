"""Where people live: columns in Chinese, groups, rows that only name their community."""

import shutil

import geopandas as gpd
import pytest
import shapely
import small_city
from small_city import LAT, LON, table

from stationmap.city import City
from stationmap.errors import InputError

D = 0.001


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    city = small_city.make(folder, stations=False)
    shapes = [shapely.box(LON + k * D, LAT, LON + (k + 1) * D, LAT + D) for k in range(3)]
    columns = {
        "社区编号": ["C1", "C2", "C3"],
        "社区名称": ["和平社区", "东门社区", "和平社区"],
        "行政区划代码": ["330802", "330802", "330803"],
        "城乡类别": ["城市社区"] * 3,
    }
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(folder / "communities.gpkg")
    city.import_file("communities", folder / "communities.gpkg")
    return city


@pytest.fixture
def town(made, tmp_path):
    return City.open(shutil.copytree(made.path, tmp_path / "town"))


def bring(town, path, rows, **options):
    return town.import_file("demand", table(path, rows), datum="wgs84", **options)


def refused(report):
    return [entry.refusal.sentences()[0].render("en") for entry in report.entries]


def said(report):
    return [warning.render("en") for warning in report.warnings]


def test_chinese_columns_are_people_and_groups(town, tmp_path):
    row = {"网格编号": "W1", "网格名称": "一网格", "常住人口": "1,200", "空巢老人": 80}
    row |= {"留守儿童": 3, "农民工": "", "残疾人数": 9, "经度": LON, "纬度": LAT}
    report = bring(town, tmp_path / "d.csv", [row])
    assert (report.counts.read, report.counts.accepted) == (1, 1)
    frame = town.now().demand()
    groups = ["people", "empty_nest", "left_behind", "disabled"]
    assert frame[groups].iloc[0].tolist() == [1200, 80, 3, 9]
    assert frame["migrants"].isna().all()
    assert frame["located_by"].tolist() == ["coordinates"]
    assert bring(town, tmp_path / "d.csv", [row]).counts.unchanged == 1


def test_a_row_without_coordinates_stands_in_its_community(town, tmp_path):
    rows = [
        {"社区": "东门社区", "人数": 10},
        {"社区": "和平社区", "人数": 20, "行政区划代码": "330803"},
        {"社区": "C1", "人数": 30},
        {"社区": "和平社区", "人数": 40},
        {"社区": "西门社区", "人数": 50},
        {"社区": "东门社区", "人数": 60, "经度": LON, "纬度": LAT},
    ]
    report = bring(town, tmp_path / "d.csv", rows)
    message = "the row has no coordinates, and no community with an outline is called "
    assert refused(report) == [message + "和平社区", message + "西门社区"]
    assert report.counts.to_locate == 0
    assert any("3 rows have no coordinates" in warning for warning in said(report))
    frame = town.now().demand().set_index("people")
    assert frame["located_by"].to_dict() == {
        10: "community",
        20: "community",
        30: "community",
        60: "coordinates",
    }
    zones = town.now().zones().set_index("id")
    for people, zone in ((10, "C2"), (20, "C3"), (30, "C1")):
        assert zones.geometry[zone].contains(frame.geometry[people])


def test_numbers_that_cannot_be_are_refused_with_their_reason(town, tmp_path):
    place = {"经度": LON, "纬度": LAT}
    rows = [
        {"编号": "a", "人口": "", **place},
        {"编号": "b", "人口": -5, **place},
        {"编号": "c", "人口": "许多", **place},
        {"编号": "d", "人口": 10, "空巢老人": 11, **place},
        {"编号": "e", "人口": 10, "残疾人": -1, **place},
        {"编号": "f", "人口": 10, "残疾人": 10, **place},
        {"编号": "f", "人口": 12, **place},
    ]
    report = bring(town, tmp_path / "d.csv", rows)
    assert refused(report) == [
        "the row does not say how many people live there",
        "人口: -5 is negative",
        "人口: 许多 is not a number",
        "空巢老人: 11 is more than all 10 people of the row",
        "残疾人: -1 is negative",
        "the id f stands already in row 7",
    ]
    assert report.counts.accepted == 1


def test_people_of_two_lists_are_told_to_count_twice(town, tmp_path):
    row = {"编号": "a", "人口": 10, "经度": LON, "纬度": LAT}
    bring(town, tmp_path / "one.csv", [row])
    report = bring(town, tmp_path / "two.csv", [row])
    assert any(w.startswith("the city has people of one beside those of two") for w in said(report))
    assert town.now().demand()["id"].tolist() == ["one-a", "two-a"]


def test_people_cannot_be_declared_complete(town, tmp_path):
    row = {"编号": "a", "人口": 10, "经度": LON, "纬度": LAT}
    with pytest.raises(InputError, match="cannot be declared complete"):
        bring(town, tmp_path / "one.csv", [row], complete=True)
