"""Zones: communities, sub-districts, compounds, civilised units, the built-up area."""

import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import small_city
from small_city import LAT, LON, table

from stationmap.city import City, layers, zones
from stationmap.errors import InputError

D = 0.002


def box(number, *, step=D):
    west = LON + number * step
    return shapely.box(west, LAT - D, west + step, LAT + D)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_city.make(tmp_path_factory.mktemp("made"), stations=False)


@pytest.fixture
def town(made, tmp_path):
    return City.open(shutil.copytree(made.path, tmp_path / "town"))


def outlines(path, crs=4326, **columns):
    count = len(next(iter(columns.values())))
    frame = gpd.GeoDataFrame(columns, geometry=[box(k) for k in range(count)], crs=4326)
    path.unlink(missing_ok=True)
    frame.to_crs(crs).to_file(path)
    return path


def counted(report):
    counts = report.counts
    assert counts.read == counts.accepted + counts.quarantined
    return counts.read, counts.accepted, counts.quarantined


def said(report):
    return [warning.render("en") for warning in report.warnings]


def urban(town):
    frame = town.layer("zones")
    return dict(zip(frame["name"], frame["urban"], strict=True))


# --------------------------------------------------------------------- urban or rural


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["城市社区", "农村社区", None], [True, False, None]),
        (["urban", "Rural"], [True, False]),
        (["城 镇", "乡村"], [True, False]),
        (["111", "112", "121", "122", "123", "210", "220"], [True] * 5 + [False] * 2),
        (["居委会", "村民委员会"], [True, False]),
        (["社区", "村"], [True, False]),  # told from one another
        (["社区", "社区"], [None, None]),  # a word for all tells nothing
        (["新华社区", "李家村", "330802001001", "13", "其他"], [None] * 5),
    ],
)
def test_what_a_column_says_of_communities(words, found):
    read = zones.is_urban(pd.Series(words, dtype="object"))
    assert [None if v is None else bool(v) for v in read] == found


@pytest.mark.parametrize(
    "heading", ["类别", "城乡属性", "城乡分类代码", "城乡类别", "residential", "类型"]
)
def test_the_column_may_be_called_as_offices_call_it(town, tmp_path, heading):
    words = ["111", "220"] if "代码" in heading else ["城市社区", "农村社区"]
    file = outlines(tmp_path / "社区.gpkg", 社区名称=["甲", "乙"], **{heading: words})
    report = town.import_file("communities", file)
    assert urban(town) == {"甲": True, "乙": False}
    assert not said(report)


def test_a_name_does_not_say_whether_it_is_urban(town, tmp_path):
    file = outlines(tmp_path / "社区.gpkg", 社区名称=["甲社区", "乙村"])
    report = town.import_file("communities", file)
    assert urban(town) == {"甲社区": None, "乙村": None}
    assert said(report) == [
        "whether 2 communities are urban or rural is unknown: no column says it"
    ]


# --------------------------------------------------------------------- imports


@pytest.mark.parametrize(
    ("kind", "zone"),
    [
        ("built-up", "built_up"),
        ("communities", "community"),
        ("subdistricts", "subdistrict"),
        ("compounds", "compound"),
        ("civilised-units", "civilised_unit"),
    ],
)
def test_outlines_of_every_kind_are_kept_and_declared(town, tmp_path, kind, zone):
    file = outlines(tmp_path / "outlines.gpkg", crs=4527, name=["甲", "乙"])
    report = town.import_file(kind, file, complete=True)
    assert counted(report) == (2, 2, 0)
    frame = town.layer("zones")
    assert list(frame.columns) == [*layers.ATLAS["zones"], "geometry"]
    assert frame.crs.to_epsg() == 4326
    assert set(frame["kind"]) == {zone}
    assert frame["name"].tolist() == ["甲", "乙"]
    assert shapely.area(shapely.symmetric_difference(frame.geometry[1], box(1))) < 1e-12
    assert town.complete(zone) == {"*"}
    version = town.version
    assert not town.import_file(kind, file, complete=True).written
    assert town.version == version
    town.import_file(kind, file)
    assert town.complete(zone) == set()


def test_kinds_of_one_file_stand_beside_one_another(town, tmp_path):
    file = outlines(tmp_path / "zones.gpkg", id=["1", "2"], name=["甲", "乙"])
    town.import_file("communities", file, complete=True)
    town.import_file("compounds", file)
    frame = town.layer("zones")
    assert frame.groupby("kind").size().to_dict() == {"community": 2, "compound": 2}
    assert frame["id"].tolist() == ["1", "2", "zones-1", "zones-2"]
    assert town.complete("community") == {"*"}
    assert not town.import_file("communities", file, complete=True).written
    again = town.import_file("compounds", file)
    assert (again.written, again.removed) == (False, 0)
    fewer = outlines(tmp_path / "zones.gpkg", id=["2"], name=["乙"])
    report = town.import_file("communities", fewer)
    assert report.removed == 1
    assert town.layer("zones").groupby("kind").size().to_dict() == {"community": 1, "compound": 2}


def test_an_outline_is_wanted_of_the_built_up_area(town, tmp_path):
    rows = [{"名称": "城区", "经度": LON, "纬度": LAT}]
    with pytest.raises(InputError, match="without lines or areas"):
        town.import_file("built-up", table(tmp_path / "b.csv", rows), datum="wgs84")
    points = gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.Point(LON, LAT)], crs=4326)
    points.to_file(tmp_path / "p.gpkg")
    for kind in ("built-up", "communities"):
        with pytest.raises(InputError, match="the geometry is Point, not an area"):
            town.import_file(kind, tmp_path / "p.gpkg")


def test_compounds_may_be_points_but_stand_somewhere(town, tmp_path):
    rows = [{"小区名称": "阳光苑", "经度": LON, "纬度": LAT}, {"小区名称": "无处"}]
    report = town.import_file("compounds", table(tmp_path / "c.csv", rows), datum="wgs84")
    assert counted(report) == (2, 1, 1)
    assert [e.refusal.reason for e in report.entries] == ["the row has no place"]
    assert town.layer("zones")["name"].tolist() == ["阳光苑"]


def test_civilised_units_without_a_place_are_kept(town, tmp_path):
    rows = [
        {"单位名称": "市图书馆", "经度": LON, "纬度": LAT},
        {"单位名称": "市委办"},
        {"单位名称": "", "统一社会信用代码": ""},
        {"单位名称": "合计"},
    ]
    rows[2]["备注"] = "x"
    report = town.import_file("civilised-units", table(tmp_path / "u.csv", rows), datum="wgs84")
    assert counted(report) == (4, 2, 2)
    assert report.counts.to_locate == 1
    frame = town.layer("zones")
    assert frame.geometry.isna().tolist() == [False, True]
    assert town.now().zones()["name"].tolist() == ["市图书馆", "市委办"]


def test_a_list_without_coordinates_needs_no_datum(town, tmp_path):
    report = town.import_file("civilised-units", table(tmp_path / "u.csv", [{"单位名称": "甲"}]))
    assert (report.datum, report.counts.accepted) == (None, 1)
    rows = [{"社区名称": "甲社区", "城乡类别": "城市社区"}]
    report = town.import_file("communities", table(tmp_path / "c.csv", rows))
    assert said(report) == ["1 rows have no outline: which stations lie in them cannot be told"]
    assert urban(town)["甲社区"] is True


def test_zones_say_in_which_district_they_lie(town, tmp_path):
    districts = outlines(
        tmp_path / "d.gpkg", name=["柯城区", "衢江区"], adcode=["330802", "330803"], level=[6, 6]
    )
    town.import_file("districts", districts)
    rows = [{"单位名称": "甲", "县（市、区）": "衢江区"}, {"单位名称": "乙", "区划代码": "330802"}]
    town.import_file("civilised-units", table(tmp_path / "u.csv", rows))
    assert town.now().zones()["adcode"].tolist() == ["330803", "330802"]
    town.import_file("compounds", outlines(tmp_path / "c.gpkg", name=["子", "丑"]))
    found = town.now().zones().set_index("name")["adcode"]
    assert found[["子", "丑"]].tolist() == ["330802", "330803"]


# --------------------------------------------------------------------- of the districts


def districts(town, path, **columns):
    town.import_file("districts", outlines(path, **columns))


def test_communities_and_subdistricts_among_the_districts_are_zones(town, tmp_path):
    districts(
        town,
        tmp_path / "d.gpkg",
        name=["柯城区", "府山街道", "甲社区", "乙村"],
        adcode=["330802", "330802001", "330802001001", "330802001200"],
        level=["区县", "街道", "社区", "10"],
        residential=[None, None, "urban", "rural"],
    )
    found = town.now().zones()
    assert found["kind"].tolist() == ["subdistrict", "community", "community"]
    assert found["id"].tolist() == ["330802001", "330802001001", "330802001200"]
    assert found["urban"].tolist() == [None, True, False]
    assert list(town.layer("districts").columns) == [
        "adcode", "name", "level", "population", "geometry"
    ]  # fmt: skip


def test_imported_zones_come_before_districts_of_the_same_code_or_name(town, tmp_path):
    districts(
        town,
        tmp_path / "d.gpkg",
        name=["甲社区", "乙社区", "丙社区", "丁社区"],
        adcode=["330802001001", "330802001002", "330802001003", "330802001004"],
        level=[10, 10, 10, 10],
    )
    file = outlines(
        tmp_path / "c.gpkg",
        社区名称=["甲社区", "又名", "丁社区"],
        区划代码=[None, "330802001002", None],
        城乡类别=["城市社区"] * 3,
    )
    town.import_file("communities", file)
    found = town.now().zones()
    # the third outline lies at 丙, so 丁 of the districts is another 丁
    assert found["name"].tolist() == ["甲社区", "又名", "丁社区", "丙社区", "丁社区"]
    assert found["urban"].tolist() == [True, True, True, None, None]


def test_a_list_of_names_comes_before_districts_of_the_same_name(town, tmp_path):
    districts(town, tmp_path / "d.gpkg", name=["甲社区"], adcode=["330802001001"], level=[10])
    town.import_file("communities", table(tmp_path / "c.csv", [{"社区名称": "甲社区"}]))
    assert len(town.now().zones()) == 1


def test_complete_districts_declare_the_levels_that_they_have(town, tmp_path):
    file = outlines(tmp_path / "d.gpkg", name=["甲", "乙"], adcode=["1", "2"], level=[6, 10])
    town.import_file("districts", file, complete=True)
    assert town.complete("community") == {"*"}
    assert town.complete("subdistrict") == set()
    file = outlines(tmp_path / "c.gpkg", name=["甲"], adcode=["1"], level=[6])
    with pytest.raises(InputError, match="districts cannot be declared complete"):
        town.import_file("districts", file, complete=True)


def test_streets_are_declared_by_their_own_name(town, tmp_path):
    line = shapely.LineString([(LON, LAT + 0.01), (LON + 0.01, LAT + 0.01)])
    frame = gpd.GeoDataFrame({"name": ["新路"], "highway": ["primary"]}, geometry=[line], crs=4326)
    frame.to_file(tmp_path / "s.gpkg")
    town.import_file("streets", tmp_path / "s.gpkg", complete=True)
    assert town.complete("streets") == {"*"}
