"""Where stations without a place may stand: proposals, against brute force and by hand.

The forms of names and addresses are those of real lists of a city (kiosks "before the gate of …",
toilets "at the corner of … and …"); the places and streets are made here, in metres.
"""

import random
from itertools import combinations

import geopandas as gpd
import pytest
import rapidfuzz
import shapely.affinity
from shapely.geometry import LineString, Point, box

from stationmap.city.gazetteer import Gazetteer, plain
from stationmap.city.locate import SURE, propose, stems
from stationmap.crs import local_crs
from stationmap.standards import tables

LON, LAT = 118.87, 28.95
CRS = local_crs([LON], [LAT])
(X0, Y0) = gpd.GeoSeries([Point(LON, LAT)], crs=4326).to_crs(CRS).iloc[0].coords[0]
# name -> metres east and north of the middle; a box is an outline
FACILITIES = {
    "示范市图书馆": (100, 20),
    "甲县人民医院": (-900, 30),
    "乙县人民医院": (2100, 30),
    "汽车西站": (-480, 20),
    "第二中学": (420, 820),
    "第三中学": (-420, 820),
    "府山公园": box(200, 200, 700, 600),
    "钟楼": (10, 300),
    "解放路": (520, 5),
    "图书馆": (2300, 700),
}
SHOPS = {
    "大润发超市": (610, 12),
    "建设银行": (150, 10),
    "建设银行 ": (2200, 10),
    "宝芝林药店": (80, -15),
    "大润发超市（府前店）": (900, 900),
}
STREETS = {
    "三衢路": [(-1000, 0), (0, 0), (1000, 0)],
    "府前街": [(0, -500), (0, 0), (0, 500)],
    "荷花二路": [(-1000, 800), (1000, 800)],
    "荷花三路": [(-1000, -800), (1000, -800)],
    "人民路": [(-800, -300), (-600, -300)],
    "人民路 ": [(2200, -300), (2400, -300)],
    "双行路": [(-200, 820), (-200, 500), (1000, 500)],
}
# the other carriageway, and ends that cross one street at both
MORE = {"府前街": [(18, -500), (18, 500)], "双行路": [(1000, 500), (1000, 820)]}


def at(shape):
    shape = Point(shape) if isinstance(shape, tuple) else shape
    return shapely.affinity.translate(shape, X0, Y0)


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=[at(s) for s in shapes], crs=CRS).to_crs(4326)


def places(named, kind):
    ids = [f"{kind}{n}" for n in range(len(named))]
    return frame(list(named.values()), kind=kind, id=ids, name=list(named))


def gazetteer(*, facilities=FACILITIES, shops=SHOPS, streets=STREETS, more=MORE):
    lines = [*streets.items(), *more.items()]
    both = [places(facilities, "facility"), places(shops, "shop")]
    return Gazetteer(
        gpd.GeoDataFrame(gpd.pd.concat(both, ignore_index=True), crs=4326),
        frame([LineString(line) for _, line in lines], name=[name.strip() for name, _ in lines]),
        districts=frame(
            [box(-1500, -1500, 1500, 1500), box(1500, -1500, 3000, 1500)],
            adcode=["330802", "330803"],
            name=["甲县", "乙县"],
        ),
        crs=CRS,
    )


@pytest.fixture(scope="module")
def town():
    return gazetteer()


def asked(town, name=None, address=None, **more):
    return propose(town, name=name, address=address, **more)


def away_m(proposal, x, y):
    return shapely.distance(proposal.shape, at((x, y)))


# what a list says -> how sure, and where (metres); looked at one by one
SAMPLE = [
    ("汽车西站租车点", "三衢路汽车西站门前绿化带", "exact", (-480, 20)),
    ("汽车西站公共厕所", None, "exact", (-480, 20)),
    ("市图书馆有礼亭", None, "exact", (100, 20)),
    ("钟楼公厕", "钟楼西侧", "exact", (10, 300)),
    ("甲县人民医院志愿服务站", None, "exact", (-900, 30)),
    ("荷花二路某某租车点", "荷花二路第二中学大门西侧人行道", "likely", (420, 820)),
    ("农贸城租车点", "三衢路大润发超市门前广场", "likely", (610, 12)),
    ("某点", "新区宝芝林药店门前人行道", "likely", (80, -15)),
    ("某点", "建设银行三衢路支行", "likely", (150, 10)),
    ("浮石路公共厕所", "府前街与荷花三路交叉口", None, None),
    ("某点", "三衢路与府前街路口", "likely", (9, 0)),
    ("三衢路府前街租车点", None, "likely", (9, 0)),
    ("某点", "三衢路88号(近府前街)", "likely", (9, 0)),
    ("府山公园公共厕所", "府山公园内", "likely", (450, 400)),
    ("解放路公共厕所", "解放路东侧", "possible", (520, 5)),
    ("三衢路公共厕所", "三衢路北侧", "along", (0, 0)),
    ("某点", "荷花二路6-10号门前人行道", "along", (0, 800)),
    ("某点", "天宁巷9号", None, None),
]


@pytest.mark.parametrize(("name", "address", "sure", "where"), SAMPLE)
def test_sample_looked_at_by_hand(town, name, address, sure, where):
    found = asked(town, name, address)
    if where is None:
        assert not any(p.sure in ("exact", "likely") for p in found)
    else:
        assert found[0].sure == sure
        assert away_m(found[0], *where) < 30
        assert found[0].why


def test_a_place_of_the_stated_district_only(town):
    assert [p.name for p in asked(town, "人民医院有礼点", None, adcode="330803")] == [
        "乙县人民医院"
    ]
    # without a district there are two, and neither is certain
    both = asked(town, "人民医院有礼点", None)
    assert {p.name for p in both} == {"甲县人民医院", "乙县人民医院"}
    assert {p.sure for p in both} == {"possible"}
    # the address may say the district; a code of the whole city holds everywhere
    assert [p.name for p in asked(town, "人民医院有礼点", "乙县城关")][:1] == ["乙县人民医院"]
    assert len(asked(town, "人民医院有礼点", None, adcode="330800")) == 2
    # what lies elsewhere is no proposal at all
    assert not asked(town, "汽车西站租车点", None, adcode="330803")


@pytest.mark.parametrize(("east", "found"), [(1549, 1), (1551, 0)])
def test_how_far_beyond_a_border_is_elsewhere(east, found):
    near = gazetteer(facilities={"文化馆旧址": (east, 0)}, shops={}, streets={}, more={})
    assert len(asked(near, "文化馆旧址有礼点", None, adcode="330802")) == found


def test_streets_of_one_name_in_two_counties(town):
    west, east = asked(town, None, "人民路")
    assert (west.sure, east.sure) == ("along", "along")
    assert away_m(west, -700, -300) < 1
    only = asked(town, None, "人民路", adcode="330803")
    assert [away_m(p, 2300, -300) < 1 for p in only] == [True]


def test_a_search_finds_streets_and_places_by_a_part_of_their_names(town):
    def found(text, most=8):
        return [place.name.strip() for place in town.holding(text, most=most)]

    assert found("荷花") == ["荷花三路", "荷花二路"]
    assert found("三衢路")[0] == "三衢路"
    assert found("人民") == ["人民路", "人民路", "甲县人民医院", "乙县人民医院"]
    assert len(found("人民", most=2)) == 2
    assert found("三衢路128号") == ["三衢路"]
    assert found("没有这地方") == found(" ") == []


def test_a_mere_kind_of_place_is_never_certain(town):
    assert asked(town, "图书馆有礼点", None)[0].sure != "exact"
    assert not asked(town, "某点", "图书馆旁")


def test_a_place_far_from_the_named_street_is_doubted(town):
    found = asked(town, "汽车西站租车点", "荷花三路汽车西站门前")[0]
    assert found.sure == "possible"
    assert "荷花三路" in found.why[1].params["street"]
    assert "但离" in found.why[1].render("zh")


@pytest.mark.parametrize(("metres", "sure"), [(499, "exact"), (501, "possible")])
def test_how_far_from_the_named_street_is_too_far(metres, sure):
    near = gazetteer(
        facilities={"汽车西站": (0, metres)}, streets={"东路街": [(-9, 0), (9, 0)]}, more={}
    )
    assert asked(near, "汽车西站租车点", "东路街汽车西站")[0].sure == sure


@pytest.mark.parametrize(("side", "sure"), [(106, "exact"), (107, "likely")])
def test_what_is_wide_needs_a_look(side, sure):
    near = gazetteer(facilities={"人民广场": box(0, 0, side, side)}, shops={})
    assert asked(near, "人民广场有礼点", None)[0].sure == sure


def test_of_a_series_the_next_one_is_not_meant():
    """荷花二路, 第二中学 and their like differ in one letter from what lies elsewhere."""
    near = gazetteer(facilities={"衢江第三实验中学": (0, 0)}, shops={}, streets={}, more={})
    assert not asked(near, "衢江第二实验中学有礼点", None)
    assert asked(near, "衢江第三实验学校有礼点", None)[0].sure == "possible"


def test_two_stations_of_a_brand_are_told_apart_by_the_street(town):
    assert {p.sure for p in asked(town, "建设银行有礼点", None)} == {"possible"}
    found = asked(town, "建设银行有礼点", "三衢路12号")
    assert found[0].sure == "likely"
    assert away_m(found[0], 150, 10) < 1


def test_streets_that_meet_twice_are_only_possible(town):
    found = [p for p in asked(town, None, "双行路与荷花二路路口") if p.kind == "crossing"]
    assert [p.sure for p in found] == ["possible", "possible"]


def test_one_place_in_two_layers_is_proposed_once():
    near = gazetteer(facilities={"大润发": (0, 0)}, shops={"大润发": (20, 0)}, streets={}, more={})
    assert [(p.kind, p.sure) for p in asked(near, "大润发有礼点", None)] == [("facility", "exact")]


def test_nothing_said_nothing_proposed(town):
    for name, address in ((None, None), ("", " "), ("（）", "!!"), ("有礼点", None), ("点", "路")):
        assert asked(town, name, address) == []


def test_keys_are_stable_and_places_are_degrees(town):
    first, again = asked(town, "汽车西站租车点", None), asked(town, "汽车西站租车点", None)
    assert [p.key for p in first] == [p.key for p in again]
    assert len({p.key for p in first}) == len(first)
    assert abs(first[0].lon - LON) < 0.01
    assert town.outline(first[0].shape)["type"] == "Point"


def test_any_text_is_read(town):
    words = [*FACILITIES, *SHOPS, *STREETS, "甲县", "与", "路口", "（", "#", "\0", "<b>", "🙂", "ﬁ"]
    words += ["1号", " ", "%", "{x}", "有礼点", "公厕", "路", "\u202e", "市", "县", "a"]
    chosen = random.Random(1)
    for _ in range(300):
        name, address = ("".join(chosen.choices(words, k=chosen.randint(0, 7))) for _ in "ab")
        adcode = chosen.choice([None, "330802", "330803", "330800", "999999"])
        found = asked(town, name, address, adcode=adcode)
        assert len({p.key for p in found}) == len(found) <= 6
        sure = [list(SURE).index(p.sure) for p in found]
        assert sure == sorted(sure)
        assert all(p.why and p.why[0].render("zh") for p in found)
    assert asked(town, "路" * 100_000, "三衢路" * 50_000)


def test_stems_leave_out_what_lists_put_behind_a_name():
    ends = ["便民有礼点", "有礼点"]
    assert stems("市图书馆有礼点（2号）", tails=ends) == ["市图书馆有礼点2号", "市图书馆"]
    assert stems("市图书馆便民有礼点", tails=ends)[-1] == "市图书馆"
    assert stems("有礼点", tails=ends) == ["有礼点"]


def brute_mentions(town, text):
    """Every name of the town that stands in the text, the longest first, no overlaps."""
    text = plain(text)
    known = {key for key in town.names if len(key) >= 3 and not tables.is_category_word(key)}
    known |= {plain(name) for name in STREETS}
    spans = sorted(
        ((len(k), -i, k) for k in known for i in range(len(text)) if text.startswith(k, i)),
        reverse=True,
    )
    taken, found = set(), []
    for length, start, key in spans:
        cells = set(range(-start, -start + length))
        if not cells & taken:
            taken |= cells
            found.append((-start, key))
    return sorted(found)


def test_mentions_agree_with_brute_force(town):
    words = [*FACILITIES, *SHOPS, *STREETS, "与", "路口", "门前", "图", "大", "荷花", "中学", "8号"]
    chosen = random.Random(7)
    seen = 0
    for _ in range(300):
        text = "".join(chosen.choices(words, k=chosen.randint(1, 5)))
        found = [(m.start, m.key) for m in town.mentions(text)]
        assert found == brute_mentions(town, text), text
        seen += len(found)
    assert seen > 300


def test_likeness_agrees_with_brute_force():
    """Every pair of names is compared, and none is passed over that is close enough."""
    chosen = random.Random(5)
    letters = "甲乙丙丁戊己庚辛"
    names = {"".join(chosen.choices(letters, k=chosen.randint(3, 7))) for _ in range(400)}
    near = gazetteer(
        facilities={name: (60 * n, 0) for n, name in enumerate(sorted(names))},
        shops={},
        streets={},
        more={},
    )
    seen = 0
    for asked_for in sorted(names)[::4]:
        close = {
            name
            for name in names - {asked_for}
            if asked_for in name or rapidfuzz.fuzz.ratio(asked_for, name) >= 80
        }
        found = {place.name for place, _ in near.alike(asked_for, most=400)}
        assert found == close
        seen += len(close)
    assert seen > 50


def test_crossings_agree_with_brute_force():
    """Random straight streets: every pair that meets does so where their lines do."""
    chosen = random.Random(11)
    ends = [[chosen.uniform(-800, 800) for _ in range(4)] for _ in range(14)]
    streets = {
        f"第{chr(0x4E00 + 40 * n)}街": [(a, b), (c, d)] for n, (a, b, c, d) in enumerate(ends)
    }
    near = gazetteer(facilities={}, shops={}, streets=streets, more={})
    met = 0
    for one, other in combinations(streets, 2):
        first, second = (at(LineString(streets[name])) for name in (one, other))
        (a,), (b,) = near.street(plain(one)), near.street(plain(other))
        found = near.crossings(a, b)
        where = shapely.intersection(first, second)
        if shapely.distance(first, second) > 41:
            assert found == []
        elif not where.is_empty and found:
            met += 1
            assert len(found) == 1
            assert shapely.distance(where, Point(found[0])) < 60
    assert met > 10
