"""Services: projects of stations at a kind of place, against the services for it."""

import pytest
from facts_builder import CLAUSE, facts, place, rule, square

from stationmap.checks import services
from stationmap.checks.findings import frame
from stationmap.standards import ServicesRule, load

RULE = rule(
    ServicesRule,
    force="advisory",
    at=["library"],
    within_m=50.0,
    offers=[{"zh": "讲解导览", "en": "Guided tours"}, {"zh": "信息咨询"}],
)
PACK = load("quzhou-2018").model_copy(update={"rules": (RULE,)})
LIBRARY = {"name": "市图书馆", "category": "library", "geometry": place(0, 0)}


def said(*projects, stations=({"x": 10, "y": 0},), lang="zh", **given):
    rows = [{"station_id": "S0", **project} for project in projects]
    known = facts(pack=PACK, stations=stations, projects=rows, **{"facilities": [LIBRARY]} | given)
    return frame(services.check(RULE, known), lang=lang)


@pytest.mark.parametrize(
    ("project", "state"),
    [
        ({"service": "讲解导览"}, "met"),
        ({"service": "讲解"}, "met"),
        ({"service": "周末讲解导览服务"}, "met"),
        ({"service": "家政服务"}, "not_met"),
        ({"service": "家政服务", "name": "信息咨询"}, "not_met"),
        ({"name": "信息咨询台"}, "met"),
        ({"name": "暖心行动"}, "unknown"),
    ],
)
def test_a_project_is_among_the_services_by_its_words(project, state):
    found = said(project)
    assert found["state"].tolist() == [state]
    assert found["force"].tolist() == ["advisory"]


def test_one_other_service_is_enough_and_named():
    found = said({"service": "讲解"}, {"service": "家政"}, {"service": "维修"}, {"name": "其他"})
    assert found["measured"].tolist() == [2]
    assert found["message"][0] == "站0（市图书馆）：以下不在该类场所的服务内容之列：家政、维修"


def test_without_projects_it_is_unknown_unless_they_are_complete():
    assert said()["state"].tolist() == ["unknown"]
    assert said(complete=["projects"])["state"].tolist() == ["not_applicable"]


@pytest.mark.parametrize(("x", "found"), [(49.999, 1), (50.001, 0)])
def test_only_stations_at_such_a_place(x, found):
    assert len(said({"service": "讲解"}, stations=[{"x": x, "y": 0}])) == found


def test_inside_an_outline_and_at_two_places_at_once():
    outline = LIBRARY | {"geometry": square(-500, -500, side=1000.0), "name": "新馆"}
    found = said({"service": "讲解"}, facilities=[LIBRARY, outline])
    assert found["subject_id"].tolist() == ["S0"]


def test_projects_of_other_stations_are_not_its_own():
    stations = [{"x": 10, "y": 0}, {"x": 5000, "y": 0}]
    found = said({"service": "家政", "station_id": "S1"}, {"station_id": None}, stations=stations)
    assert found["state"].tolist() == ["unknown"]


def test_the_assumed_distance_is_told():
    assert not said({"service": "讲解"})["assumed"][0]
    left_out = ServicesRule.model_validate(
        {"id": "T", "kind": "services", "clause": CLAUSE, "at": ["library"],
         "offers": [{"zh": "讲解"}]}
    )  # fmt: skip
    known = facts(pack=PACK, stations=[{"x": 1, "y": 0}], facilities=[LIBRARY])
    assert frame(services.check(left_out, known), lang="zh")["assumed"][0]


def test_only_stations_of_the_types_that_the_rule_names_are_asked():
    one = RULE.model_copy(update={"site_types": ("home",)})
    pack = PACK.model_copy(update={"rules": (one,)})
    stations = [{"x": 0, "y": 0, "type": "home"}, {"x": 0, "y": 0, "type": "post"}]
    known = facts(pack=pack, stations=stations, facilities=[LIBRARY], complete=["projects"])
    assert list(frame(services.check(one, known), lang="zh")["subject_id"]) == ["S0"]


def test_of_several_places_the_nearest_is_named_whatever_their_order():
    near = {"id": "F9", "name": "区图书馆", "category": "library", "geometry": place(15, 0)}
    for sites in ([LIBRARY, near], [near, LIBRARY]):
        assert "（区图书馆）" in said({"service": "讲解"}, facilities=sites)["message"][0]
