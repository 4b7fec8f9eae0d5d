"""Imports into the register: one action each, three-way, in an office's area, all or nothing."""

import json
import shutil
import subprocess
import sys
import textwrap
import uuid

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import small_city
from small_city import LAT, LON, station_rows, table

from stationmap.city import City, layers
from stationmap.city.versions import SourceRecord, Store
from stationmap.errors import CityError, Conflict, InputError
from stationmap.store import Change, Register

WEST, EAST = "330802", "330803"
PERSON, MOBILE = "张三丰", "13812345678"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A town of two districts with nothing in its register; A0, A1, A2 of its rows lie west."""
    folder = tmp_path_factory.mktemp("made")
    city = small_city.make(folder, stations=False)
    halves = [shapely.box(LON - 1, LAT - 1, LON + 0.002, LAT + 1)]
    halves += [shapely.box(LON + 0.002, LAT - 1, LON + 1, LAT + 1)]
    rows = {"name": ["柯城区", "衢江区"], "adcode": [WEST, EAST], "level": [6, 6]}
    gpd.GeoDataFrame(rows, geometry=halves, crs=4326).to_file(folder / "districts.gpkg")
    city.import_file("districts", folder / "districts.gpkg")
    city.register.close()
    return city


@pytest.fixture
def town(made, tmp_path):
    return City.open(shutil.copytree(made.path, tmp_path / "town"))


def bring(city, rows, *, kind="stations", name="list.csv", **options):
    if kind == "stations":
        options.setdefault("datum", "wgs84")
    return city.import_file(kind, table(city.path.parent / name, rows), **options)


def edit(city, own, *, entity="station", by="someone", **columns):
    city.register.write(
        [Change(entity, own, columns or None)], action=str(uuid.uuid4()), by=by, kind="edit"
    )


def said(report):
    return " | ".join(warning.render("en") for warning in report.warnings)


def reasons(report):
    return {e.row: e.refusal.sentences()[0].render("en") for e in report.entries}


def everything(register):
    return {
        name: frame.drop(columns=["created", "version"]).to_dict("records")
        for name, frame in register.snapshot().frames.items()
    } | {"contact": [r["person"] for r in register.rows("contact")]}


# --------------------------------------------------------------------- one action


def test_an_import_is_one_action_that_can_be_undone(town):
    before, seq = everything(town.register), town.register.seq()
    report = bring(town, station_rows(3), by="account-1")
    action = town.register.action(report.action)
    assert (action.by, action.kind, action.note, action.events) == (
        "account-1",
        "import",
        "list.csv",
        4,
    )
    assert [line.id for line in report.diff.new] == ["A0", "A1", "A2"]
    town.register.undo(report.action, action=str(uuid.uuid4()), by="account-1")
    assert everything(town.register) == before
    assert town.sources() == [r for r in town.sources() if r.kind != "stations"]
    # what an undo took away is no removal by hand
    again = bring(town, station_rows(3))
    assert len(again.diff.new) == len(town.stations()) == 3
    assert town.register.seq() > seq


def test_the_same_file_twice_makes_no_event(town):
    bring(town, station_rows(3))
    seq = town.register.seq()
    again = bring(town, station_rows(3))
    assert town.register.seq() == seq
    assert (again.written, again.action, again.counts.unchanged) == (False, None, 3)


def test_an_import_sent_twice_is_done_once_and_another_file_is_refused(town):
    action = str(uuid.uuid4())
    first = bring(town, station_rows(3), action=action)
    seq = town.register.seq()
    second = bring(town, station_rows(3), action=action)
    assert first.action == second.action == action
    assert town.register.seq() == seq
    with pytest.raises(Conflict):
        bring(town, station_rows(4), action=action)
    assert town.register.seq() == seq


def test_an_edit_made_while_a_list_comes_in_is_not_lost(town, monkeypatch):
    bring(town, station_rows(3))
    write, edits = Register.write, ["人工地址"]

    def late(register, changes, *, kind, **options):
        if kind == "import" and edits:
            edit(City(town.path), "A0", address=edits.pop())
        return write(register, changes, kind=kind, **options)

    monkeypatch.setattr(Register, "write", late)
    rows = [row | {"名称": f"新{k}"} for k, row in enumerate(station_rows(3))]
    assert len(bring(town, rows).diff.changed) == 3
    row = town.register.get("station", "A0")
    assert (row["name"], row["address"]) == ("新0", "人工地址")
    assert not edits


# --------------------------------------------------------------------- three ways


def test_what_was_edited_here_outlives_the_next_edition(town):
    rows = [row | {"地址": "人民路"} for row in station_rows(4)]
    bring(town, rows)
    edit(town, "A0", name="手改")
    edit(town, "A1", geometry=(LON, LAT + 0.001))
    edit(town, "A3", name="手改三")
    newer = [row | {"地址": "新桥街"} for row in rows[:3]]
    newer[2] |= {"名称": "新二"}
    report = bring(town, newer)
    frame = town.stations().set_index("station_id")
    assert frame.loc["A0", "name"] == "手改"
    assert frame.loc["A1"].geometry.y == LAT + 0.001
    assert frame.loc["A2", "name"] == "新二"
    assert frame["address"].tolist() == ["新桥街"] * 3 + ["人民路"]
    assert [line.id for line in report.diff.kept] == ["A3"]
    assert "1 rows that list had brought are not in list.csv, but were changed here" in said(report)
    assert not report.diff.conflicts


def test_a_conflict_is_told_with_its_row_and_the_edit_stays(town):
    bring(town, station_rows(3))
    edit(town, "A1", name="手改")
    rows = station_rows(3)
    rows[1]["名称"] = "新名"
    report = bring(town, rows)
    (line,) = report.diff.conflicts
    assert (line.id, line.row, line.fields[0].after) == ("A1", 3, "新名")
    assert "1 rows were changed both here and in list.csv" in said(report)
    assert town.register.get("station", "A1")["name"] == "手改"
    assert not bring(town, rows).written


def test_a_row_that_cannot_be_used_now_holds_what_it_brought(town):
    nameless = {k: v for k, v in station_rows(4)[3].items() if k != "编号"}
    bring(town, [*station_rows(3), nameless])
    rows = [*station_rows(3), nameless | {"状态": "?"}]
    rows[1] |= {"经度": "东"}
    report = bring(town, rows)
    assert (report.counts.quarantined, report.removed, len(report.diff.held)) == (2, 0, 2)
    assert len(town.stations()) == 4
    assert "2 rows that list had brought stay as they are" in said(report)


def test_what_was_removed_here_stays_removed(town):
    bring(town, station_rows(3))
    edit(town, "A1")
    report = bring(town, [*station_rows(2), station_rows(4)[3]])
    assert [line.id for line in report.diff.removed_by_hand] == ["A1"]
    assert sorted(town.stations()["station_id"]) == ["A0", "A3"]
    assert "were removed here by hand and stay removed" in said(report)


def test_corrections_add_and_mend_and_miss_nothing(town):
    bring(town, [*station_rows(2), station_rows(3)[2] | {"经度": "东"}], complete=True)
    edit(town, "A1", address="手改")
    corrected = station_rows(3)[2]
    report = bring(town, [corrected], name="更正.csv", sets={"source": "list"}, add=True)
    assert (report.removed, len(report.diff.new)) == (0, 1)
    assert len(town.stations()) == 3
    (record,) = [r for r in town.sources() if r.kind == "stations"]
    assert (record.read, record.accepted, record.quarantined) == (3, 3, 0)
    assert record.file == "list.csv"
    assert record.complete
    again = bring(town, [corrected], name="更正.csv", sets={"source": "list"}, add=True)
    assert not again.written
    # a correction without a column leaves it alone
    bring(town, [{"编号": "A0", "名称": "改", "类型": "有礼点"}], sets={"source": "list"}, add=True)
    assert town.stations().geometry.notna().all()


def test_a_station_placed_by_hand_is_located_whatever_its_list_says(town):
    rows = [*station_rows(2), {"编号": "B", "名称": "某站", "类型": "有礼点"}]
    assert bring(town, rows).counts.to_locate == 1
    edit(town, "B", geometry=(LON, LAT), adcode=WEST)
    report = bring(town, rows)
    assert (report.counts.to_locate, report.written) == (0, False)


def test_a_station_that_names_its_unit_is_the_unit_s_once_that_is_known(town):
    rows = station_rows(3)
    for row, unit in zip(rows, ("市图书馆", "两馆", "U9"), strict=True):
        row["所属单位"] = unit
    bring(town, rows)
    units = [
        {"单位名称": name, "统一社会信用代码": f"U{k}"}
        for k, name in enumerate(("市图书馆", "两馆", "两馆"))
    ]
    bring(town, units, kind="units")
    report = bring(town, rows)
    assert [(line.id, line.fields[0].name) for line in report.diff.changed] == [("A0", "unit_id")]
    held = {r["id"]: (r["unit_id"], r["unit"]) for r in town.register.rows("station")}
    assert held == {"A0": ("U0", "市图书馆"), "A1": (None, "两馆"), "A2": (None, "U9")}


def test_a_station_is_no_unit_s_of_another_county_that_is_called_as_its_own(town):
    rows = station_rows(3)
    for row, unit, county in zip(
        rows, ("图书馆", "图书馆", "三馆"), ("330803", "330802", "330803"), strict=True
    ):
        row |= {"所属单位": unit, "行政区划代码": county, "经度": "", "纬度": ""}
    units = [
        {"单位名称": "图书馆", "统一社会信用代码": "U1", "行政区划代码": "330803"},
        # an id is chosen by whoever lists the unit
        {"单位名称": "别的", "统一社会信用代码": "三馆", "行政区划代码": "330802"},
    ]
    bring(town, units, kind="units")
    bring(town, rows)
    held = {r["id"]: r["unit_id"] for r in town.register.rows("station")}
    assert held == {"A0": "U1", "A1": None, "A2": None}


def test_a_list_that_gets_ids_keeps_its_stations_and_they_are_found_by_them(town):
    rows = [{k: v for k, v in row.items() if k != "编号"} for row in station_rows(3)]
    bring(town, rows)
    held = town.stations()["station_id"].tolist()
    edit(town, held[0], address="手改")
    report = bring(town, station_rows(3))
    assert (len(report.diff.same), report.removed, report.counts.unchanged) == (3, 0, 3)
    assert town.stations()["station_id"].tolist() == held
    bring(town, [{"项目名称": "项目", "站点编号": "A1"}], kind="projects")
    assert town.now().table("projects")["station_id"].tolist() == [held[1]]


def test_counts_are_one_row_each_and_a_new_period_takes_the_place_of_the_old(town):
    rows = [{"区划代码": WEST, "注册志愿者人数": 5, "时期": "2026Q1"}]
    bring(town, rows, kind="indicators")
    report = bring(town, [rows[0] | {"注册志愿者人数": 6}], kind="indicators")
    assert [f.after for f in report.diff.changed[0].fields] == [6.0]
    report = bring(town, [rows[0] | {"时期": "2026Q2"}], kind="indicators")
    assert (len(report.diff.new), len(report.diff.missing)) == (1, 1)


@pytest.mark.parametrize("word", ["合计", "柯城区小计", "总计：12个", "共计"])
def test_totals_are_told_apart_from_other_rows(town, word):
    report = bring(town, [*station_rows(2), {"编号": "", "名称": word, "类型": "", "经度": ""}])
    assert (report.counts.quarantined, report.totals) == (1, 1)


# --------------------------------------------------------------------- another list


def test_two_offices_with_one_file_name_are_told_before_anything_is_replaced(town):
    bring(town, station_rows(3))
    others = [
        {
            "编号": f"A{k}",
            "名称": f"别处{k}",
            "类型": "有礼点",
            "经度": LON + k / 900,
            "纬度": LAT + 0.004,
        }
        for k in range(3)
    ]
    before = everything(town.register)
    assert "list is the name of another list" in said(bring(town, others, dry_run=True))
    with pytest.raises(InputError, match=r"none of the 3 rows .* --set source=NAME"):
        bring(town, others)
    assert everything(town.register) == before
    bring(town, others, sets={"source": "别处"})
    assert sorted(town.stations()["station_id"])[3:] == ["别处-A0", "别处-A1", "别处-A2"]
    bring(town, others, replace=True)
    assert set(town.stations()["name"]) == {"别处0", "别处1", "别处2"}


# --------------------------------------------------------------------- within an area


def test_rows_outside_an_area_are_set_aside_wherever_they_say_they_are(town):
    rows = station_rows(6)
    rows[4] |= {"所属区县": "柯城区"}  # it lies east
    rows += [
        {"编号": "B1", "名称": "无坐标", "类型": "有礼点"},
        {"编号": "B2", "名称": "东边", "类型": "有礼点", "所属区县": "衢江"},
        {"编号": "B3", "名称": "西边", "类型": "有礼点", "所属区县": "柯城"},
        {"编号": "B4", "名称": "城外", "类型": "有礼点", "经度": LON + 5, "纬度": LAT},
    ]
    report = bring(town, rows, within=WEST)
    told = reasons(report)
    assert sorted(told) == [5, 6, 7, 9, 11]
    assert told[6] == told[9] == "it belongs to 衢江区, not to 柯城区"
    assert told[11] == "its place lies in no district of the city, so not in 柯城区"
    held = {r["id"]: r["adcode"] for r in town.register.rows("station")}
    assert held == dict.fromkeys(["A0", "A1", "A2", "B1", "B3"], WEST)


def test_an_office_changes_its_own_part_of_a_list_that_it_shares(town):
    bring(town, station_rows(6), complete=True)
    rows = [row | {"地址": "新桥街"} for row in station_rows(2)]
    report = bring(town, rows, within=WEST, complete=True)
    assert [line.id for line in report.diff.missing] == ["A2"]
    frame = town.stations().set_index("station_id")
    assert sorted(frame.index) == ["A0", "A1", "A3", "A4", "A5"]
    assert frame["address"].notna().sum() == 2
    (record,) = [r for r in town.sources() if r.kind == "stations"]
    assert record.file == "list.csv"
    # another office's list of the same name is told, and its ids are not taken
    far = [{"编号": "X", "名称": "远", "类型": "有礼点", "经度": LON, "纬度": LAT + 0.01}]
    bring(town, station_rows(6)[3:], name="east.csv", within=EAST, sets={"source": "east"})
    with pytest.raises(InputError, match="name of another list"):
        bring(town, far, name="east.csv", within=WEST)
    taken = [row | {"经度": LON, "名称": "占用"} for row in station_rows(6)[3:4]]
    report = bring(town, [*rows, *taken], within=WEST)
    assert "the id A3 is that of a row of the same list outside 柯城区" in reasons(report)[4]


def test_what_an_office_declares_complete_is_its_own_part(town):
    bring(town, station_rows(3), within=WEST, complete=True)
    assert town.complete("stations:point") == {WEST}


def test_tables_keep_within_the_area_of_whom_they_belong_to(town):
    bring(town, station_rows(6))
    units = [
        {"单位名称": "市图书馆", "统一社会信用代码": "U1", "县（市、区）": "柯城区"},
        {"单位名称": "东馆", "统一社会信用代码": "U2", "县（市、区）": "衢江区"},
        {"单位名称": "某馆", "统一社会信用代码": "U3"},
    ]
    assert sorted(reasons(bring(town, units, kind="units", within=WEST))) == [3]
    assert {r["id"]: r["adcode"] for r in town.register.rows("unit")} == {"U1": WEST, "U3": WEST}
    projects = [
        {"项目名称": f"项目{k}", "站点编号": s} for k, s in enumerate(("A0", "A5", "无此站"))
    ]
    told = reasons(bring(town, projects, kind="projects", within=WEST))
    assert told[3] == "it belongs to 衢江区, not to 柯城区"
    assert told[4] == "nothing tells that it belongs to 柯城区"
    counts = [{"区划代码": code, "注册志愿者人数": 5, "时期": "2026"} for code in (WEST, EAST)]
    assert sorted(reasons(bring(town, counts, kind="indicators", within=WEST))) == [3]


def test_the_map_of_the_whole_city_is_no_office_s_own(town):
    with pytest.raises(InputError, match="one map for the whole city"):
        bring(town, [{"名称": "店", "经度": LON, "纬度": LAT}], kind="shops", within=WEST)


# --------------------------------------------------------------------- persons


def people(rows):
    return [
        row | {"联系人": PERSON, "联系电话": MOBILE, "服务电话": "0570-3021234"} for row in rows
    ]


def test_persons_are_kept_apart_from_public_facts(town):
    report = bring(town, people(station_rows(2)))
    assert [(r["id"], r["person"], r["phone"]) for r in town.register.rows("contact")] == [
        ("A0", PERSON, MOBILE),
        ("A1", PERSON, MOBILE),
    ]
    assert town.register.get("station", "A0")["phone"] == "0570-3021234"
    public = str(town.register.snapshot().frames) + json.dumps(report.to_json(), ensure_ascii=False)
    public += str(town.register.rows("station")) + town.stations().to_csv()
    assert PERSON not in public
    assert MOBILE not in public
    assert not bring(town, people(station_rows(2))).written


def test_a_mobile_number_is_nobody_s_public_telephone(town):
    row = station_rows(1)[0] | {"服务电话": f"0570-3021234、{MOBILE}", "备注": "x"}
    bring(town, [row | {"负责人": "李四 110101199003077777"}])
    assert town.register.get("station", "A0")["phone"] == "0570-3021234"
    contact = town.register.get("contact", "A0")
    assert contact["phone"] == MOBILE
    assert "110101199003077777" not in contact["person"]


def test_contacts_are_merged_and_never_told(town):
    bring(town, people(station_rows(3)))
    edit(town, "A1", entity="contact", person="王五")
    rows = people(station_rows(2))
    for row in rows:
        row["联系人"] = "赵六"
    report = bring(town, rows)
    assert [r["person"] for r in town.register.rows("contact")] == ["赵六", "王五"]
    assert [line.fields[0].name for line in report.diff.conflicts] == ["contact"]
    assert "赵六" not in json.dumps(report.to_json(), ensure_ascii=False)
    assert report.counts.unchanged == 1
    assert not bring(town, rows).written
    without = [{k: v for k, v in row.items() if k[:2] != "联系"} for row in rows]
    bring(town, without)
    assert [r["person"] for r in town.register.rows("contact")] == ["王五"]


# --------------------------------------------------------------------- registers of before


def old_register(city):
    """Write layers as the program before kept them."""
    rows = station_rows(3)
    data = {
        "station_id": [r["编号"] for r in rows],
        "name": [r["名称"] for r in rows],
        "type": "point",
        "source": "list",
    }
    points = [shapely.Point(r["经度"], r["纬度"]) for r in rows]
    stations = layers.conform("stations", gpd.GeoDataFrame(data, geometry=points, crs=4326))
    units = pd.DataFrame({"id": ["U1"], "name": ["馆"], "civilised": [None], "source": ["u"]})
    counts = pd.DataFrame(
        {"subject": [WEST], "count": ["registered"], "value": [7.0], "source": ["i"]}
    )
    record = SourceRecord(
        kind="stations",
        source="list",
        file="list.csv",
        sha256="0",
        imported_at="2026-01-01T00:00:00+00:00",
        datum="wgs84",
        crs=None,
        read=3,
        accepted=3,
        quarantined=0,
        complete={"stations:point": ["*"]},
    )
    held = {"stations": stations, "units": layers.conform("units", units)}
    held["counts"] = layers.conform("counts", counts)
    Store(city.path / "register").write(held, sources=[record], base=None)


def test_a_register_of_before_is_taken_over_once(town):
    old_register(town)
    later = City.open(town.path)
    assert later.stations()["station_id"].tolist() == ["A0", "A1", "A2"]
    assert later.now().table("units")["id"].tolist() == ["U1"]
    assert later.now().table("counts")["value"].tolist() == [7.0]
    assert later.complete("stations:point") == {"*"}
    assert [a.kind for a in later.register.actions()] == ["adopt"]
    assert not (town.path / "register").exists()
    assert (town.path / "register.old" / "current").is_file()
    seq = later.register.seq()
    assert City.open(town.path).register.seq() == seq
    # an import that was interrupted between the database and the folder
    (town.path / "register.old").rename(town.path / "register")
    assert City.open(town.path).register.seq() == seq
    assert (
        later.import_file(
            "stations", table(town.path.parent / "list.csv", station_rows(3)), datum="wgs84"
        ).counts.unchanged
        == 3
    )


def test_an_old_folder_beside_a_register_in_use_is_asked_about(town):
    bring(town, station_rows(2))
    old_register(town)
    with pytest.raises(CityError, match="rename that folder"):
        City.open(town.path)


# --------------------------------------------------------------------- killed, and on PostGIS


@pytest.fixture(params=["sqlite", "postgis"])
def kept(town, request):
    """The town with its register in either database."""
    if request.param == "postgis":
        url = request.getfixturevalue("postgis_address")()
        path = town.path / "city.toml"
        text = path.read_text("utf-8")
        assert text.count('url = ""') == 1
        path.write_text(text.replace('url = ""', f'url = "{url}"'), "utf-8")
    return City.open(town.path)


def test_lists_come_in_and_go_again_on_either_database(kept):
    bring(kept, people(station_rows(3)), by="account-1")
    edit(kept, "A0", name="手改")
    rows = [
        row | {"地址": "新桥街", "名称": f"新{k}"} for k, row in enumerate(people(station_rows(2)))
    ]
    before = everything(kept.register)
    report = bring(kept, rows)
    assert (len(report.diff.changed), len(report.diff.missing)) == (2, 1)
    assert [line.id for line in report.diff.conflicts] == ["A0"]
    assert not bring(kept, rows).written
    assert kept.stations()["name"].tolist() == ["手改", "新1"]
    kept.register.undo(report.action, action=str(uuid.uuid4()), by="account-1")
    # rows that come back are the last
    after = everything(kept.register)
    assert sorted(map(str, after.pop("station"))) == sorted(map(str, before.pop("station")))
    assert sorted(after.pop("contact")) == sorted(before.pop("contact"))
    assert after == before


def test_an_import_killed_at_any_moment_leaves_all_or_nothing(kept, tmp_path):
    """One process forks importers and kills them at random moments of what one import takes."""
    old = table(tmp_path / "old.csv", people(station_rows(6)))
    rows = [row | {"名称": f"新{k}"} for k, row in enumerate(people(station_rows(200)))]
    new = table(tmp_path / "new.csv", rows)
    kept.register.close()
    done = subprocess.run(
        [sys.executable, "-c", FORKS, kept.path, old, new, "8"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["before"] > 1
    assert found["after"] > 1
    assert found["before"] + found["after"] == 8


FORKS = textwrap.dedent(
    """
    import json, os, random, signal, sys, time
    from pathlib import Path
    import stationmap.city.preview  # all that an import needs is loaded before the forks
    from stationmap.city import City

    folder, old, new = map(Path, sys.argv[1:4])
    kills = int(sys.argv[4])

    def forked(do):
        # the parent only forks: neither threads nor connections are ever copied
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(write, json.dumps(do()).encode())
                os._exit(0)
            except BaseException as error:
                os.write(write, json.dumps(repr(error)).encode())
                os._exit(1)
        os.close(write)
        return pid, os.fdopen(read, "rb")

    def answer(pid, stream):
        found = stream.read()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return code, json.loads(found) if found else None

    def bring(file):
        started = time.monotonic()
        City.open(folder).import_file("stations", file, datum="wgs84", sets={"source": "list"})
        return time.monotonic() - started

    def state():
        city = City.open(folder)
        stations = sorted((r["id"], r["name"]) for r in city.register.rows("station"))
        people = sorted(r["id"] for r in city.register.rows("contact"))
        (record,) = [r for r in city.sources() if r.kind == "stations"]
        return [stations, people, record.accepted, record.sha256], len(city.register.actions())

    def done(do, *args):
        code, found = answer(*forked(lambda: do(*args)))
        assert code == 0, found
        return found

    done(bring, old)
    before = done(state)[0]
    took = done(bring, new)
    after = done(state)[0]
    assert len(before[0]) == len(before[1]) == 6 and len(after[0]) == len(after[1]) == 200
    found = {"before": 0, "after": 0}
    rng = random.Random(3)
    for number in range(kills):
        done(bring, old)
        left, actions = done(state)
        assert left == before
        pid, stream = forked(lambda: bring(new))
        # two at once and two never, so that both ends are seen whatever the load of the machine is
        time.sleep(rng.uniform(0, took) if number > 1 else 0)
        if number < kills - 2:
            os.kill(pid, signal.SIGKILL)
        answer(pid, stream)
        left, later = done(state)
        assert (left, later) in ((before, actions), (after, actions + 1)), "between"
        found["before" if left == before else "after"] += 1
        done(bring, new)
        assert done(state)[0] == after, "a second run does not mend"
    print(json.dumps(found))
    """
)
