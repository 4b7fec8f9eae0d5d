"""Hours as other programs get them: as written, in OpenStreetMap's syntax, and by the calendar."""

import datetime as dt

import pytest
import signed_in
import small_city
from small_city import LAT, LON, station_rows, table

from stationmap.hours.calendar import FILE
from web.app import create_app

WRITTEN = [
    "工作日 8:30-17:00",
    "周一至周五 9:00-17:00",
    "以公告为准",
    "",
    "24小时",
    "周日 9:00-17:00",
]
READ = [
    'Mo-Fr 08:30-17:00 open "工作日"; PH closed',
    "Mo-Fr 09:00-17:00",
    None,
    None,
    "24/7",
    "Su 09:00-17:00",
]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hours")
    city = small_city.make(folder, stations=False)
    rows = [
        row | {"编号": f"A{k}", "开放时间": said}
        for k, (row, said) in enumerate(zip(station_rows(6), WRITTEN, strict=True))
    ]
    city.import_file("stations", table(folder / "list.csv", rows), datum="wgs84")
    return city


def nearest(client, when):
    asked = f"/api/v1/stations/nearest?lon={LON}&lat={LAT}&k=6&open_at={when}"
    answer = client.get(asked)
    assert answer.status_code == 200, answer.text
    return {f["properties"]["station_id"]: f["properties"] for f in answer.json["features"]}


def test_hours_are_published_as_written_and_in_the_syntax_of_openstreetmap(town):
    client = create_app(town.path).test_client()
    for number, (written, read) in enumerate(zip(WRITTEN, READ, strict=True)):
        found = client.get(f"/api/v1/stations/A{number}").json
        assert (found["hours"], found["opening_hours"]) == (written or None, read)
    for own, found in nearest(client, "2026-07-01T10:00").items():
        assert found["opening_hours"] == READ[int(own[1:])]


def test_the_nearest_that_are_open_follow_the_holidays_of_the_city(town):
    client = create_app(town.path).test_client()
    wednesday, saturday = "2029-10-17T10:00", "2029-10-20T10:00"  # of a year without a notice
    maybe = {"A2", "A3"}  # unknown hours stand in nobody's way
    assert set(nearest(client, wednesday)) == {"A0", "A1", "A4"} | maybe
    assert set(nearest(client, saturday)) == {"A4"} | maybe
    (town.path / FILE).write_text(
        '[2029]\nholidays = ["2029-10-17"]\nworkdays = ["2029-10-20"]\n', "utf-8"
    )
    try:
        assert set(nearest(client, wednesday)) == {"A1", "A4", "A5"} | maybe
        assert set(nearest(client, saturday)) == {"A0", "A1", "A4"} | maybe
    finally:
        (town.path / FILE).unlink()


def test_holidays_that_cannot_be_read_are_told_to_the_office_and_turn_nobody_away(town):
    app = create_app(town.path)
    office = signed_in.client(app)
    unit = signed_in.client(app, role="unit", adcode="330802", unit_id="U1")
    said = "holidays.toml 无法读取"
    assert said not in office.get("/manage/audit").text
    (town.path / FILE).write_text("[2029", "utf-8")
    try:
        assert "A0" not in nearest(app.test_client(), "2026-10-01T10:00")
        page = app.test_client().get("/stations/A0")
        assert page.status_code == 200
        assert said not in page.text
        assert said in office.get("/manage/audit").text
        assert said not in unit.get("/account").text
    finally:
        (town.path / FILE).unlink()


def test_from_when_hours_are_not_known_is_published_beside_when_it_opens(town):
    app = create_app(town.path)
    app.config["CLOCK"] = lambda: dt.datetime(2026, 9, 30, 12, tzinfo=dt.UTC)  # 20:00 in the city
    answer = app.test_client().get(f"/api/v1/stations/nearest?lon={LON}&lat={LAT}&k=6")
    found = {f["properties"]["station_id"]: f["properties"] for f in answer.json["features"]}
    names = ("open_text", "opens_at", "may_open_at")
    assert [found["A1"][name] for name in names] == [
        "未开放，明天 9:00 起时间待核实",
        "2026-10-08T09:00+08:00",
        "2026-10-01T09:00+08:00",
    ]
    assert found["A0"]["may_open_at"] is None
