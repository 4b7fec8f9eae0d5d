"""Built and effective coverage on the map: the same as the check, and why a station is left out."""

import shutil
from urllib.parse import unquote
from uuid import uuid4

import pytest
from inspected_town import day, inspect
from pages_town import LAT, LON, MAIN, client, own_town, place, town  # noqa: F401

from stationmap.city import City, serving, visits
from stationmap.city.dossier import dossier
from stationmap.inspections import OPEN, STAFFED
from stationmap.store import Change
from web.app import create_app
from web.view import CityView, Source

WHOLE = f"bbox={LON - 0.02},{LAT - 0.02},{LON + 0.02},{LAT + 0.02}&zoom=16"


@pytest.fixture(scope="module")
def seen(town, tmp_path_factory):  # noqa: F811
    """The town with a station found closed, one that lacks a supply, one stale and one in order."""
    folder = tmp_path_factory.mktemp("seen") / "town"
    shutil.copytree(town.path, folder)
    city = City.open(folder)
    inspect(
        city, "P300", failed=[OPEN, STAFFED, "Q-C8#2"], notes={"Q-C8#2": "插座坏了"}, note="张三"
    )
    inspect(city, "P40", failed=["Q-C8#2"], days_ago=9)
    inspect(city, "P40", met=["Q-C8#2"], days_ago=3)
    inspect(city, "P640", days_ago=city.now().pack.stale_days + 5)
    inspect(city, "P80")
    inspect(city, "P0", failed=[OPEN], visit="self")
    inspect(city, "HOSTILE", failed=["Q-C8#6"])  # advisory
    return city


@pytest.fixture(scope="module")
def here(seen):
    return create_app(seen.path).test_client()


def get(client, path):  # noqa: F811
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 200, response.text
    return response.json


def idle(client, query=""):  # noqa: F811
    found = get(client, f"map/stations?{WHOLE}{query}")["features"]
    return {f["properties"]["station_id"] for f in found if f["properties"]["idle"]}


def test_before_the_first_inspection_effective_coverage_is_unknown(client):  # noqa: F811
    said = get(client, "summary?coverage=effective")
    assert said["effective"] is None
    assert said["coverage"] == "built"
    assert said["built"]["covered_share"] == said["covered_share"]
    card = get(client, "stations/P40")
    assert (card["serves"], card["last_visit"]) == (None, None)
    assert idle(client, "&coverage=effective") == set()


def test_a_units_own_check_makes_effective_coverage_known_no_more_than_none(own_town):  # noqa: F811
    inspect(own_town, "P300", failed=[OPEN], visit="self")
    assert not CityView(own_town.now()).can_tell_serving
    done = inspect(own_town, "P300", failed=[OPEN])
    view = CityView(own_town.now()).by("effective")
    assert view.idle == {"P300"}
    visits.void(
        own_town.register, done.inspection["id"], reason="填错", action=str(uuid4()), by="cli"
    )
    assert not CityView(own_town.now()).can_tell_serving


def test_the_switch_shows_what_the_check_finds(seen, here):
    answers = seen.now()
    built, effective = (answers.spacing(effective=e).summary() for e in (False, True))
    said = get(here, "summary?coverage=effective")
    assert said["coverage"] == "effective"
    assert said["built"]["covered_share"] == pytest.approx(built["covered_share"])
    assert said["effective"]["covered_share"] == pytest.approx(effective["covered_share"])
    assert said["covered_share"] == pytest.approx(said["effective"]["covered_share"])
    assert said["built"]["covered_share"] > said["effective"]["covered_share"]
    assert said["gaps"] == said["effective"]["gaps"] == effective["gaps"]
    assert (said["built"]["stations"], said["effective"]["stations"]) == (5, 3)
    assert (said["effective"]["idle"], said["effective"]["never"]) == (2, 1)
    other = get(here, "summary")
    assert (other["coverage"], other["gaps"]) == ("built", built["gaps"])
    assert other["effective"] == said["effective"]


def test_both_shares_follow_the_filters(here):
    said = get(here, "summary?coverage=effective&district=330802")
    assert said["filtered"]["covered_share"] == said["effective"]["covered_share"]
    assert said["effective"]["frontage_m"] == said["built"]["frontage_m"]
    assert said["effective"]["frontage_m"] < get(here, "summary")["built"]["frontage_m"]


def test_gaps_streets_and_stations_follow(here):
    def of_street(query):
        [street] = get(here, f"streets?q={MAIN}{query}")["streets"]
        strip = get(here, f"streets/{street['street_id']}?{query}")
        lengths = sorted(round(gap[2], -1) for gap in strip["parts"][0]["gaps"])
        beads = [bead["station_id"] for bead in strip["parts"][0]["stations"]]
        return lengths, beads, {gap[5]: gap[2] for gap in strip["parts"][0]["gaps"]}

    built, effective = of_street(""), of_street("&coverage=effective")
    assert built[0] == [220, 340, 360]
    assert effective[0] == [920]
    assert built[1] == ["P0", "P40", "P80", "P300", "P640"]
    assert effective[1] == ["P0", "P40", "P80"]
    [(gap_id, length_m)] = effective[2].items()
    mapped = get(here, f"map/gaps?{WHOLE}&coverage=effective")["features"]
    assert gap_id in {f["properties"]["gap_id"] for f in mapped}
    assert get(here, f"gaps/{gap_id}?coverage=effective")["length_m"] == length_m
    assert idle(here, "&coverage=effective") == {"P300", "P640"}
    assert idle(here) == set()


def test_a_card_says_why_a_station_does_not_serve(seen, here):
    card = get(here, "stations/P300")
    assert card["serves"] is False
    assert [why["text"] for why in card["serves_not"]] == [
        "公布的时间里没有开放",
        "无人值守",
        "五个一物资：一个充电点 不符合",
    ]
    assert {why["on"] for why in card["serves_not"]} == {day(seen)}
    assert card["last_visit"] == {
        "on": day(seen),
        "visit": "supervision",
        "visit_name": "督查",
        "result": "not_met",
        "result_name": "未达标",
    }
    [why] = get(here, "stations/P640")["serves_not"]
    long_ago = day(seen, days_ago=seen.now().pack.stale_days + 5)
    assert (why["kind"], why["on"]) == ("stale", long_ago)


def test_a_gap_names_the_stations_that_stand_in_it_and_what_is_left_once_they_serve(here):
    def of_gaps(query):
        found = get(here, f"map/gaps?{WHOLE}{query}")["features"]
        ids = [f["properties"]["gap_id"] for f in found]
        return [get(here, f"gaps/{own}?{query}") for own in ids]

    built = of_gaps("")
    assert [gap["idle"] for gap in built] == [None] * len(built)
    [gap] = [gap for gap in of_gaps("&coverage=effective") if gap["idle"]]
    idle = gap["idle"]
    assert [one["station_id"] for one in idle["stations"]] == ["P300", "P640"]
    assert [one["text"] for one in idle["stations"][0]["why"]][
        -1
    ] == "五个一物资：一个充电点 不符合"
    same = [one for one in built if one["street"] == gap["street"]]
    assert idle["points_needed"] == sum(one["points_needed"] for one in same)
    assert 0 < idle["points_needed"] < gap["points_needed"]


def test_stations_that_do_not_serve_are_listed_with_their_reasons_by_pages(here, client):  # noqa: F811
    said = get(here, "idle")
    assert said["total"] == get(here, "summary")["effective"]["idle"]
    assert [one["station_id"] for one in said["stations"]] == ["P300", "P640"]
    for one in said["stations"]:
        assert one["why"] == get(here, f"stations/{one['station_id']}")["serves_not"]
    second = get(here, "idle?offset=1&limit=1")
    assert (second["total"], second["stations"]) == (2, said["stations"][1:])
    assert get(client, "idle")["stations"] == []  # unknown before the first inspection


def test_a_second_look_heals_only_what_it_looked_at(own_town):  # noqa: F811
    inspect(own_town, "P300", failed=[OPEN, "Q-C8#2"], days_ago=3)
    inspect(own_town, "P300", met=["Q-C8#2"])

    def reasons():
        answers = own_town.now()
        return serving.standing(answers, "P300", today=answers.today()).reasons

    [why] = reasons()
    assert (why.kind, why.on.isoformat()) == ("closed", day(own_town, days_ago=3))
    inspect(own_town, "P300", met=[OPEN])
    assert reasons() == ()


def test_the_public_hears_of_an_unannounced_visit_on_the_next_day_only(own_town):  # noqa: F811
    here = create_app(own_town.path).test_client()
    inspect(own_town, "P80", days_ago=9)
    inspect(own_town, "P80", failed=[OPEN], visit="covert", days_ago=1)
    told = get(here, "stations/P80")
    assert (told["last_visit"]["visit_name"], told["serves"]) == ("督查", False)
    inspect(own_town, "P300", days_ago=9)
    inspect(own_town, "P300", failed=[OPEN], visit="covert")
    told = get(here, "stations/P300")
    assert (told["last_visit"]["on"], told["serves"]) == (day(own_town, days_ago=9), True)
    assert "covert" not in str(told)


def test_cards_and_the_check_agree_on_every_station(seen, here):
    answers = seen.now()
    stations = answers.stations()
    left_out = answers.idle(answers.today())
    assert left_out == {"P300", "P640"}
    for own in stations.loc[stations["status"] == "active", "station_id"]:
        assert get(here, f"stations/{own}")["serves"] is (own not in left_out), own
    assert get(here, "stations/PLAN")["serves"] is None
    # a unit's own check is no visit of the office
    assert get(here, "stations/P0")["last_visit"] is None


def test_the_checklist_tells_states_and_days_and_nothing_of_people(seen, here):
    response = here.get("/api/v1/stations/P300/checklist")
    lines = {line["key"]: line for line in response.json["lines"]}
    assert list(lines)[:2] == [OPEN, STAFFED]
    assert (lines["Q-C8#2"]["state"], lines["Q-C8#2"]["state_name"]) == ("not_met", "不符合")
    assert lines["Q-C8#2"]["on"] == day(seen)
    assert lines["Q-C8#1"]["state"] == "met"
    assert "Q-C8#6" not in lines  # not asked of a Courtesy Point
    for word in ("插座", "张三", "督查员", '"a1"'):
        assert word not in response.text
        assert word not in here.get("/api/v1/stations/P300").text
    fresh = {line["state"] for line in get(here, "stations/P0/checklist")["lines"]}
    assert fresh == {"unknown"}
    assert here.get("/api/v1/stations/nowhere/checklist").status_code == 404


def test_exports_follow_the_switch(here):
    files = [here.get(f"/download/gaps.kml?coverage={name}") for name in ("built", "effective")]
    assert [response.status_code for response in files] == [200, 200]
    assert files[0].data.count(b"<Placemark") != files[1].data.count(b"<Placemark")
    names = [unquote(response.headers["Content-Disposition"]) for response in files]
    assert ["有效覆盖" in name for name in names] == [False, True]


def test_the_report_on_a_district_tells_the_share_of_that_district(seen):
    now = seen.now()
    check = now.check(rules=["Q-S1"])
    effective = check.summary["coverage"][0]["effective"]
    for code in ("330802", "330803"):
        found = dossier(now, check, rules=["Q-S1"], district=code, lang="zh").frontage.effective
        assert found["covered_share"] == effective["by_district"][code]["covered_share"]
        assert found["covered_share"] != effective["covered_share"]


def test_a_station_that_moved_away_from_the_street_counts_no_more(own_town):  # noqa: F811
    here = create_app(own_town.path).test_client()
    assert get(here, "stations/P640")["counts"] is True
    change = Change("station", "P640", {"geometry": place(640, 300)})
    own_town.register.write([change], action=str(uuid4()), by="cli", kind="move")
    assert get(here, "stations/P640")["counts"] is False
    assert get(here, "summary")["built"]["stations"] == 4


def test_another_word_for_coverage_is_refused(here):
    assert here.get("/api/v1/summary?coverage=some").status_code == 400


def test_a_server_that_was_there_all_along_tells_what_a_new_one_does(own_town):  # noqa: F811
    source, action = Source(own_town), lambda: str(uuid4())
    done = []

    def told(now):
        view = now.by("effective")
        table = view.street_table.drop(columns=["classes", "adcodes"])
        return (
            *(v.figures(words="", street_class="", district="") for v in (now, view)),
            *(sorted(v.counted) for v in (now, view)),
            sorted(view.gaps["gap_id"]),
            table.to_dict("index"),
            sorted(view.stations["station_id"]),
        )

    def moved(own, **columns):
        change = Change("station", own, columns)
        own_town.register.write([change], action=action(), by="cli", kind="edit")

    def voided():
        own = done[0].inspection["id"]
        visits.void(own_town.register, own, reason="填错", action=action(), by="cli")

    for step in (
        lambda: done.append(inspect(own_town, "P300", failed=[OPEN])),
        lambda: inspect(own_town, "P80"),
        lambda: inspect(own_town, "P40", failed=[OPEN]),
        lambda: moved("P80", geometry=place(500, 5)),
        lambda: inspect(own_town, "P640"),
        lambda: moved("P640", status="closed"),
        lambda: inspect(own_town, "P40"),
        voided,
    ):
        step()
        assert told(source.now()) == told(CityView(City.open(own_town.path).now()))
