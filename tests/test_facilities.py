"""Facilities: points and outlines of one are one, and what is two stays two."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate
from small_city import LAT, LON, make, table

from stationmap import facilities

CRS = pyproj.CRS(32650)
EAST, NORTH = 682_000.0, 3_204_000.0


def point(x, y=0.0):
    return shapely.Point(EAST + x, NORTH + y)


def box(x, y=0.0, *, side=100.0):
    return shapely.box(EAST + x, NORTH + y, EAST + x + side, NORTH + y + side)


def frame(*rows):
    """Rows of (name, category, geometry in metres, and maybe a source); ids by number."""
    columns = {
        "id": [f"F{k}" for k in range(len(rows))],
        "name": np.array([row[0] for row in rows], dtype=object),
        "category": np.array([row[1] for row in rows], dtype=object),
        "source": [row[3] if len(row) > 3 else "osm" for row in rows],
    }
    shapes = gpd.GeoSeries([row[2] for row in rows], crs=CRS)
    return gpd.GeoDataFrame(columns, geometry=shapes).to_crs("EPSG:4326")


def merged(*rows):
    found = facilities.merge(frame(*rows), crs=CRS)
    names = found["name"].where(found["name"].notna(), None)
    return list(zip(found["id"], names, strict=True))


def test_an_outline_its_gate_and_its_name_are_one_hospital():
    found = facilities.merge(
        frame(
            ("人民医院", "hospital", point(50, 50), "便民"),
            (None, "hospital", point(50, 0)),
            ("人民医院", "hospital", box(0)),
            ("衢州市人民医院", "hospital", point(10, 10), "amap"),
        ),
        crs=CRS,
    )
    assert found[["id", "name", "source"]].values.tolist() == [["F2", "衢州市人民医院", "osm"]]
    assert found.to_crs(CRS).geometry.iloc[0].equals_exact(box(0), tolerance=1e-3)
    assert found.crs == "EPSG:4326"


@pytest.mark.parametrize(("x", "count"), [(129.999, 1), (130.001, 2), (-29.999, 1), (-30.001, 2)])
def test_a_point_is_near_an_outline_up_to_30_m(x, count):
    assert len(merged(("人民医院", "hospital", box(0)), (None, "hospital", point(x, 50)))) == count


@pytest.mark.parametrize(("x", "count"), [(49.999, 1), (50.001, 2)])
def test_points_of_one_name_are_one_up_to_50_m_also_across_sources(x, count):
    rows = [("邮政局", "post", point(0), "amap"), ("衢州市 邮政局", "post", point(x), "osm")]
    assert len(merged(*rows)) == count


@pytest.mark.parametrize(
    "rows",
    [
        # two branches of one bank, 40 m apart
        [
            ("中国银行(新华路支行)", "bank", point(0)),
            ("中国银行（中山路支行）", "bank", point(40)),
        ],
        # a clinic in a hospital
        [("人民医院", "hospital", box(0)), ("人民医院", "clinic", point(50, 50))],
        # two without a name
        [(None, "toilet", point(0)), (None, "toilet", point(10))],
        # neighbours that touch
        [("柯城公园", "park", box(0)), ("衢江公园", "park", box(100))],
        # a part of a name between points says nothing
        [("银行", "bank", point(0)), ("农业银行", "bank", point(10))],
        # two towns' offices of one name
        [("派出所", "police", point(0)), ("派出所", "police", point(500))],
        # nobody says what they are
        [("甲", None, point(0)), ("甲", None, point(0))],
        # nothing to compare
        [("甲", "park", None), ("甲", "park", shapely.Point())],
        # a shop in a park, of the park's name
        [("儿童公园", "park", box(0)), ("儿童公园", "toilet", point(50, 50))],
    ],
    ids=lambda rows: f"{rows[0][0]}-{rows[0][1]}",
)
def test_what_is_two_stays_two(rows):
    assert len(merged(*rows)) == 2


def test_a_bank_without_its_branch_goes_to_the_nearest_only():
    outline = ("中国银行", "bank", box(0, side=10))
    near = ("中国银行新华路支行", "bank", point(-5, 5))
    far = ("中国银行中山路支行", "bank", point(30, 5))
    assert merged(outline, far, near) == [
        ("F0", "中国银行新华路支行"),
        ("F1", "中国银行中山路支行"),
    ]


def test_a_branch_inside_keeps_the_one_outside_apart():
    outline = ("中国银行", "bank", box(0, side=10))
    inside = ("中国银行新华路支行", "bank", point(5, 5))
    outside = ("中国银行中山路支行", "bank", point(12, 5))
    assert merged(outside, inside, outline) == [
        ("F0", "中国银行中山路支行"),
        ("F2", "中国银行新华路支行"),
    ]


def test_departments_inside_a_hospital_are_the_hospital_under_its_own_name():
    rows = [
        ("人民医院", "hospital", box(0)),
        ("人民医院急诊科", "hospital", point(10, 10)),
        ("人民医院体检中心", "hospital", point(90, 90)),
    ]
    assert merged(*rows) == [("F0", "人民医院")]


def test_an_unnamed_point_between_two_outlines_does_not_join_them():
    rows = [
        (None, "park", box(0)),
        (None, "park", box(140)),
        (None, "park", point(121, 50)),
    ]
    assert [i for i, _ in merged(*rows)] == ["F0", "F1"]


def test_outlines_of_one_name_that_touch_or_nest_are_one_with_the_area_of_both():
    rows = [("府山公园", "park", box(100, side=50)), ("府山公园", "park", box(0))]
    found = facilities.merge(frame(*rows), crs=CRS)
    assert found["id"].tolist() == ["F1"]
    assert found.to_crs(CRS).area.iloc[0] == pytest.approx(12_500, rel=1e-6)
    nested = facilities.merge(frame(rows[1], ("府山公园", "park", box(10, 10, side=20))), crs=CRS)
    assert nested.to_crs(CRS).area.tolist() == [pytest.approx(10_000, rel=1e-6)]
    apart = [("府山公园", "park", box(0)), ("府山公园", "park", box(101.5))]
    assert len(merged(*apart)) == 2


def test_a_building_without_a_name_on_the_grounds_is_part_of_them():
    rows = [(None, "school", box(10, 10, side=20)), ("实验小学", "school", box(0))]
    assert merged(*rows) == [("F1", "实验小学")]
    assert len(merged((None, "school", box(90, side=20)), ("实验小学", "school", box(0)))) == 2


def test_outlines_that_cross_themselves_are_compared_and_kept_as_they_are():
    bow = shapely.Polygon(
        [(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 100, NORTH), (EAST, NORTH + 100)]
    )
    found = facilities.merge(
        frame(("人民医院", "hospital", bow), ("人民医院", "hospital", point(80, 50))), crs=CRS
    )
    assert found["id"].tolist() == ["F0"]
    assert not found.geometry.is_valid.iloc[0]


def test_rows_keep_their_order_and_further_columns():
    given = frame(("乙", "park", point(0)), ("甲", "park", point(500)), ("乙", "park", point(1)))
    given["adcode"] = ["330802", "330803", None]
    found = facilities.merge(given, crs=CRS)
    assert found["adcode"].tolist() == ["330802", "330803"]
    assert list(found.index) == [0, 1]
    assert facilities.merge(given[:0], crs=CRS).empty


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("衢州市人民医院", "人民医院"),
        ("浙江省衢州市柯城区 人民医院", "人民医院"),
        ("ＡＢＣ（东区）", "abc东区"),
        ("常山县图书馆", "图书馆"),
        ("达拉特旗图书馆", "图书馆"),
        ("红旗小学", "红旗小学"),
        ("市民广场", "市民广场"),
        ("城市书房", "城市书房"),
        ("府山社区服务中心", "府山社区服务中心"),
        ("华润超市新华店", "华润超市新华店"),
        ("人民医院东院区", "人民医院东院区"),
        ("衢州市", "衢州市"),
        (None, ""),
        (float("nan"), ""),
        ("（）", ""),
    ],
)
def test_names_are_compared_without_place_brackets_and_widths(name, key):
    assert facilities.name_key(name) == key


NAMES = st.sampled_from([None, "医院", "人民医院", "人民医院东院", "市人民医院", "中医院"])
ROWS = st.lists(
    st.tuples(
        NAMES,
        st.sampled_from(["hospital", "clinic", None]),
        st.tuples(st.integers(0, 30), st.integers(0, 6), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=14,
)


def drawn(place):
    x, y, kind = place
    return point(x * 10, y * 10) if kind < 2 else box(x * 10, y * 10, side=kind * 20)


@settings(deadline=None, max_examples=60)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, random):
    given_rows = frame(*[(name, category, drawn(place)) for name, category, place in rows])
    shuffled = given_rows.sample(frac=1, random_state=random.randrange(1000))
    one = facilities.merge(given_rows, crs=CRS).sort_values("id")
    other = facilities.merge(shuffled, crs=CRS).sort_values("id")
    assert one["id"].tolist() == other["id"].tolist()
    assert one["name"].fillna("").tolist() == other["name"].fillna("").tolist()
    assert all(one.geometry.to_numpy() == other.geometry.to_numpy())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), NAMES), min_size=1, max_size=20))
def test_points_are_grouped_as_a_walk_from_one_to_the_next_finds(places):
    rows = [(name, "hospital", point(x * 15, y * 15)) for x, y, name in places]
    keys = [facilities.name_key(name) for _, _, name in places]
    left, groups = set(range(len(rows))), 0
    while left:
        groups += 1
        walk = [left.pop()]
        while walk:
            one = walk.pop()
            near = {
                k
                for k in left
                if keys[k] == keys[one] != "" and rows[k][2].distance(rows[one][2]) <= 50
            }
            left -= near
            walk += near
    assert len(facilities.merge(frame(*rows), crs=CRS)) == groups


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_merging_again_changes_nothing_that_has_one_name(rows):
    named = [("人民医院", c, drawn(place)) for _, c, place in rows]
    once = facilities.merge(frame(*named), crs=CRS)
    assert facilities.merge(once, crs=CRS)["id"].tolist() == once["id"].tolist()


def test_turned_outlines_are_measured_to_their_edge():
    slanted = rotate(box(0), 45)  # its corner reaches 20.7 m beyond the square
    rows = [("人民医院", "hospital", slanted), (None, "hospital", point(150, 50))]
    assert len(merged(*rows)) == 1


def test_what_has_no_category_is_counted_by_source_and_word():
    table = pd.DataFrame(
        {
            "source": ["osm", "osm", "osm", "便民", "osm", "osm"],
            "category": [None, None, "park", None, None, None],
            "tags": ["office=ngo", "office=ngo", "leisure=park", "其他", None, "amenity=bench"],
        }
    )
    found = facilities.without_category(table)
    assert found.values.tolist() == [
        ["osm", "office=ngo", 2],
        ["osm", "amenity=bench", 1],
        ["osm", None, 1],
        ["便民", "其他", 1],
    ]
    assert found["count"].sum() == table["category"].isna().sum()
    assert facilities.without_category(table[:0]).empty


def test_a_real_city_has_fewer_facilities_than_rows(shared):
    from stationmap.io import osm

    given_rows = osm.read(shared("osm-nanjing-downtown/nanjing_downtown.osm.pbf")).facilities
    found = facilities.merge(given_rows, crs=pyproj.CRS(32650))
    lost = given_rows[~given_rows["id"].isin(found["id"])]
    assert 0 < len(lost) < 0.1 * len(given_rows)
    # what is gone has a namesake, or the outline it lay in, of its category
    assert set(lost["category"]) <= set(found["category"])
    assert found["category"].isna().sum() == given_rows["category"].isna().sum()


def test_an_import_says_which_words_it_has_no_category_for(tmp_path):
    city = make(tmp_path, stations=False)
    rows = [
        {"名称": f"处{k}", "类别": word, "经度": LON + k / 1000, "纬度": LAT}
        for k, word in enumerate(["医院", "凉亭", "凉亭", "公厕", None])
    ]
    report = city.import_file("facilities", table(tmp_path / "f.csv", rows), datum="wgs84")
    notes = [note.render("en") for note in report.notes if "no category" in note.template]
    assert notes == [
        (
            "3 of 5 facilities map to no category that a standard could name; they are kept, and "
            "no rule counts them: 凉亭 (2), – (1)"
        )
    ]
    assert city.layer("facilities")["category"].isna().sum() == 3


def test_a_list_geocoded_to_one_place_is_no_burden():
    rows = frame(*[("人民医院", "hospital", point(0))] * 2, ("中医院", "hospital", point(0)))
    many = pd.concat([rows] * 5_000, ignore_index=True)
    many["id"] = [f"F{k:05d}" for k in range(len(many))]
    assert facilities.merge(many, crs=CRS)["id"].tolist() == ["F00000", "F00002"]
