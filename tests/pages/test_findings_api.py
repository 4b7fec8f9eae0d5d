"""The data behind the standards: the check's own findings, asked for in parts."""

import io
from urllib.parse import quote

import numpy as np
import pytest
import shapely
from judged_town import ODD, judged  # noqa: F401
from openpyxl import load_workbook
from pages_town import HOSTILE, LAT, LON, place, town  # noqa: F401

from stationmap.checks.findings import STATES
from stationmap.city import City
from web.app import create_app
from web.findings import SIGNS

WHOLE = f"{LON - 0.02},{LAT - 0.02},{LON + 0.02},{LAT + 0.02}"
HOSPITALS = "Q-T3:presence"
ROUTES = [
    "rules",
    f"rules/{HOSPITALS}/findings",
    f"map/findings?bbox={WHOLE}&zoom=15",
    f"finding?id=Q-T3/presence/facility/{quote(ODD, safe='')}",
    f"facilities/{quote(ODD, safe='')}",
]


def get(client, path):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 200, response.text
    return response.json


@pytest.fixture(scope="module")
def client(judged):  # noqa: F811
    return create_app(judged.path).test_client()


@pytest.fixture(scope="module")
def frame(judged):  # noqa: F811
    return judged.check().findings


# -- rules -----------------------------------------------------------------------------------


def test_rules_stand_in_the_packs_order_with_all_findings_counted(client, judged, frame):  # noqa: F811
    said = get(client, "rules")
    entries = judged.pack.entries()
    assert [row["rule_id"] for row in said["rules"]] == [entry.id for entry in entries]
    assert len({row["key"] for row in said["rules"]}) == len(entries)
    for row, entry in zip(said["rules"], entries, strict=True):
        own = frame[(frame["rule_id"] == entry.id) & (frame["kind"] == entry.kind)]
        for state in set(STATES) - {"not_met"}:
            assert row["counts"][state] == (own["state"] == state).sum(), row["key"]
        short = own[own["state"] == "not_met"]
        assert row["counts"]["advised"] == (short["force"] == "advisory").sum()
        assert row["counts"]["not_met"] == (short["force"] == "binding").sum()
    assert sum(said["counts"].values()) == len(frame)
    assert said["document"]["number"] == "衢市创建办〔2018〕6号"


def test_rules_are_counted_by_district_and_type(client, frame):
    east = get(client, "rules?district=330803")
    assert sum(east["counts"].values()) == frame["adcode"].fillna("").str.startswith("330803").sum()
    kiosks = get(client, "rules?type=kiosk")
    (found,) = [row for row in kiosks["rules"] if row["key"] == "Q-T2:placement"]
    assert found["counts"]["met"] == 1
    (other,) = [row for row in kiosks["rules"] if row["key"] == "Q-T4"]
    assert sum(other["counts"].values()) == 0


def test_what_is_missing_is_named_with_the_way_to_import_it(client):
    missing = {row["layer"]: row for row in get(client, "rules")["missing"]}
    assert "stations:post" not in missing
    assert missing["stations:kiosk"]["kind"] == "stations"
    assert missing["stations:kiosk"]["rows"] == 1
    absent = {layer: row for layer, row in missing.items() if row["rows"] == 0}
    assert absent["units"]["kind"] == "units"
    own = {row["layer"] for row in get(client, f"rules/{HOSPITALS}/findings")["missing"]}
    assert own < set(missing)
    assert "stations:kiosk" not in own


# -- findings of a rule ----------------------------------------------------------------------


def test_shortfalls_come_first_and_pages_make_the_whole(client, frame):
    whole = get(client, f"rules/{HOSPITALS}/findings")
    ranks = [SIGNS.index(row["sign"]) for row in whole["findings"]]
    assert ranks == sorted(ranks)
    assert [row["subject_id"] for row in whole["findings"][:2]] == [ODD, "FAR"]
    own = frame[(frame["rule_id"] == "Q-T3") & (frame["kind"] == "presence")]
    assert whole["total"] == len(whole["findings"]) == len(own)
    assert whole["counts"] == {
        "not_met": 2, "advised": 0, "unknown": len(own) - 3, "met": 1, "not_applicable": 0,
    }  # fmt: skip
    pages = [get(client, f"rules/{HOSPITALS}/findings?limit=4&offset={k}") for k in (0, 4, 8, 12)]
    assert [row for page in pages for row in page["findings"]] == whole["findings"]


def test_findings_are_filtered_by_state_district_type_and_words(client):
    def ids(query):
        found = get(client, f"rules/{HOSPITALS}/findings?{query}")
        assert found["total"] == len(found["findings"])
        return [row["subject_id"] for row in found["findings"]]

    assert ids("state=met") == ["NEAR"]
    assert ids("state=met,not_met") == [ODD, "FAR", "NEAR"]
    assert ids("state=not_met&district=330802") == [ODD]
    assert ids("q=远处") == ["FAR"]
    assert ids("q=ONERROR") == [ODD]
    assert ids("q=%25") == []
    assert ids("type=kiosk") == []
    # counts are of all states, so that another one can be chosen
    assert get(client, f"rules/{HOSPITALS}/findings?state=met")["counts"]["not_met"] == 2


def test_a_finding_says_what_where_and_by_which_clause(client, frame):
    path = f"finding?id=Q-T3/presence/facility/{quote(ODD, safe='')}"
    chinese, english = get(client, path), get(client, f"{path}&lang=en")
    assert (chinese["sign_name"], english["sign_name"]) == ("不符合", "Not met")
    assert HOSTILE in chinese["message"]
    assert chinese["subject_name"] == HOSTILE
    assert (chinese["document"], chinese["clause"]) == ("衢市创建办〔2018〕6号", "附件3 第一条")
    assert chinese["about"]["text"].startswith("医院")
    assert chinese["limit"] == 50
    assert chinese["place"] == pytest.approx(place(200, 100), abs=2e-6)
    assert chinese["district"] == "柯城区"
    met = get(client, "finding?id=Q-T3/presence/facility/NEAR")
    assert met["measured"] == pytest.approx(10, abs=0.2)


def test_a_rule_tells_its_clause_and_what_is_assumed(client):
    rule = get(client, "rules/Q-S1/findings")["rule"]
    assert rule["force_name"] == "约束性"
    assert rule["article"] == "附件3 第一条"
    assert "站点距街道不超过 30 米，即计入该街道" in rule["assumed"]
    assumed = get(client, f"rules/{HOSPITALS}/findings")["rule"]["assumed"]
    assert "站点在场所之内或距其不超过 50 米，即视为设在该处" in assumed


# -- one subject -----------------------------------------------------------------------------


def test_a_facility_says_what_it_meets_and_what_not(client):
    near, odd = get(client, "facilities/NEAR"), get(client, f"facilities/{quote(ODD, safe='')}")
    assert [row["sign"] for row in near["findings"]] == ["met"]
    assert [row["sign"] for row in odd["findings"]] == ["not_met"]
    assert odd["findings"][0]["clause"] == "附件3 第一条"
    assert odd["name"] == HOSTILE
    assert near["category"] == "医院"
    assert get(client, "facilities/NEAR?lang=en")["category"] == "Hospital"
    park = get(client, "facilities/w92")
    assert len(park["lines"][0]) == 5


def test_a_station_says_what_it_meets_and_why_it_does_not_count(client, frame):
    station = get(client, "stations/HOSTILE")
    own = frame[(frame["subject_kind"] == "station") & (frame["subject_id"] == "HOSTILE")]
    assert len(station["findings"]) == len(own) > 5
    (found,) = [row for row in station["findings"] if row["rule"] == "Q-T2:placement"]
    assert (found["sign"], found["clause"]) == ("met", "附件3 第一条")
    reasons = {
        "HOSTILE": "只有有礼点计入",
        "PLAN": "未在正常运行",
        "LOST": "尚未定位",
        "P80": None,
    }
    for station_id, why in reasons.items():
        said = get(client, f"stations/{station_id}")
        assert said["counts_not"] == why
        assert said["counts"] is (why is None)


# -- viewports -------------------------------------------------------------------------------


def test_the_map_shows_each_subject_once_with_the_worst_of_it(client, frame):
    found = get(client, f"map/findings?bbox={WHOLE}&zoom=15")
    keys = [
        (f["properties"]["subject_kind"], f["properties"]["subject_id"]) for f in found["features"]
    ]
    assert len(keys) == len(set(keys)) == found["total"]
    placed = frame[~shapely.is_missing(frame.geometry.to_numpy())]
    assert set(keys) == set(zip(placed["subject_kind"], placed["subject_id"], strict=True))
    signs = {key: f["properties"]["sign"] for key, f in zip(keys, found["features"], strict=True)}
    short = (placed["state"] == "not_met") & (placed["force"] == "advisory")
    own = placed.assign(sign=placed["state"].astype(str).mask(short, "advised"))
    for (kind, subject), rows in own.groupby(["subject_kind", "subject_id"], observed=True):
        assert signs[kind, subject] == min(rows["sign"], key=SIGNS.index)
    assert signs["station", "POST"] == "unknown"  # met where it stands, its parent is not known
    assert signs["facility", "NEAR"] == "met"


def test_the_map_takes_kinds_states_and_filters(client):
    def ids(query):
        found = get(client, f"map/findings?bbox={WHOLE}&zoom=15&{query}")
        return {f["properties"]["subject_id"] for f in found["features"]}

    assert ids("kind=presence&state=not_met") == {ODD, "FAR"}
    assert ids("kind=presence&state=not_met,met") == {ODD, "FAR", "NEAR", "w92"}
    assert ids(f"rule={HOSPITALS}&state=met") == {"NEAR"}
    assert ids("rule=Q-T3&state=met") <= {"NEAR", "POST"}
    assert ids("kind=presence&state=not_met&district=330802") == {ODD}
    assert ids("kind=presence&type=kiosk") == {"w92"}
    assert ids("rule=NONE") == set()


def test_a_viewport_holds_what_lies_in_it(client):
    (west, south), (east, north) = place(100, 50), place(300, 150)
    found = get(client, f"map/findings?bbox={west},{south},{east},{north}&zoom=17&kind=presence")
    assert [f["properties"]["subject_id"] for f in found["features"]] == [ODD]


def test_far_away_findings_are_gathered_and_none_is_lost(judged, monkeypatch):  # noqa: F811
    own = create_app(judged.path).test_client()
    near = get(own, f"map/findings?bbox={WHOLE}&zoom=12")
    far = get(own, f"map/findings?bbox={WHOLE}&zoom=11")
    assert (near["gathered"], far["gathered"]) == (False, True)
    assert sum(f["properties"]["count"] for f in far["features"]) == near["total"]
    for sign in SIGNS:
        assert sum(f["properties"][sign] for f in far["features"]) == sum(
            f["properties"]["sign"] == sign for f in near["features"]
        )
    monkeypatch.setattr("web.findings.MAX_FINDINGS", 2)
    assert get(own, f"map/findings?bbox={WHOLE}&zoom=16")["gathered"]


# -- the headline ----------------------------------------------------------------------------


def test_the_headline_follows_the_filters(client, judged):  # noqa: F811
    gaps, whole = judged.gaps(), get(client, "summary")
    assert whole["filtered"] is None
    for query, keep in (
        ("class=commercial", gaps["street_class"] == "commercial"),
        ("district=330803", gaps["adcode"] == "330803"),
        ("q=水亭", gaps["street_name"] == "水亭街"),
    ):
        some = get(client, f"summary?{query}")["filtered"]
        assert some["gaps"] == keep.sum() > 0
        assert some["points_needed"] == gaps.loc[keep, "points_needed"].sum()
        assert 0 < some["frontage_m"] < whole["frontage_m"]
    parts = [get(client, f"summary?district={code}")["filtered"] for code in ("330802", "330803")]
    for name in ("frontage_m", "gaps", "points_needed"):
        assert sum(part[name] for part in parts) == pytest.approx(whole[name])
    covered = sum(part["frontage_m"] * part["covered_share"] for part in parts)
    assert covered == pytest.approx(whole["covered_m"])
    assert get(client, "summary?q=nowhere")["filtered"]["covered_share"] is None


# -- mistakes, and what is kept --------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["rules/NONE/findings", "finding?id=none", "finding", "facilities/none", "facilities/"]
)
def test_what_is_not_there_is_a_404(client, path):
    assert client.get(f"/api/v1/{path}").status_code == 404


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("rules?type=bus", "type"),
        ("rules/Q-S1/findings?state=fine", "state"),
        ("rules/Q-S1/findings?limit=x", "limit"),
        (f"map/findings?bbox={WHOLE}&zoom=15&kind=colour", "kind"),
        (f"map/findings?bbox={WHOLE}", "zoom"),
    ],
)
def test_a_mistake_is_said_in_one_sentence(client, path, word):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 400
    assert word in response.json["detail"]


@pytest.mark.parametrize("route", ROUTES)
def test_an_unchanged_answer_is_not_sent_again(client, route):
    first = client.get(f"/api/v1/{route}")
    assert first.status_code == 200
    again = client.get(f"/api/v1/{route}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_new_day_is_another_answer(judged, monkeypatch):  # noqa: F811
    import datetime as dt

    own = create_app(judged.path).test_client()
    first = own.get("/api/v1/rules")
    later = dt.date(2031, 1, 2)
    monkeypatch.setattr("web.view.CityView.today", property(lambda self: later))
    again = own.get("/api/v1/rules", headers={"If-None-Match": first.headers["ETag"]})
    assert again.json["date"] == "2031-01-02"


# -- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "sign"),
    [
        ("report.xlsx", b"PK"),
        ("report.docx?rule=Q-T3", b"PK"),
        (f"report.gpkg?rule={HOSPITALS}&district=330802", b"SQLite format 3"),
        ("template/stations.xlsx", b"PK"),
    ],
)
def test_files_are_taken_away_under_a_safe_name(client, file, sign):
    response = client.get(f"/download/{file}")
    assert response.status_code == 200
    assert response.data.startswith(sign)
    named = response.headers["Content-Disposition"]
    assert named.startswith("attachment; filename=")
    assert not set(named) & set("/\\<>|\n")


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("report.exe", 404),
        ("report.xlsx?rule=NONE", 404),
        ("report.xlsx?district=1", 400),
        ("template/none.xlsx", 404),
        ("template/..%2Fstations.xlsx", 404),
    ],
)
def test_other_files_are_not(client, file, status):
    assert client.get(f"/download/{file}").status_code == status


# -- other cities ----------------------------------------------------------------------------


@pytest.mark.parametrize("standard", ["ordos-2018", "simao-2015", "zhanjiang-2018"])
def test_a_standard_without_spacing_answers_everything(judged, tmp_path, standard):  # noqa: F811
    from pages_town import osm_file

    city = City.create(tmp_path / "other", standard=standard)
    city.import_file("osm", osm_file(tmp_path / "town.osm"))
    own = create_app(city.path).test_client()
    assert own.get("/").status_code == 200
    summary = get(own, "summary?q=x")
    assert (summary["streets"], summary["has_rule"]) == (0, False)
    assert get(own, "streets?class=&q=x")["total"] == 0
    assert get(own, f"map/gaps?bbox={WHOLE}&zoom=15")["features"] == []
    rules = get(own, "rules")["rules"]
    assert [row["rule_id"] for row in rules] == [entry.id for entry in city.pack.entries()]
    for row in rules:
        assert get(own, f"rules/{row['key']}/findings?lang=en")["rule"]["text"]
    assert get(own, f"map/findings?bbox={WHOLE}&zoom=15")["total"] >= 0


def test_a_city_without_anything_has_findings_too(tmp_path):
    City.create(tmp_path / "empty", standard="quzhou-2018")
    own = create_app(tmp_path / "empty").test_client()
    assert own.get("/").status_code == 200
    counts = get(own, "rules")["counts"]
    assert counts["not_met"] == counts["met"] == 0
    assert counts["unknown"] > 0
    found = get(own, "map/findings?bbox=-180,-90,180,90&zoom=3")
    assert found["features"] == []
    assert not np.isnan(found["total"])


# -- tables ----------------------------------------------------------------------------------


def sheet(client, path):
    response = client.get(f"/download/{path}")
    assert response.status_code == 200
    rows = list(load_workbook(io.BytesIO(response.data)).active.iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("query", ["", "district=330802", "class=main", "q=大道"])
def test_the_gaps_of_the_list_are_those_of_the_workbook(client, query):
    listed = get(client, f"streets?{query}")
    rows = sheet(client, f"gaps.xlsx?{query}")
    if "class" not in query and "district" not in query:
        assert len(rows) == listed["gaps"]
        assert sum(row["需增设"] for row in rows) == listed["points_needed"]
    figures = get(client, f"summary?{query}")
    figures = figures["filtered"] or figures
    assert (len(rows), sum(row["需增设"] for row in rows)) == (
        figures["gaps"],
        figures["points_needed"],
    )
    for row in rows:
        found = get(client, f"gaps/{quote(row['空白路段编号'], safe='')}")
        assert row["长度（米）"] == found["length_m"]
        lons, lats = zip(*found["line"], strict=True)
        assert min(lons) <= row["经度"] <= max(lons)
        assert min(lats) <= row["纬度"] <= max(lats)


@pytest.mark.parametrize(
    ("ending", "sign"),
    [("gpkg", b"SQLite format 3"), ("kml", b"<?xml"), ("png", b"\x89PNG")],
)
def test_gaps_are_taken_away_as_maps(client, ending, sign):
    assert client.get(f"/download/gaps.{ending}").data.startswith(sign)


def test_indicators_are_taken_away_with_the_figures_of_the_panel(client):
    shown = get(client, "indicators")["indicators"]
    rows = sheet(client, "indicators.xlsx")
    for one in shown:
        own = [row for row in rows if row["规定编号"] == one["id"]]
        assert len(own) == len(one["rows"]) + one["units_total"]
        for said in one["rows"]:
            (row,) = [row for row in own if row["名称"] == said["name"]]
            assert row["现值"] == said["value"]
    assert client.get("/download/indicators.csv").data.decode("utf-8-sig").startswith("指标,")


@pytest.mark.parametrize(
    ("file", "status"),
    [("gaps.exe", 404), ("gaps.pdf", 404), ("gaps.xlsx?class=x", 400), ("indicators.gpkg", 404)],
)
def test_other_tables_are_not(client, file, status):
    assert client.get(f"/download/{file}").status_code == status


# -- one subject -----------------------------------------------------------------------------


def test_a_gap_tells_its_street_and_others_do_not(client, frame):
    gap = frame.loc[frame["subject_kind"] == "gap", "subject_id"].iloc[0]
    said = get(client, f"finding?id={quote(f'Q-S1/spacing/gap/{gap}', safe='')}")
    assert said["strip"]["gap"] == gap
    strip = get(client, f"streets/{quote(said['strip']['street'], safe='')}")
    assert gap in {one[-1] for part in strip["parts"] for one in part["gaps"]}
    other = get(client, "finding?id=Q-T3/presence/facility/FAR")
    assert other["strip"] is None


@pytest.mark.parametrize("kind", ["area", "city"])
def test_a_finding_brings_all_others_of_its_subject(client, frame, kind):
    own = frame[frame["subject_kind"] == kind]
    subject = own["subject_id"].value_counts().index[0]
    own = own[own["subject_id"] == subject]
    assert len(own) > 1
    first = own["finding_id"].iloc[0]
    said = get(client, f"finding?id={quote(first, safe='')}")
    assert {one["finding_id"] for one in said["findings"]} == set(own["finding_id"]) - {first}


def test_ways_of_working_are_listed_with_what_serves_them(client, judged):  # noqa: F811
    said = get(client, "rules")["processes"]
    assert [one["rule_id"] for one in said] == [entry.id for entry in judged.pack.processes]
    assert all(one["text"] and one["served_by"] and one["article"] for one in said)
