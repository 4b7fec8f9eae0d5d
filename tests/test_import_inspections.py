"""Inspections from tables and from ODK and Kobo: added once each, every row accounted for."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import small_city

from stationmap.city import City, templates
from stationmap.city.inspections import read_inspections
from stationmap.errors import InputError
from stationmap.inspections import Checklist
from stationmap.io import xlsform
from stationmap.stations import SUPPLIES

FIVE = [f"Q-C8#{n}" for n in range(1, 6)]
POINT = [*FIVE, "Q-C9#1", "visit#1", "visit#2"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_city.make(tmp_path_factory.mktemp("inspected"))


@pytest.fixture
def city(made, tmp_path):
    import shutil

    shutil.copytree(made.path, tmp_path / "town")
    return City.open(tmp_path / "town")


def row(station="A1", item="Q-C8/1", state="符合", day="2026-03-05", **more):
    return {"站点编号": station, "检查项": item, "检查结果": state, "检查日期": day, **more}


def bring(city, tmp_path, rows, *, name="检查.csv", **how):
    return city.import_file("inspections", small_city.table(tmp_path / name, rows), **how)


def kept(city):
    return city.register.rows("inspection")


def answers(city, one):
    return Checklist.of_pack(city.pack).answers(one["found"])


def reasons(report, lang="en"):
    return {e.row: e.refusal.sentences()[0].render(lang) for e in report.entries}


def test_the_rows_of_a_visit_become_one_inspection(city, tmp_path):
    rows = [row(item=key.replace("#", "/")) for key in POINT]
    rows[0] |= {"检查结果": "不符合", "检查方式": "走访", "检查情况": "没有雨伞"}
    for one in rows[1:]:
        one["检查方式"] = "走访"
    report = bring(city, tmp_path, rows)
    assert (report.counts.read, report.counts.accepted, report.entries) == (8, 8, [])
    assert bring(city, tmp_path, rows).counts.unchanged == 8, "rows, not visits"
    (one,) = kept(city)
    assert answers(city, one) == dict.fromkeys(POINT, "met") | {"Q-C8#1": "not_met"}
    assert (one["station_id"], one["visit"], one["result"]) == ("A1", "call", "not_met")
    assert one["inspector_id"] is None
    assert one["details"]["imported"] is True
    assert one["details"]["notes"] == {"Q-C8#1": "没有雨伞"}
    assert one["at"] == "2026-03-04T16:00:00.000+00:00", "midnight in the city"
    assert Checklist.of_content(city.register.get("checklist", one["checklist"])["content"])
    uuid.UUID(one["id"])


def test_the_same_visit_enters_once_whatever_the_file_is_called(city, tmp_path):
    rows = [row(), row("A2")]
    assert bring(city, tmp_path, rows).written
    seq = city.register.seq()
    again = bring(city, tmp_path, rows)
    assert not again.written
    assert city.register.seq() == seq
    other = bring(city, tmp_path, [*reversed(rows), row("A3")], name="别名.csv")
    assert (len(other.diff.same), len(other.diff.new)) == (2, 1)
    assert (other.counts.accepted, other.counts.unchanged) == (3, 2)
    assert sorted(one["station_id"] for one in kept(city)) == ["A1", "A2", "A3"]


def test_a_corrected_file_adds_and_the_correction_decides(city, tmp_path):
    bring(city, tmp_path, [row(state="不符合")])
    assert "A1" in city.now().idle(dt.date(2026, 3, 6))
    bring(city, tmp_path, [row(state="符合")])
    assert len(kept(city)) == 2, "nothing is overwritten"
    assert "A1" not in city.now().idle(dt.date(2026, 3, 6))


def test_a_shorter_edition_takes_nothing_away(city, tmp_path):
    bring(city, tmp_path, [row(), row("A2")])
    report = bring(city, tmp_path, [row("A2")])
    assert report.removed == 0
    assert len(kept(city)) == 2


def test_a_visit_of_later_today_is_still_to_come(city, tmp_path):
    zone = ZoneInfo(city.now().config.time_zone)
    later = (dt.datetime.now(zone) + dt.timedelta(minutes=5)).isoformat(timespec="seconds")
    report = bring(city, tmp_path, [row(day=later), row("A2")])
    assert reasons(report) == {2: f"{later} is still to come"}
    assert [one["station_id"] for one in kept(city)] == ["A2"]


def test_hostile_cells_are_refused_or_harmless(city, tmp_path):
    never = "9999-12-31T23:59:59-14:00"
    report = bring(city, tmp_path, [row(day=never), row("A2", 检查情况="\x1b[31m红")])
    assert reasons(report) == {2: f"{never} is not a day"}
    (one,) = kept(city)
    assert one["details"]["notes"] == {"Q-C8#1": "[31m红"}
    form = "station,visit_kind,visited_at,Q_C8__1,supply_{name}\nA3,call,2026-02-01,met,1e400\n"
    own = next(iter(SUPPLIES))
    (tmp_path / "form.csv").write_text(form.format(name=own), encoding="utf-8")
    assert city.import_file("inspections", tmp_path / "form.csv").written
    assert kept(city)[-1]["details"]["supplies"] == {}


def test_every_row_that_cannot_be_used_says_why(city, tmp_path):
    tomorrow = (city.now().today() + dt.timedelta(days=1)).isoformat()
    rows = [
        row(),
        row("Z9"),
        row(""),
        row(item="Q-X1"),
        row(item="Q-C1/1"),
        row(item="Q-C8/99"),
        row(state="差不多"),
        row(day="2026年"),
        row(day=tomorrow),
        row(state="不符合"),
        row(item="Q-C8", state="不符合", day="2026-03-06"),
        row(item="Q-C9", state="不适用"),
        row(检查方式="路过"),
    ]
    for one in rows:
        one.setdefault("检查方式", "")
    report = bring(city, tmp_path, rows)
    assert report.counts.read == report.counts.accepted + report.counts.quarantined == 13
    assert reasons(report) == {
        3: "the city has no station Z9",
        4: "the row does not say which station was inspected",
        5: "the checklist has no item Q-X1",
        6: "Q-C1/1 is not asked at stations of this type",
        7: "the checklist has no item Q-C8/99",
        8: "the result 差不多 is not known",
        9: "2026年 is not a day",
        10: f"{tomorrow} is still to come",
        11: "row 2 says something else of Q-C8/1 on the same day",
        12: "Q-C8 has several lines, and which of them is not met is not said",
        13: "Q-C9 cannot be left out as not applicable",
        14: "the kind of visit 路过 is not known",
    }
    assert report.quarantine_file.exists()
    (one,) = kept(city)
    assert answers(city, one) == {"Q-C8#1": "met"}
    for entry in report.entries:
        for note in entry.refusal.sentences():
            assert note.render("zh") != note.render("en")


def test_an_item_as_a_whole_speaks_of_its_binding_lines(city, tmp_path):
    bring(city, tmp_path, [row(item="Q-C8"), row(item="走访", state="不符合"), row(item="Q-C9")])
    (one,) = kept(city)
    found = answers(city, one)
    assert found == dict.fromkeys([*FIVE, "Q-C9#1"], "met") | {"visit#1": "not_met"}


def test_what_is_not_looked_at_makes_no_inspection(city, tmp_path):
    report = bring(city, tmp_path, [row(state="未检查"), row("A2", state="未检查"), row("A2")])
    assert report.counts.accepted == 3
    assert [one["station_id"] for one in kept(city)] == ["A2"]


def test_a_file_is_shown_before_it_is_written(city, tmp_path):
    report = bring(city, tmp_path, [row()], dry_run=True)
    assert len(report.diff.new) == 1
    assert kept(city) == []
    assert city.register.rows("checklist") == []


def test_a_county_brings_in_its_own_stations_only(city, tmp_path):
    with pytest.raises(InputError, match="not one of this district"):
        bring(city, tmp_path, [row()], within="999999", lang="en")
    assert kept(city) == []


def test_an_import_is_taken_back_and_the_words_of_the_checklist_stay(city, tmp_path):
    report = bring(city, tmp_path, [row(state="不符合")])
    city.register.undo(report.action, action=str(uuid.uuid4()), by="cli")
    assert kept(city) == []
    assert len(city.register.rows("checklist")) == 1
    assert "A1" not in city.now().idle(dt.date(2026, 3, 6))
    assert bring(city, tmp_path, [row(state="不符合")]).written
    assert len(kept(city)) == 1


def test_the_check_believes_what_was_brought_in(city, tmp_path):
    rows = [row(item=key.replace("#", "/")) for key in POINT]
    rows[0]["检查结果"] = "不符合"
    bring(city, tmp_path, rows)
    found = city.check(rules=["Q-C8"], today=dt.date(2026, 3, 6)).findings
    states = found.set_index("subject_id")["state"].astype(str)
    assert states["A1"] == "not_met"
    assert states["A2"] == "unknown"


def test_the_same_table_still_serves_one_check(city, tmp_path):
    file = small_city.table(tmp_path / "a.csv", [row(state="不符合"), row(item="走访/2")])
    given = read_inspections(file, pack=city.pack)
    assert given[["item", "part", "state"]].to_numpy().tolist() == [
        ["Q-C8", 1, "not_met"],
        ["visit", 2, "met"],
    ]
    assert kept(city) == []


def test_a_visit_by_phone_of_the_same_day_is_the_newer_one(city, tmp_path):
    """A table knows the day alone: it stands at its beginning."""
    bring(city, tmp_path, [row(day="2026-03-05"), row("A2", day="2026-03-05 10:30")])
    assert [one["at"][:16] for one in kept(city)] == ["2026-03-04T16:00", "2026-03-05T02:30"]


# --------------------------------------------------------------------- ODK and Kobo


def answered(station="A1", *, instance="uuid:1", at="2026-03-05T09:30:00.000+08:00", **said):
    """One row of an export of the form: values and headings as the form has them."""
    names = [xlsform.name_of(key) for key in POINT]
    return {
        "start": at,
        xlsform.STATION: station,
        xlsform.SITE_TYPE: "point",
        xlsform.VISIT: "covert",
        xlsform.AT: at,
        **dict.fromkeys(names, "met"),
        **{f"{name}_note": "" for name in names},
        xlsform.NOTE: "",
        "supply_umbrella": "",
        "condition_umbrella": "",
        "_uuid": instance,
        "_id": "41",
        **said,
    }


def test_answers_to_the_form_are_read_back(city, tmp_path):
    said = {
        "Q_C8__1": "not_met",
        "Q_C8__1_note": "伞坏了",
        "visit__2": "not_applicable",
        "Q_C9__1": "",
        "note": "=1+1",
        "supply_umbrella": "2",
        "condition_umbrella": "damaged",
    }
    rows = [answered(**said), answered("A2", instance="uuid:2")]
    report = bring(city, tmp_path, rows)
    assert report.entries == []
    first, second = sorted(kept(city), key=lambda one: one["station_id"])
    expected = dict.fromkeys(POINT, "met") | {"Q-C8#1": "not_met", "visit#2": "not_applicable"}
    del expected["Q-C9#1"]
    assert answers(city, first) == expected
    assert (first["visit"], first["at"]) == ("covert", "2026-03-05T01:30:00.000+00:00")
    assert first["details"]["notes"] == {"Q-C8#1": "伞坏了"}
    assert first["details"]["note"] == "=1+1"
    assert first["details"]["supplies"] == {"umbrella": {"count": 2, "condition": "damaged"}}
    assert second["result"] == "met"
    assert not bring(city, tmp_path, rows).written


def test_answers_with_words_in_the_place_of_values_are_read_too(city, tmp_path):
    lines = Checklist.of_pack(city.pack).by_key
    one = {"站点编号": "A1", "检查日期": "2026-03-05", "检查方式": "督查"}
    one |= {xlsform.label_of(lines[key])["zh"]: "符合" for key in POINT}
    bring(city, tmp_path, [one])
    assert answers(city, kept(city)[0]) == dict.fromkeys(POINT, "met")


def test_two_visits_of_one_day_stay_two_by_their_own_marks(city, tmp_path):
    rows = [answered(instance="uuid:1"), answered(instance="uuid:2", Q_C8__1="not_met")]
    assert bring(city, tmp_path, rows).entries == []
    assert len(kept(city)) == 2


def test_a_table_without_anything_inspected_is_refused(city, tmp_path):
    with pytest.raises(InputError, match="no column 检查项"):
        bring(city, tmp_path, [{"站点编号": "A1", "检查日期": "2026-03-05"}])


def test_the_blank_workbook_offers_every_line(city, tmp_path):
    templates.write(tmp_path / "空白.xlsx", "inspections", pack=city.pack)
    offered = openpyxl.load_workbook(tmp_path / "空白.xlsx").worksheets[2]
    words = {cell.value for line in offered.iter_rows() for cell in line}
    for line in Checklist.of_pack(city.pack).lines:
        assert xlsform.label_of(line)["zh"] in words
