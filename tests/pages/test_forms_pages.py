"""Forms to take away, and inspections brought in on the import page."""

import csv
import io

import pytest
from openpyxl import load_workbook
from pages_town import own_town, town  # noqa: F401
from signed_in import client
from test_import_page import _inside, choose, post, undo_path, upload  # noqa: F401

from stationmap.inspections import Checklist
from stationmap.io import xlsform
from web.app import create_app


@pytest.fixture
def app(own_town):  # noqa: F811
    return create_app(own_town.path)


def active(app):
    frame = app.extensions["city"].stations()
    return frame[(frame["status"] == "active") & (frame["type"] == "point")].iloc[0]


def kept(app):
    return app.extensions["city"].register.rows("inspection")


def table(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_the_forms_of_every_type_can_be_taken_away(app):
    page = client(app, role="inspector")
    shown = page.get("/manage/forms").text
    for site in app.extensions["city"].pack.site_types:
        assert site.name.zh in shown
        printed = page.get(f"/manage/forms/sheet?type={site.id}")
        assert f"{site.name.zh}检查单" in printed.text
        assert printed.headers["Cache-Control"]
    assert page.get("/manage/forms/sheet.css").mimetype == "text/css"
    book = page.get("/manage/forms/form.xlsx")
    assert book.data.startswith(b"PK")
    assert page.get("/manage/forms/sheet?type=nothing").status_code == 404


def test_a_sheet_of_a_station_is_for_those_who_look_after_it(app):
    station = active(app)
    path = f"/manage/forms/sheet?station={station['station_id']}"
    assert station["name"] in client(app).get(path).text
    assert client(app, role="county", adcode="999999").get(path).status_code == 404
    assert app.test_client().get(path).status_code in (302, 303)


def test_the_form_offers_the_stations_of_the_account_alone(app):
    station = active(app)

    def offered(page):
        book = load_workbook(io.BytesIO(page.get("/manage/forms/form.xlsx").data))
        return {row[1].value for row in book["choices"] if row[0].value == "station"}

    assert station["station_id"] in offered(client(app, role="inspector"))
    other = client(app, role="inspector", adcode="999999")
    assert offered(other) == set()


def test_answers_of_the_form_come_in_by_the_page(app):
    station, page = active(app), client(app)
    lines = Checklist.of_pack(app.extensions["city"].pack).of_type("point")
    row = {"station": station["station_id"], "visit_kind": "covert", "visited_at": "2026-03-05"}
    row |= {xlsform.name_of(line.key): "met" for line in lines}
    at = upload(page, table(row), kind="inspections")
    assert choose(page, at, add=None).location.endswith("/rows")
    shown = page.get(f"{at}/rows").text
    assert station["name"] in shown
    assert kept(app) == []
    assert post(page, f"{at}/rows").location.endswith("/done")
    (one,) = kept(app)
    assert one["result"] == "met"
    assert post(page, undo_path(page, at)).status_code == 303
    assert kept(app) == []


def test_a_county_brings_in_inspections_of_its_own_stations(app):
    station = active(app)
    row = {
        "站点编号": station["station_id"],
        "检查项": "走访",
        "检查结果": "符合",
        "检查日期": "2026-03-05",
    }
    page = client(app, role="county", adcode=station["adcode"][:6])
    at = upload(page, table(row), kind="inspections")
    choose(page, at, add=None)
    assert post(page, f"{at}/rows").location.endswith("/done")
    assert len(kept(app)) == 1
    other = client(app, role="county", adcode="999999")
    at = upload(other, table(row), kind="inspections")
    choose(other, at, add=None)
    assert "不在本区县" in other.get(f"{at}/columns").text
    assert len(kept(app)) == 1
