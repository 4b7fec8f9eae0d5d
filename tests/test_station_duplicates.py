"""Which stations are proposed as one, and which are not."""

import geopandas as gpd
import pytest
import shapely

from stationmap.city.station_duplicates import LIKELY, PERHAPS, propose

LON, LAT = 118.87, 28.95
M = 1 / 97_400  # degrees of longitude to a metre, there


def frame(*rows):
    """Stations of (name, metres east or None) and further columns."""
    columns = {"type": "point", "unit": None, "address": None, "platform_id": None}
    found = []
    for number, (name, east, more) in enumerate(rows):
        at = None if east is None else shapely.Point(LON + east * M, LAT)
        row = {"station_id": f"S{number}", "name": name, "status": "active", **columns, **more}
        found.append({**row, "geometry": at})
    return gpd.GeoDataFrame(found, geometry="geometry", crs="EPSG:4326")


def pairs(*rows):
    return [(p.keep, p.drop, p.sure) for p in propose(frame(*rows))]


def test_the_same_name_is_one_within_reach():
    assert pairs(("图书馆站", 0, {}), ("图书馆站", 90, {})) == [("S0", "S1", LIKELY)]
    assert pairs(("图书馆站", 0, {}), ("图书馆站", 450, {})) == [("S0", "S1", PERHAPS)]
    assert pairs(("图书馆站", 0, {}), ("图书馆站", 520, {})) == []


def test_names_are_compared_without_blanks_and_width():
    assert pairs(("图书馆 站", 0, {}), ("图书馆站", 20, {})) == [("S0", "S1", LIKELY)]
    assert pairs(("Ａ座服务点", 0, {}), ("A座服务点", 20, {})) == [("S0", "S1", LIKELY)]


def test_alike_names_count_near_by_only():
    near = pairs(("柯城区图书馆志愿服务站", 0, {}), ("柯城区图书馆志愿者服务站", 30, {}))
    assert near == [("S0", "S1", LIKELY)]
    assert pairs(("柯城区图书馆志愿服务站", 0, {}), ("柯城区图书馆志愿者服务站", 130, {})) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("有礼点1", "有礼点2"),
        ("第一服务站", "第二服务站"),
        ("公园东门服务站", "公园西门服务站"),
        ("A座服务站", "B座服务站"),
    ],
)
def test_what_differs_in_what_tells_them_apart_is_two(one, other):
    assert pairs((one, 0, {}), (other, 5, {})) == []


def at(address):
    return {"address": address}


def test_two_villages_that_a_list_puts_on_one_spot_are_two():
    one = ("三山县芳溪镇石塘村卫生室", 0, at("芳溪镇石塘村"))
    other = ("三山县芳溪镇前塘村卫生室", 0, at("芳溪镇前塘村"))
    assert pairs(one, other) == []
    # where no address tells, somebody has to look
    assert pairs(one, (other[0], 0, {})) == [("S0", "S1", PERHAPS)]


def test_a_longer_name_of_the_same_place_is_one():
    one = ("芳溪镇梅家村社区卫生服务站", 0, at("三山县芳溪镇梅家村"))
    other = ("芳溪镇梅家社区卫生服务站", 2, at("芳溪镇梅家村"))
    assert pairs(one, other) == [("S0", "S1", LIKELY)]


def test_docks_named_after_their_street_are_told_apart_by_address():
    first, second = at("中学南门东侧人行道"), at("保险公司对面人行道")
    assert pairs(("振兴路", 0, first), ("振兴路", 260, second)) == []
    assert pairs(("振兴路", 0, first), ("振兴路", 0, second)) == [("S0", "S1", PERHAPS)]
    assert pairs(("振兴路", 0, first), ("振兴路", 260, first)) == [("S0", "S1", PERHAPS)]


def test_one_number_of_the_platform_is_one_station_wherever():
    number = {"platform_id": "33080001"}
    assert pairs(("甲站", 0, number), ("乙站", 9000, number)) == [("S0", "S1", LIKELY)]


def test_a_list_without_places_beside_one_with_them():
    at = {"address": "人民路 1 号"}
    assert pairs(("图书馆站", 0, at), ("图书馆站", None, at)) == [("S0", "S1", LIKELY)]
    assert pairs(("图书馆站", 0, at), ("图书馆站", None, {})) == []


def test_the_one_of_which_more_is_known_is_kept():
    rich = {"unit": "图书馆", "address": "人民路 1 号"}
    assert pairs(("图书馆站", 0, {}), ("图书馆站", 9, rich)) == [("S1", "S0", LIKELY)]


def test_withdrawn_stations_and_nameless_ones_are_left_aside():
    assert pairs(("图书馆站", 0, {"status": "closed"}), ("图书馆站", 9, {})) == []
    assert pairs((None, 0, {}), (None, 9, {})) == []


def test_each_pair_comes_once_the_surest_first():
    found = pairs(
        ("图书馆站", 0, {"platform_id": "1"}),
        ("图书馆站", 5, {"platform_id": "1"}),
        ("图书馆站", 300, {}),
    )
    assert [sure for *_, sure in found] == [LIKELY, PERHAPS, PERHAPS]
    assert len({frozenset(pair[:2]) for pair in found}) == len(found) == 3


def test_neither_an_empty_city_nor_a_heap_of_one_name_breaks_it():
    assert propose(frame(("图书馆站", 0, {}))) == []
    assert propose(frame(("图书馆站", 0, {})).iloc[:0]) == []
    heap = [("志愿服务站", k * 2000, {}) for k in range(300)]
    assert pairs(*heap) == []
