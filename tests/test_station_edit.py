"""Edits of a station are read and checked, with every fault told at once."""

import json

import pytest
import small_city
from small_city import LAT, LON

from stationmap.city import station_edit
from stationmap.city.station_edit import Edit, district_at, new_id, place_text
from stationmap.errors import InputError

ROW = {
    "id": "A1",
    "version": 3,
    "name": "有礼点1",
    "type": "point",
    "status": "active",
    "adcode": "330800",
    "unit_id": None,
    "hours": "8:00-17:00",
    "hours_source": "list.csv",
    "supplies": "umbrella",
    "demonstration": False,
    "geometry": (LON, LAT),
}


@pytest.fixture(scope="module")
def now(tmp_path_factory):
    return small_city.make(tmp_path_factory.mktemp("edit")).now()


def everywhere(_adcode, _unit_id):
    return True


def read(now, form, *, row=ROW, covers=everywhere, **options) -> Edit:
    lists = {k: v if isinstance(v, list) else [v] for k, v in form.items()}
    return station_edit.read(lists, now=now, row=row, covers=covers, **options)


def wrong(edit):
    return {name: note.render("zh") for name, note in edit.wrong.items()}


def test_what_the_form_does_not_hold_stays(now):
    edit = read(now, {"name": " 有礼点1 "})
    assert edit.wrong == {}
    assert edit.after == {"name": "有礼点1"}
    assert edit.changes(ROW) == {}


def test_every_fault_is_told_at_once(now):
    edit = read(
        now,
        {
            "name": "好" * 201,
            "type": "castle",
            "status": "lost",
            "opened_on": "明天",
            "phone": "喂",
            "parent_id": "NONE",
            "place": "人民路",
        },
    )
    assert set(edit.wrong) == {
        "name", "type", "status", "opened_on", "phone", "parent_id", "place",
    }  # fmt: skip
    assert wrong(edit)["name"] == "有 201 个字，太长了；最多 200 个字"


@pytest.mark.parametrize("field", ["name", "address", "hours", "unit", "supplies"])
def test_a_mobile_number_is_kept_out_of_what_everybody_sees(now, field):
    edit = read(now, {field: "联系 13812345678"})
    assert "联系人" in wrong(edit)[field]


def test_a_mobile_number_as_public_phone_is_kept_and_remarked(now):
    edit = read(now, {"phone": "13812345678"})
    assert (edit.wrong, edit.after["phone"]) == ({}, "13812345678")
    assert len(edit.remarks) == 1
    assert read(now, {"phone": "0570-3021234 转 8"}).remarks == []


def test_hours_that_cannot_be_read_are_kept_and_said(now):
    edit = read(now, {"hours": "看情况"})
    assert edit.after == {"hours": "看情况", "hours_source": "register"}
    assert "读不懂" in edit.remarks[0].render("zh")
    assert read(now, {"hours": "周一至周五 8:30-17:30"}).remarks == []
    # what stands already is not remarked upon again, nor its source lost
    assert read(now, {"hours": ROW["hours"]}).after == {"hours": ROW["hours"]}


def test_supplies_are_the_boxes_that_are_ticked_and_other_words(now):
    edit = read(now, {"supplies": ["", "water", "umbrella", "轮椅"]})
    assert edit.after["supplies"] == "umbrella;water;轮椅"
    assert read(now, {"supplies": [""]}).after["supplies"] is None


def test_a_place_is_converted_and_its_own_numbers_kept(now):
    typed = "118.8745, 28.9475"
    edit = read(now, {"place": typed, "datum": "gcj02"})
    lon, lat = edit.after["geometry"]
    assert 0.004 < 118.8745 - lon < 0.006
    assert 0.002 < lat - 28.9475 < 0.004
    assert (edit.after["source_lon"], edit.after["source_datum"]) == (118.8745, "gcj02")
    assert edit.after["adcode"] == "330800"


def test_a_place_that_was_not_touched_is_the_same(now):
    edit = read(now, {"place": place_text(ROW["geometry"]), "datum": "wgs84"})
    assert edit.changes(ROW) == {}


def test_numbers_that_stood_under_the_wrong_datum_are_converted_as_the_page_promises(now):
    edit = read(now, {"place": place_text(ROW["geometry"]), "datum": "gcj02"})
    assert edit.changes(ROW)["source_datum"] == "gcj02"
    assert 0.004 < ROW["geometry"][0] - edit.changes(ROW)["geometry"][0] < 0.006


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("28.95, 118.87", "经度和纬度写反了；请写成 118.87, 28.95"),
        ("1, 2", "1, 2 远在本市之外；请再核对数字"),
        ("nan, 28", "“nan, 28”不是经纬度；请写经度、纬度，如 118.8742, 28.9561"),
        ("inf, 28", "“inf, 28”不是经纬度；请写经度、纬度，如 118.8742, 28.9561"),
        ("999, 28", "999, 28 远在本市之外；请再核对数字"),
    ],
)
def test_a_place_that_cannot_be_right_is_refused_with_the_remedy(now, said, reason):
    assert wrong(read(now, {"place": said}))["place"] == reason


def test_taking_the_place_away_puts_the_station_back_to_be_located(now):
    assert read(now, {"place": ""}).after["geometry"] is None


def test_whoever_looks_after_one_county_cannot_put_a_station_into_another(now):
    edit = read(now, {"place": "118.871, 28.951"}, covers=lambda adcode, _: adcode == "330802")
    assert list(edit.wrong) == ["place"]
    unplaced = {**ROW, "geometry": None, "adcode": None}
    edit = read(now, {"adcode": ""}, row=unplaced, covers=lambda adcode, _: adcode is not None)
    assert list(edit.wrong) == ["adcode"]


def test_a_unit_writes_facts_only(now):
    form = {"name": "新名", "status": "closed", "place": "118.871, 28.951", "type": "point"}
    assert read(now, form, fields=station_edit.FACTS).after == {"name": "新名"}


def test_a_station_has_a_name_or_an_address(now):
    assert "name" in wrong(read(now, {"name": "", "address": ""}))
    assert wrong(read(now, {"name": "", "address": "人民路 1 号"})) == {}


def test_its_own_superior_is_none(now):
    assert "它自己" in wrong(read(now, {"parent_id": "A1"}))["parent_id"]


def test_control_signs_and_line_ends_leave_the_text(now):
    assert read(now, {"name": "有礼\x1b[31m点\r\n一"}).after["name"] == "有礼[31m点 一"


def test_a_new_id_is_what_is_written_or_made_of_the_action():
    action = "0f8fad5b-d9cb-469f-a165-70867728950e"
    assert new_id("", action=action, taken=lambda _: False) == "S-0f8fad5bd9cb"
    assert new_id(" 330802-1 ", action=action, taken=lambda _: False) == "330802-1"
    with pytest.raises(InputError, match="another station"):
        new_id("330802-1", action=action, taken=lambda _: True)
    for said in ("../etc", "=1+1", "<b>", "a" * 65, "a/b"):
        with pytest.raises(InputError, match="cannot be used"):
            new_id(said, action=action, taken=lambda _: False)


def test_the_district_of_a_place_is_the_one_of_the_stations_frame(tmp_path):
    city = small_city.make(tmp_path)
    west, south, middle, east, north = LON - 0.1, LAT - 0.1, LON + 0.002, LON + 0.1, LAT + 0.1
    features = [
        {
            "type": "Feature",
            "properties": {"adcode": code, "name": code},
            "geometry": {"type": "Polygon", "coordinates": [ring(x0, south, x1, north)]},
        }
        for code, x0, x1 in (
            ("330802", west, middle),
            ("330803", middle, east),
            ("330802001", LON - 0.0001, LON + 0.0001),
        )
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    file = tmp_path / "districts.geojson"
    file.write_text(
        json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), "utf-8"
    )
    city.import_file("districts", file, datum="wgs84")
    now = city.now()
    frame = now.stations()
    assert set(frame["adcode"]) == {"330802", "330803", "330802001"}
    for adcode, point in zip(frame["adcode"], frame.geometry, strict=True):
        assert district_at(now, lon=point.x, lat=point.y) == adcode
    assert district_at(now, lon=100.0, lat=20.0) is None


def ring(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
