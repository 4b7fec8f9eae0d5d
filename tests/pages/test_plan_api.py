"""Plans over HTTP: the same as the library's, refused in sentences, as files, changing nothing."""

import io
import zipfile
from threading import BoundedSemaphore

import geopandas as gpd
import numpy as np
import pytest
import signed_in
from docx import Document
from openpyxl import load_workbook
from pages_town import MAIN, client, town  # noqa: F401

from stationmap.city.plans import PlanAsked
from web import plan_api


def get(client, query=""):  # noqa: F811
    response = client.get(f"/api/v1/plan{query}")
    assert response.status_code == 200, response.text
    return response.json


@pytest.fixture(scope="module")
def found(client):  # noqa: F811
    return get(client)


def test_the_answer_is_the_plan_of_the_library(found, town):  # noqa: F811
    plan = town.now().plan(PlanAsked())
    told = [one["properties"]["proposal_id"] for one in found["proposals"]["features"]]
    assert told == plan.proposals["proposal_id"].tolist()
    assert len(found["curve"]) == len(told) + 1
    assert found["summary"]["bound"] == plan.summary["bound"]
    assert found["summary"]["before"]["gaps"] == len(town.now().gaps(with_planned=True))


def test_hosts_reasons_and_assumptions_are_said_in_the_readers_language(client, found):  # noqa: F811
    english = get(client, "?lang=en")
    pairs = zip(found["proposals"]["features"], english["proposals"]["features"], strict=True)
    for zh, en in pairs:
        assert zh["properties"]["type_name"] == "有礼点"
        assert en["properties"]["type_name"] == "Courtesy Point"
    assert all("文件" not in text for text in english["summary"]["assumptions"])
    assert found["summary"]["assumptions"] != english["summary"]["assumptions"]


def test_a_budget_and_a_street_narrow_the_plan(client, found):  # noqa: F811
    one = get(client, "?budget=1")
    assert len(one["proposals"]["features"]) == 1
    of_street = get(client, f"?street={MAIN}&free_standing=1")
    names = {one["properties"]["street_name"] for one in of_street["proposals"]["features"]}
    assert names == {MAIN}
    assert of_street["summary"]["after"]["gaps"] == 0
    assert found["summary"]["streets"] == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?budget=0", "cannot add any"),
        ("?budget=-3", "cannot add any"),
        ("?budget=many", "expected a whole number"),
        ("?district=9", "there is no district 9"),
        ("?rule=Q-C1", "cannot be met by adding stations"),
        ("?free_standing=perhaps", "expected one of"),
        ("?within=500&weight=3", "weight, within cannot be asked for here"),
        ("?" + "&".join(f"street={n}" for n in range(60)), "too many"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(client, query, says):  # noqa: F811
    response = client.get(f"/api/v1/plan{query}&lang=en")
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert says in response.json["detail"]


def test_a_street_that_is_not_there_is_not_found(client):  # noqa: F811
    response = client.get("/api/v1/plan?street=nowhere&lang=en")
    assert response.status_code == 404
    assert "there is no street" in response.json["detail"]


def test_a_plan_changes_nothing_and_is_kept_until_the_data_change(client, town):  # noqa: F811
    before = town.version
    first = client.get("/api/v1/plan")
    again = client.get("/api/v1/plan", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, town.version) == (304, before)


def test_who_plans_and_what_is_kept_wait_for_no_stranger(client, found, monkeypatch):  # noqa: F811
    monkeypatch.setattr(plan_api, "_PLACES", BoundedSemaphore(1))
    plan_api._PLACES.acquire()
    assert client.get("/api/v1/plan?budget=3").status_code == 503
    assert len(get(client)["curve"]) == len(found["curve"])
    planner = signed_in.client(client.application, role="planner")
    assert get(planner, "?budget=3")["summary"]["budget"] == 3


def test_places_are_rounded_but_for_those_who_plan(client, town):  # noqa: F811
    """A rounded place could open a gap again once it is adopted."""
    planner = signed_in.client(client.application, role="planner")
    exact, rounded = (
        get(c, "?free_standing=1")["proposals"]["features"] for c in (planner, client)
    )
    pairs = np.array(
        [
            (own["geometry"]["coordinates"], other["geometry"]["coordinates"])
            for own, other in zip(exact, rounded, strict=True)
        ]
    )
    decimals = town.now().config.published.decimals
    assert (pairs[:, 1] == pairs[:, 0].round(decimals)).all()
    assert (pairs[:, 1] != pairs[:, 0]).any()


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "xlsx", "docx"])
def test_files_hold_the_plan(client, found, tmp_path, ending):  # noqa: F811
    response = client.get(f"/api/v1/plan.{ending}")
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    count = len(found["proposals"]["features"])
    data = io.BytesIO(response.data)
    if ending == "gpkg":
        (tmp_path / "plan.gpkg").write_bytes(response.data)
        assert len(gpd.read_file(tmp_path / "plan.gpkg", layer="proposals")) == count
    elif ending == "geojson":
        assert (gpd.read_file(data)["layer"] == "proposals").sum() == count
    elif ending == "xlsx":
        rows = list(load_workbook(data, read_only=True)["新增点位"].iter_rows(values_only=True))
        assert sum(row[1] == "拟设" for row in rows) == count
    else:
        text = "\n".join(p.text for p in Document(data).paragraphs)
        assert "布点方案" in text
        assert len(zipfile.ZipFile(data).namelist()) > 5


def test_other_endings_are_not_there(client):  # noqa: F811
    assert client.get("/api/v1/plan.exe").status_code == 404
