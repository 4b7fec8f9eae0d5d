"""Words of data sources mean what their tables say; what maps to nothing stays empty."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.standards import tables


def one(lookup, word):
    return lookup([word])[0]


# ---------------------------------------------------------------------------- the tables themselves


def test_every_category_has_two_names_and_a_way_to_be_found():
    ids = [entry["id"] for entry in tables._table("categories")["category"]]
    assert len(ids) == len(set(ids)) == len(tables.categories())
    for entry in tables._table("categories")["category"]:
        known = {"id", "name", "osm", "amap", "words", "machine", "names", "over"}
        assert set(entry) <= known, entry["id"]
        assert set(entry["name"]) == {"zh", "en"}
        assert entry.get("osm") or entry.get("words")
        assert re.fullmatch("[a-z_]+", entry["id"])


def test_no_word_means_two_things():
    said = {}
    for entry in tables._table("categories")["category"]:
        for kind in ("amap", "words", "machine", "osm", "names"):
            for word in entry.get(kind, ()):
                assert said.setdefault((kind, word), entry["id"]) == entry["id"], word
                assert (kind, word) not in {
                    (k, w)
                    for k in ("amap", "words")
                    for w in tables._table("categories")["ignored"][k]
                }
    words = [word for group in tables._table("roads")["words"].values() for word in group]
    assert len(words) == len(set(words))


def test_every_category_is_found_by_its_own_id_name_and_words():
    for entry in tables._table("categories")["category"]:
        for word in [entry["id"], *entry["name"].values(), *entry.get("words", ())]:
            assert one(tables.category_of_text, word) == entry["id"], word
        for prefix in entry.get("amap", ()):
            assert one(tables.category_of_text, prefix) == entry["id"], prefix
        for word in entry.get("machine", ()):
            assert one(tables.category_of_text, word) == entry["id"], word


# places of Q-T1 to Q-T5, CZ-T and OR-T, as the requirements name them
PLACES = (
    "志愿者工作指导中心",
    "公园",
    "广场",
    "景区",
    "路口岗亭",
    "医院",
    "政务大厅",
    "出境口岸",
    "出入境办证大厅",
    "图书馆",
    "儒学馆",
    "文化馆",
    "博物馆",
    "纪念馆",
    "青少年宫",
    "爱国主义教育基地",
    "青少年课外活动中心",
    "工人文化宫",
    "老年大学",
    "孔庙",
    "机场",
    "火车站",
    "高铁站",
    "汽车站",
    "影剧院",
    "法院",
    "社区",
    "城市社区",
    "新时代文明实践中心",
    "新时代文明实践所",
    "新时代文明实践站",
    "政务中心",
    "宾馆",
    "饭店",
    "大型商场",
    "超市",
    "银行网点",
    "邮政营业厅",
    "移动营业厅",
    "电信营业厅",
    "联通营业厅",
    "美术馆",
    "规划馆",
    "科技馆",
    "少年宫",
    "青少年活动中心",
    "供电营业厅",
    "燃气营业厅",
    "民政局",
    "社保中心",
)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_that_the_documents_name_has_a_category(place):
    assert one(tables.category_of_text, place) is not None


# ---------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("医疗保健服务;综合医院;三级甲等医院", "hospital"),
        ("医疗保健服务;综合医院;卫生院", "clinic"),
        ("医疗保健服务;专科医院;整形美容", None),
        ("医疗保健服务;专科医院;整形美容|医疗保健服务;诊所;诊所", "clinic"),
        ("医疗保健服务;动物医疗场所;宠物诊所", None),
        ("风景名胜;公园广场;城市广场", "square"),
        ("风景名胜;公园广场;公园", "park"),
        ("风景名胜;风景名胜;国家级景点", "scenic"),
        ("政府机构及社会团体;公检法机构;法院", "court"),
        ("餐饮服务;糕饼店;糕饼店", None),
        ("综合医院", "hospital"),
        ("县级综合医院", "hospital"),
        (" 村卫生室 ", "clinic"),
        ("“城市书房”", "reading_room"),
        ("动物医院", None),
        ("医院停车场", None),
        ("gov_service", "government_hall"),
        ("COURT", "court"),
        ("tennis court", None),
        ("399.0", None),
        (399.0, None),
        ("", None),
        (None, None),
        (np.nan, None),
    ],
)
def test_category_words_of_many_sources(text, category):
    assert one(tables.category_of_text, text) == category


@pytest.mark.parametrize(
    ("text", "highway"),
    [
        ("高速公路", "motorway"),
        ("快速路", "trunk"),
        ("城市快速路", "trunk"),
        ("主干路", "primary"),
        ("城市主干道", "primary"),
        ("次干路", "secondary"),
        ("次干道", "secondary"),
        ("支路", "tertiary"),
        ("商业步行街", "pedestrian"),
        ("人行道", "footway"),
        ("primary", "primary"),
        (" Secondary_Link ", "secondary_link"),
        ("一级公路", None),
        ("未知", None),
        ("not primary", None),
        (1, None),
        (None, None),
    ],
)
def test_road_classes_of_survey_layers(text, highway):
    assert one(tables.road_highway, text) == highway


@settings(deadline=None, max_examples=100)
@given(st.lists(st.one_of(st.none(), st.text(max_size=6), st.integers(), st.floats()), max_size=8))
def test_lookups_answer_each_row_alone_and_never_fail(words):
    for lookup in (tables.category_of_text, tables.road_highway):
        found = lookup(pd.Series(words, dtype=object))
        assert len(found) == len(words)
        assert list(found) == [one(lookup, word) for word in words]
        assert all(f is None or isinstance(f, str) for f in found)


# ---------------------------------------------------------------------------- shops


@pytest.mark.parametrize(
    ("shop", "amenity", "kind"),
    [
        ("convenience", None, "convenience"),
        ("yes", None, "yes"),
        ("no", None, None),
        ("vacant", None, None),
        ("vacant", "bank", "bank"),
        ("bakery;cafe", None, "bakery"),
        ("no;bakery", None, "bakery"),
        (None, "restaurant", "restaurant"),
        (None, "bank", "bank"),
        (None, "pharmacy", "pharmacy"),
        (None, "atm", None),
        (None, "bench", None),
        (None, "bench; cafe", "cafe"),
        ("books", "cafe", "books"),
        (np.nan, np.nan, None),
        ("", "", None),
    ],
)
def test_what_is_a_shop(shop, amenity, kind):
    assert tables.shop_category([shop], [amenity])[0] == kind
    assert tables.is_shop([shop], [amenity])[0] == (kind is not None)


def test_shops_of_no_places():
    assert tables.is_shop([], []).shape == (0,)
    assert tables.is_shop(pd.Series([], dtype="str"), pd.Series([], dtype="str")).dtype == bool


# ---------------------------------------------------------------------------- OSM tags


@pytest.mark.parametrize(
    ("tags", "category"),
    [
        ({"amenity": "hospital"}, "hospital"),
        ({"amenity": "clinic"}, "clinic"),
        ({"amenity": "library"}, "library"),
        ({"amenity": "townhall"}, "government_hall"),
        ({"amenity": "courthouse"}, "court"),
        ({"office": "government"}, "government_office"),
        ({"office": "government", "government": "social_security"}, "social_security"),
        ({"tourism": "museum"}, "museum"),
        ({"tourism": "museum", "museum": "art"}, "gallery"),
        ({"tourism": "attraction", "leisure": "park"}, "scenic"),
        ({"leisure": "park"}, "park"),
        ({"place": "square"}, "square"),
        ({"railway": "station"}, "railway_station"),
        ({"railway": "station", "station": "subway"}, "metro_station"),
        ({"historic": "memorial"}, None),
        ({"historic": "memorial", "building": "yes"}, "memorial"),
        ({"historic": "memorial", "building": "no"}, None),
        ({"amenity": "bench;toilets"}, "toilet"),
        ({"amenity": "bench"}, None),
        ({}, None),
    ],
)
def test_osm_tags(tags, category):
    assert tables.facility_category(pd.DataFrame([tags or {"name": "x"}]))[0] == category


def test_osm_tags_of_many_rows_equal_those_of_each():
    rng = np.random.default_rng(3)
    words = {
        "amenity": [None, "hospital", "townhall", "bench", "library;toilets", np.nan],
        "tourism": [None, "museum", "attraction"],
        "museum": [None, "art", "technology"],
        "leisure": [None, "park"],
    }
    frame = pd.DataFrame({k: rng.choice(np.array(v, dtype=object), 400) for k, v in words.items()})
    together = tables.facility_category(frame)
    alone = [tables.facility_category(frame.iloc[[i]])[0] for i in range(len(frame))]
    assert list(together) == alone
    as_text = frame.astype("str").where(frame.notna(), None)
    assert list(tables.facility_category(as_text)) == alone
    assert tables.facility_category(frame.iloc[:0]).shape == (0,)


def test_facility_keys_are_all_that_matters():
    keys = tables.facility_keys()
    assert list(keys) == sorted(set(keys))
    assert {"amenity", "tourism", "leisure", "railway", "office"} <= set(keys)


# ---------------------------------------------------------------------------- names


def by_name(name, category=None, said=None):
    return tables.category_by_name([name], [category], [said])[0]


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("衢州市志愿者工作指导中心", "guidance_centre"),
        ("柯城区老年大学", "senior_university"),
        ("衢州市工人文化宫", "workers_palace"),
        ("江山孔庙", "confucian_temple"),
        ("孔氏南宗家庙", "confucian_temple"),
        ("侵华日军细菌战爱国主义教育基地", "patriotic_base"),
        ("府山街道新时代文明实践所", "practice_centre"),
        ("常山县政务服务中心（新）", "government_hall"),
        ("衢州市公安局出入境办证大厅", "exit_entry_hall"),
        ("龙游县青少年宫", "youth_palace"),
        ("中国儒学馆", "confucian_hall"),
        ("Ｑ 衢州市 图书馆", "library"),
        ("国家税务局办税服务厅", "window_unit"),
        # false friends: what a name ends in is what it is
        ("工人文化宫公交站", None),
        ("市民广场停车场", None),
        ("人民医院宿舍", None),
        ("博物馆地铁站", None),
        ("衢州市人民医院(公交站)", None),
        ("衢州市人民医院（东门）", None),
        ("政务服务中心【停车场】", None),
        ("老年大学（筹）", None),
        ("图书馆路", None),
        ("城市学校少年宫", None),
        ("图书馆新村", None),
        ("孔庙商城", None),
        ("人民医院药房", None),
        ("（图书馆）", None),
        ("", None),
        (None, None),
        (np.nan, None),
    ],
)
def test_a_name_tells_what_a_place_is_by_its_whole_ending(name, category):
    assert by_name(name) == category
    assert tables.name_tells(name if isinstance(name, str) else None) == (category is not None)


@pytest.mark.parametrize(
    ("name", "before", "said", "after"),
    [
        ("柯城区老年大学", "community_centre", "amenity=community_centre", "senior_university"),
        ("柯城区老年大学", "school", "amenity=university", "senior_university"),
        ("中国儒学馆", "museum", "tourism=museum", "confucian_hall"),
        ("规划展览馆", "museum", "tourism=museum", "planning_hall"),
        ("府山社区服务中心", "government_office", "office=government", "community_centre"),
        ("出入境接待大厅", "police", "amenity=police", "exit_entry_hall"),
        ("市民中心", None, "office=yes", "government_hall"),
        ("市民中心", None, "building=public", "government_hall"),
        ("市民中心", None, "其他", "government_hall"),
        # what is something already stays it
        ("工人文化宫", "bus_stop", "highway=bus_stop", "bus_stop"),
        ("图书馆", "metro_station", "railway=station", "metro_station"),
        ("市民中心", "toilet", "amenity=toilets", "toilet"),
        ("实验小学图书馆", "school", "amenity=school", "school"),
        ("人民法院", "police", "amenity=police", "police"),
        # and what a tag or word says goes before the name
        ("市民中心", None, "amenity=parking", None),
        ("老年大学", None, "amenity=cafe", None),
        ("人民医院", None, "building=apartments", None),
        ("市民中心", None, "道路附属设施;停车场", None),
        ("衢州博物馆", "museum", "tourism=museum", "museum"),
        (None, "museum", "tourism=museum", "museum"),
    ],
)
def test_names_go_before_general_categories_only(name, before, said, after):
    assert by_name(name, before, said) == after


def test_names_of_many_rows_equal_those_of_each():
    names = ["老年大学", None, "图书馆", "老年大学", "甲"]
    before = ["school", "park", None, "museum", None]
    said = [None, "x", "amenity=parking", "office=yes", "其他"]
    together = tables.category_by_name(pd.Series(names), pd.Series(before), pd.Series(said))
    assert list(together) == [by_name(*row) for row in zip(names, before, said, strict=True)]
    assert list(together) == ["senior_university", "park", None, "senior_university", None]
    assert tables.category_by_name([], [], []).shape == (0,)


def test_words_of_the_rule_of_names_are_categories():
    rules = tables._table("categories")["by_name"]
    known = tables.categories()
    assert set(rules["over"]) <= set(known)
    for entry in tables._table("categories")["category"]:
        assert set(entry.get("over", ())) <= set(known)
        for word in entry.get("names", ()):
            assert by_name(f"某{word}") == entry["id"], word


# ---------------------------------------------------------------------------- real words


def test_real_municipal_medical_headings_map(shared):
    calamine = pytest.importorskip("python_calamine")
    book = calamine.CalamineWorkbook.from_path(shared("quzhou-public-facilities/医疗.xls"))
    rows = book.get_sheet_by_name("Sheet1").to_python()
    words = pd.Series([row[4] for row in rows[1:]])
    found = pd.Series(tables.category_of_text(words))
    # one cell of the sheet is a number and stays empty
    assert words[found.isna()].tolist() == [399.0]
    counts = found.value_counts()
    assert counts.to_dict() == {"clinic": 1876, "hospital": 70, "public_health": 9}


def test_real_universities_for_seniors_are_told_by_their_names(shared):
    table = pd.read_csv(shared("shanghai-amap-poi/shanghai_school.csv"))
    before = tables.category_of_text(table["type"])
    after = tables.category_by_name(table["name"], before, table["type"])
    changed = table["name"][after != before]
    assert set(after[after != before]) == {"senior_university"}
    assert changed.str.contains("老干部大学|老年大学").all()
    seniors = table["name"].str.contains("(?:老干部|老年)大学(?:$|\\()", regex=True)
    assert set(changed.index) == set(table.index[seniors])


def test_real_open_lists_map(shared):
    words = pd.read_csv(shared("amap-civic-poi/quzhou_gcj02.csv"))["category"]
    assert pd.notna(tables.category_of_text(words)).all()
    medical = pd.read_csv(shared("shanghai-amap-poi/shanghai_hospital.csv"))["type"]
    found = pd.Series(tables.category_of_text(medical))
    assert set(medical[found.isna()].str.split(";").str[1]) == {"专科医院", "动物医疗场所"}
    assert medical[found.isna() & medical.str.contains("专科医院")].str.contains("整形美容").all()
