"""The number of stations in the city, in counties and in communities."""

from facts_builder import COUNTY, facts, rule, square

from stationmap.checks import count, findings
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN
from stationmap.standards import CountRule

OTHER = "330803"


def said(complete=("stations",), **known):
    fields = {k: known.pop(k) for k in ("per", "at_least", "at_most", "heads_only") if k in known}
    one = rule(CountRule, site_type="home", **fields)
    frame = findings.frame(count.check(one, facts(complete=complete, **known)), lang="en")
    return {row.subject_id: (row.state, row.measured) for row in frame.itertuples()}


def home(adcode=COUNTY, **more):
    return {"type": "home", "adcode": adcode} | more


COUNTIES = [
    {"adcode": c, "name": n, "level": 6, "geometry": None}
    for c, n in ((COUNTY, "柯城区"), (OTHER, "衢江区"))
]


def test_the_city_has_its_own_head_station_beside_those_of_its_counties():
    counties = [home(name="柯城区志愿者之家"), home(OTHER, name="衢江区志愿者之家")]
    city = home(name="衢州市志愿者之家")
    one = {"districts": COUNTIES, "heads_only": True}
    assert said(per="city", **one) == {"330800": (NOT_MET, 0)}
    assert said(per="city", stations=[*counties, city], **one) == {"330800": (MET, 1)}
    assert said(per="city", stations=counties, **one)["330800"][0] == UNKNOWN
    # with or without the city's as their parent, each county has one of its own
    for parent in (None, "S2"):
        held = [{**row, "parent_id": parent} for row in counties]
        found = said(per="county", at_most=1, stations=[*held, city], **one)
        assert found == {COUNTY: (MET, 1), OTHER: (MET, 1)}


def test_a_second_head_station_in_a_county_is_one_too_many_once_the_citys_is_told():
    city = home(name="衢州市志愿者之家")
    second = [home(name="柯城区志愿者之家"), home(name="柯城区第二志愿者之家")]
    one = {"districts": COUNTIES, "heads_only": True, "at_most": 1, "per": "county"}
    assert said(stations=[city, *second], **one)[COUNTY] == (NOT_MET, 2)
    unnamed = [home(name=None) for _ in range(3)]
    assert said(stations=unnamed, **one) == {COUNTY: (UNKNOWN, 3), OTHER: (NOT_MET, 0)}


def test_too_many_are_too_many_whatever_is_declared_and_too_few_are_unknown():
    stations = [home(), home()]
    assert said((), per="city", at_most=1, stations=stations)["330800"][0] == NOT_MET
    assert said((), per="city", at_least=3, stations=stations)["330800"][0] == UNKNOWN


def test_every_county_has_its_own_and_stations_of_its_communities_are_its():
    counties = [{"adcode": c, "name": c, "level": 6, "geometry": None} for c in (COUNTY, OTHER)]
    towns = [{"adcode": "330802001", "name": "街道", "level": 8, "geometry": None}]
    found = said(
        {"stations:home": [COUNTY]},
        per="county",
        districts=[*counties, *towns],
        stations=[home("330802001001"), home(OTHER, status="suspended")],
    )
    assert found == {COUNTY: (MET, 1), OTHER: (UNKNOWN, 0)}


def test_communities_count_what_lies_inside_them():
    zones = [
        {"kind": "community", "adcode": COUNTY, "urban": urban, "geometry": square(x, 0)}
        for x, urban in ((0, True), (200, False), (400, None), (600, True))
    ]
    zones.append({"kind": "community", "adcode": COUNTY, "urban": True, "geometry": None})
    stations = [home(x=50, y=50), home(x=60, y=50), home(x=250, y=50), home()]
    found = said(per="community", zones=zones, stations=stations)
    assert found == {
        "Z0": (MET, 2),
        "Z1": (MET, 1),
        "Z2": (NOT_MET, 0),
        "Z3": (NOT_MET, 0),
        "Z4": (UNKNOWN, 0),
    }
    found = said(per="city_community", zones=zones, stations=stations)
    assert found == {"Z0": (MET, 2), "Z2": (UNKNOWN, 0), "Z3": (NOT_MET, 0), "Z4": (UNKNOWN, 0)}


def test_without_communities_the_city_says_what_to_import_until_they_are_declared():
    assert said(per="community")["330800:community"][0] == UNKNOWN
    assert said(("stations", "community"), per="community") == {}
