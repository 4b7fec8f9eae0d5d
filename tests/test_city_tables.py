"""Units, projects, activities, counts and exemptions: every row read, or set aside with why."""

import datetime as dt
import math
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
import small_city
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import LAT, LON, station_rows, table

from stationmap.city import City, layers, values
from stationmap.city.kinds import KINDS
from stationmap.city.kinds_counts import COUNTS
from stationmap.errors import CityError, InputError
from stationmap.io import headings

DATA = Path(__file__).parents[2] / "shared" / "data"
POPULATION = DATA / "county-population-2020" / "population.csv"

UNITS = [
    {
        "单位名称": "市图书馆",
        "统一社会信用代码": "12330800A",
        "县（市、区）": "柯城区",
        "是否文明单位": "省级文明单位",
        "有无志愿服务组织": "有",
        "志愿汇账号": "tsg",
        "职工人数": "1,234",
    },
    {
        "单位名称": "市文化馆",
        "统一社会信用代码": "12330800B",
        "县（市、区）": "衢江区",
        "是否文明单位": "否",
        "有无志愿服务组织": "未成立",
        "志愿汇账号": "无",
        "职工人数": "",
    },
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A town of two districts, with stations A0 … A5 called 有礼点0 … 有礼点5."""
    folder = tmp_path_factory.mktemp("made")
    city = small_city.make(folder)
    halves = [shapely.box(LON - 1, LAT - 1, LON + 0.002, LAT + 1)]
    halves += [shapely.box(LON + 0.002, LAT - 1, LON + 1, LAT + 1)]
    rows = {"name": ["柯城区", "衢江区"], "adcode": ["330802", "330803"], "level": [6, 6]}
    gpd.GeoDataFrame(rows, geometry=halves, crs=4326).to_file(folder / "districts.gpkg")
    city.import_file("districts", folder / "districts.gpkg")
    return city


@pytest.fixture
def town(made, tmp_path):
    return City.open(shutil.copytree(made.path, tmp_path / "town"))


def bring(city, kind, rows, *, name=None, **options):
    return city.import_file(
        kind, table(city.path.parent / (name or f"{kind}.csv"), rows), **options
    )


def reasons(report):
    return {e.row: e.refusal.sentences()[0].render("en") for e in report.entries}


def said(report, lang="en"):
    return [warning.render(lang) for warning in report.warnings]


def counted(report):
    counts = report.counts
    assert counts.read == counts.accepted + counts.quarantined
    assert counts.quarantined == len(report.entries)
    return counts.read, counts.accepted, counts.quarantined


# --------------------------------------------------------------------- units


def test_units_are_read_as_an_office_writes_them(town):
    report = bring(town, "units", UNITS)
    assert counted(report) == (2, 2, 0)
    frame = town.now().table("units")
    assert type(frame) is pd.DataFrame
    assert list(frame.columns) == list(layers.TABLES["units"])
    assert frame["id"].tolist() == ["12330800A", "12330800B"]
    assert frame["adcode"].tolist() == ["330802", "330803"]
    assert [frame["civilised"][k] for k in (0, 1)] == [True, False]
    assert [frame["organisation"][k] for k in (0, 1)] == [True, False]
    assert frame["platform_id"][0] == "tsg"
    assert frame["platform_id"].isna()[1]
    assert frame["headcount"][0] == 1234
    assert math.isnan(frame["headcount"][1])
    assert set(frame["source"]) == {"units"}
    assert report.datum is None
    assert report.counts.to_locate == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"职工人数": "约500"}, "职工人数: 约500 is not a number"),
        ({"职工人数": "-3"}, "职工人数: -3 is negative"),
        ({"职工人数": "3.5"}, "职工人数: 3.5 is not a whole number"),
        ({"职工人数": "12%"}, "职工人数: 12% is not a number"),
        ({"是否文明单位": "也许"}, "也许 does not say whether this is a civilised unit"),
        ({"有无志愿服务组织": "?"}, "? does not say whether the unit has"),
        ({"单位名称": "", "统一社会信用代码": ""}, "the row has no name"),
        ({"统一社会信用代码": "12330800A"}, "the id 12330800A stands already in row 2"),
        ({"单位名称": "合 计", "统一社会信用代码": ""}, "the row is a total of others"),
    ],
)
def test_a_wrong_unit_is_set_aside_and_the_others_are_kept(town, change, reason):
    report = bring(town, "units", [UNITS[0], UNITS[1] | change])
    assert counted(report) == (2, 1, 1)
    assert reasons(report)[3].startswith(reason)
    assert len(town.now().table("units")) == 1
    listed = pd.read_csv(report.quarantine_file)
    assert listed["行号"].tolist() == [3]
    assert listed.loc[0, ["原因", "处理建议"]].notna().all()


@pytest.mark.parametrize("words", [("", None), ("是", True), ("√", True), ("无", False)])
@pytest.mark.parametrize("lists", ["是否文明单位", "有无志愿服务组织"])
def test_what_nobody_says_is_unknown_and_neither_yes_nor_no(town, words, lists):
    bring(town, "units", [UNITS[0] | {lists: words[0]}])
    column = "civilised" if "文明" in lists else "organisation"
    assert town.now().table("units")[column][0] is words[1]


def test_the_same_list_twice_changes_nothing_and_a_new_edition_replaces_its_own(town):
    first = bring(town, "units", UNITS)
    bring(town, "units", [{"单位名称": "别的单位"}], name="other.csv")
    before = town.version
    again = bring(town, "units", UNITS)
    assert first.written
    assert not again.written
    assert again.counts.unchanged == 2
    assert town.version == before
    newer = bring(town, "units", [UNITS[0] | {"职工人数": "9"}])
    assert (newer.counts.unchanged, newer.removed) == (0, 1)
    assert "1 rows that units had brought before" in said(newer)[0]
    frame = town.now().table("units").set_index("source")
    assert frame.loc["units", "headcount"] == 9
    assert frame.loc["other", "name"] == "别的单位"


def test_ids_of_another_source_are_not_taken(town):
    bring(town, "units", UNITS)
    bring(town, "units", UNITS[:1], name="other.csv")
    assert town.now().table("units")["id"].tolist() == ["12330800A", "12330800B", "other-12330800A"]


def test_persons_columns_are_not_stored_and_that_is_said(town, tmp_path):
    row = UNITS[0] | {"负责人": "张三丰", "联系电话": "13812345678", "备注": "好"}
    report = bring(town, "units", [row])
    assert [n.render("en") for n in report.notes] == [
        "columns about persons are not stored: 负责人, 联系电话"
    ]
    stored = b"".join(p.read_bytes() for p in town.path.rglob("*.parquet"))
    frames = town.now().table("units").to_csv()
    assert "张三丰" not in frames
    assert "13812345678" not in frames
    assert "张三丰".encode() not in stored


def test_a_dry_run_writes_nothing(town):
    before = town.version
    report = bring(town, "units", UNITS, dry_run=True)
    assert counted(report) == (2, 2, 0)
    assert not report.written
    assert town.version == before


# --------------------------------------------------------------------- projects


@pytest.mark.parametrize(
    ("said_", "found"),
    [
        ("线上", "online"),
        ("线下", "offline"),
        ("线上、线下", "online;offline"),
        ("微信公众号", "online"),
        ("公示栏", "offline"),
        ("志愿汇、上墙", "online;offline"),
        ("未发布", None),
        ("", None),
        ("online, offline", "online;offline"),
    ],
)
def test_channels_are_understood(town, said_, found):
    bring(town, "projects", [{"项目名称": "借伞", "站点编号": "A0", "发布渠道": said_}])
    value = town.now().table("projects")["published"][0]
    assert (None if pd.isna(value) else value) == found


def test_projects_find_their_station_by_id_or_name_and_say_which_are_unknown(town):
    rows = [
        {"项目名称": "借伞", "站点编号": "A0", "站点名称": "随便", "服务类别": "便民"},
        {"项目名称": "送水", "站点编号": "", "站点名称": "有礼点3"},
        {"项目名称": "义诊", "站点编号": "Z9", "站点名称": ""},
        {"项目名称": "无主", "站点编号": "", "站点名称": ""},
        {"项目名称": "", "站点编号": "A0", "站点名称": ""},
        {"项目名称": "电台", "站点编号": "A0", "发布渠道": "电报"},
    ]
    report = bring(town, "projects", rows)
    assert counted(report) == (6, 3, 3)
    assert [r.split(":")[0] for r in reasons(report).values()] == [
        "the row does not say whose project it is",
        "the row has no name",
        "the channel 电报 is not known",
    ]
    assert len(said(report)) == 1
    assert said(report)[0].startswith("1 rows name a station that the city does not know")
    frame = town.now().table("projects")
    assert frame["station_id"].tolist() == ["A0", "A3", "Z9"]
    assert frame["service"][0] == "便民"


def test_a_name_that_two_stations_share_finds_neither(town):
    bring(
        town,
        "stations",
        [r | {"名称": "同名"} for r in station_rows(2)],
        name="list.csv",
        datum="wgs84",
    )
    report = bring(town, "projects", [{"项目名称": "借伞", "站点名称": "同名"}])
    assert "1 rows name a station" in said(report)[0]
    assert town.now().table("projects")["station_id"].tolist() == ["同名"]


# --------------------------------------------------------------------- activities


ACTIVITY = {
    "活动名称": "学雷锋日",
    "日期": "2026年3月5日",
    "地点": "广场",
    "站点编号": "A1",
    "服务对象": "老人 13812345678",
    "服务内容": "理发",
    "时长": "2.5",
    "服务质量": "好",
    "负责岗位": "站长",
    "记录岗位": "值班岗",
    "是否上报": "是",
}


def test_activities_have_the_fields_of_the_service_record(town):
    report = bring(town, "activities", [ACTIVITY])
    row = town.now().table("activities").iloc[0]
    assert row["name"] == "学雷锋日"
    assert row["date"] == pd.Timestamp(2026, 3, 5)
    assert (row["place"], row["station_id"], row["content"]) == ("广场", "A1", "理发")
    assert (row["hours"], row["quality"], row["reported"]) == (2.5, "好", True)
    assert (row["post_in_charge"], row["post_recording"]) == ("站长", "值班岗")
    assert row["served"] == "老人 …"
    assert said(report) == ["phone and identity numbers in 1 cells were taken out"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"日期": ""}, "the row has no date"),
        ({"日期": "3月5日"}, "3月5日 is not a day"),
        ({"日期": "2026-02-30"}, "2026-02-30 is not a day"),
        ({"时长": "半天"}, "时长: 半天 is not a number"),
        ({"是否上报": "可能"}, "可能 does not say whether it was reported"),
    ],
)
def test_a_wrong_activity_is_set_aside(town, change, reason):
    report = bring(town, "activities", [ACTIVITY, ACTIVITY | {"活动名称": "二"} | change])
    assert counted(report) == (2, 1, 1)
    assert reasons(report)[3] == reason


def test_whose_activity_it_was_may_be_said_by_its_unit_or_place(town):
    bring(town, "units", UNITS)
    blank = ACTIVITY | {"站点编号": ""}
    rows = [
        blank | {"单位名称": "市图书馆"},
        blank | {"地点": "有礼点2"},
        blank | {"地点": "无名处"},
        blank | {"单位名称": "没有的单位"},
    ]
    report = bring(town, "activities", rows)
    frame = town.now().table("activities").astype("object")
    frame = frame.where(frame.notna(), None)
    assert frame["unit_id"].tolist() == ["12330800A", None, None, "没有的单位"]
    assert frame["station_id"].tolist() == [None, "A2", None, None]
    assert [s[:37] for s in said(report)[:2]] == [
        "1 rows name a unit that the city does",
        "1 activities name neither a station n",
    ]


def test_days_of_a_workbook_are_read_whatever_their_cell_is(town, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["活动名称", "日期", "站点编号", "时长（分钟）"])
    days = [dt.datetime(2026, 3, 5), dt.date(2026, 3, 5), 46086, "46086", "2026/3/5", "20260305"]
    for number, day in enumerate(days):
        book.active.append([f"活动{number}", day, "A0", 90])
    book.active.cell(4, 2).number_format = "General"
    book.save(tmp_path / "a.xlsx")
    report = town.import_file("activities", tmp_path / "a.xlsx")
    assert counted(report) == (6, 6, 0)
    frame = town.now().table("activities")
    assert set(frame["date"]) == {pd.Timestamp(2026, 3, 5)}
    assert set(frame["hours"]) == {1.5}


def test_two_alike_activities_are_two(town):
    report = bring(town, "activities", [ACTIVITY, ACTIVITY])
    assert counted(report) == (2, 2, 0)
    assert town.now().table("activities")["id"].is_unique


# --------------------------------------------------------------------- counts


def by_count(town, **where):
    frame = town.now().table("counts")
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return dict(zip(frame["count"], frame["value"], strict=True))


def test_a_wide_table_gives_one_count_a_cell(town):
    rows = [
        {
            "行政区划代码": "330802",
            "县（市、区）": "柯城区",
            "统计时期": "2026年第三季度",
            "常住人口（万人）": "48.83",
            "注册志愿者人数": "52,100",
            "活跃志愿者": "37400人",
            "服务总时长（小时）": "961200.5",
        },
        {"行政区划代码": "", "县（市、区）": "衢江", "统计时期": "2026Q3", "注册志愿者人数": "0"},
        {"行政区划代码": "", "县（市、区）": "总计", "注册志愿者人数": "52100"},
        {"行政区划代码": "330825", "县（市、区）": "龙游县", "统计时期": "2026Q3"},
        {"行政区划代码": "", "县（市、区）": "杭州市", "注册志愿者人数": "3"},
        {"行政区划代码": "", "县（市、区）": "", "注册志愿者人数": "3"},
    ]
    report = bring(town, "indicators", rows)
    assert counted(report) == (6, 2, 4)
    assert list(reasons(report).values()) == [
        "the row is a total of others",
        "the row has no number",
        "杭州市 is no district or unit of the city",
        "the row does not say whose count it is",
    ]
    assert by_count(town, subject="330802") == {
        "population": 488300.0,
        "registered": 52100.0,
        "active": 37400.0,
        "hours": 961200.5,
    }
    assert by_count(town, subject="330803") == {"registered": 0.0}
    frame = town.now().table("counts")
    assert set(frame["subject_kind"]) == {"district"}
    assert set(frame["period"]) == {"2026Q3"}
    assert set(frame["name"]) == {"柯城区", "衢江"}


def test_a_long_table_gives_one_count_a_row(town):
    bring(town, "units", UNITS)
    rows = [
        {"单位名称": "市图书馆", "指标": "职工人数", "数值": "30", "时期": "2026"},
        {"单位名称": "市图书馆", "指标": "staff_registered", "数值": "20", "时期": "2026"},
        {"单位名称": "市图书馆", "指标": "服务时长", "数值": "20.5", "时期": "2026"},
        {"单位名称": "市图书馆", "指标": "职工人数", "数值": "31", "时期": "2026"},
        {"单位名称": "市图书馆", "指标": "职工人数", "数值": "31", "时期": "2025"},
        {"单位名称": "市图书馆", "指标": "志愿者人", "数值": "31", "时期": "2026"},
        {"单位名称": "市图书馆", "指标": "职工人数", "数值": "3.5", "时期": "2024"},
        {"单位名称": "市图书馆", "指标": "职工人数", "数值": "", "时期": "2024"},
        {"单位名称": "市图书馆", "指标": "职工人数", "数值": "1", "时期": "去年"},
        {"单位名称": "新单位", "指标": "职工人数", "数值": "1", "时期": "2026"},
    ]
    report = bring(town, "indicators", rows)
    assert counted(report) == (10, 5, 5)
    assert reasons(report) == {
        5: "the same count of 市图书馆 stands already in row 2",
        7: "the count 志愿者人 is not known",
        8: "数值: 3.5 is not a whole number",
        9: "the row has no number",
        10: "去年 is not a period",
    }
    advice = {e.row: e.refusal.sentences()[1].render("en") for e in report.entries}
    assert "did you mean 志愿者人数?" in advice[7]
    found = by_count(town, subject="12330800A", period="2026")
    assert found == {"headcount": 30.0, "staff_registered": 20.0, "hours": 20.5}
    assert by_count(town, subject="新单位") == {"headcount": 1.0}
    assert set(town.now().table("counts")["subject_kind"]) == {"unit"}
    assert said(report)[0].startswith("1 rows name a unit that the city does not know")


def test_a_part_larger_than_its_whole_is_warned_about_not_refused(town):
    rows = [
        {"区划代码": "330802", "注册志愿者": "10", "活跃志愿者": "11"},
        {"区划代码": "330803", "注册志愿者": "10", "活跃志愿者": "10"},
    ]
    report = bring(town, "indicators", rows)
    assert counted(report) == (2, 2, 0)
    assert said(report, "zh") == ["1 行的参加活动的注册志愿者大于注册志愿者"]


def test_one_changed_number_leaves_its_row_changed(town):
    rows = [
        {"区划代码": code, "注册志愿者": "10", "常住人口": "100"} for code in ("330802", "330803")
    ]
    bring(town, "indicators", rows)
    rows[1]["常住人口"] = "101"
    report = bring(town, "indicators", rows)
    assert (report.counts.accepted, report.counts.unchanged) == (2, 1)


def test_a_period_for_all_a_month_of_its_own_and_none(town):
    row = {"区划代码": "330802", "注册志愿者": "10"}
    bring(town, "indicators", [row], sets={"period": "2026年9月"})
    assert by_count(town, period="2026-09") == {"registered": 10.0}
    bring(town, "indicators", [row | {"年份": "2026年", "月份": "8月"}])
    assert by_count(town, period="2026-08") == {"registered": 10.0}
    bring(town, "indicators", [row])
    assert town.now().table("counts")["period"].isna().all()


def test_a_table_without_counts_says_what_was_expected(town):
    with pytest.raises(InputError, match=r"no column with counts.*注册志愿者人数"):
        bring(town, "indicators", [{"区划代码": "330802", "面积": "10"}])


@pytest.mark.parametrize("code", ["330802", "330802000", "330802000000"])
def test_longer_codes_of_a_county_are_its_own(town, code):
    bring(town, "indicators", [{"区划代码": code, "注册志愿者人数": "7"}])
    assert by_count(town, subject="330802") == {"registered": 7.0}


def test_a_district_that_nobody_knows_is_said(town):
    report = bring(town, "units", [UNITS[0] | {"县（市、区）": "西湖区"}, UNITS[1]])
    assert said(report) == ["1 rows name a district that the city does not know; write its adcode"]
    assert town.now().table("units")["adcode"].isna().tolist() == [True, False]


def test_the_city_s_own_name_means_the_city(town):
    bring(town, "indicators", [{"县（市、区）": "town", "注册志愿者人数": "7"}])
    assert by_count(town, subject="330800") == {"registered": 7.0}


@pytest.mark.skipif(not POPULATION.exists(), reason="no county population beside the project")
def test_the_census_by_county_is_read_without_options(town):
    plain = town.import_file("indicators", POPULATION)
    read, accepted, _ = counted(plain)
    source = pd.read_csv(POPULATION, dtype=str, encoding="utf-8-sig")
    assert read == len(source)
    bad = source["POPU"].isna() | source["CODE"].duplicated() | source["CODE"].isna()
    assert accepted == int((~bad).sum())
    assert by_count(town, subject="530802") == {"population": 416188.0}
    told = town.import_file(
        "indicators", POPULATION, columns={"adcode": "CODE", "population": "POPU"}
    )
    assert not told.written


def test_every_count_has_headings():
    assert set(COUNTS) <= set(headings.words().kinds["indicators"].values())


def test_every_kind_of_import_has_a_name_and_headings_of_kinds_that_exist():
    assert set(KINDS) <= set(layers.LABELS)
    assert set(headings.words().kinds) <= set(KINDS)
    for kind, words in headings.words().kinds.items():
        assert set(words.values()) <= set(KINDS[kind].roles.split()), kind


# --------------------------------------------------------------------- exemptions


EXEMPTION = {
    "规则编号": "q-s1",
    "对象编号": "330800-人民路",
    "起点": "K0+100",
    "终点": "260米",
    "原因": "封闭改造",
    "批准单位": "市创建办",
    "有效期至": "2027年6月30日",
}


def test_exemptions_keep_rule_stretch_reason_office_and_last_day(town):
    report = bring(town, "exemptions", [EXEMPTION])
    row = town.now().table("exemptions").iloc[0]
    assert (row["rule_id"], row["subject_id"]) == ("Q-S1", "330800-人民路")
    assert (row["from_m"], row["to_m"]) == (100.0, 260.0)
    assert (row["reason"], row["approver"]) == ("封闭改造", "市创建办")
    assert row["until"] == pd.Timestamp(2027, 6, 30)
    assert not said(report)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"规则编号": "Q-S99"}, "the standard has no rule Q-S99"),
        ({"规则编号": ""}, "the row names no rule"),
        ({"对象编号": ""}, "the row does not say what is exempt"),
        ({"原因": ""}, "the row gives no reason"),
        ({"批准单位": ""}, "the row does not say which office approved it"),
        ({"有效期至": ""}, "the row does not say until when"),
        ({"有效期至": "长期"}, "长期 is not a day"),
        ({"终点": ""}, "only one end of the stretch is given"),
        ({"终点": "100"}, "the stretch ends before it begins"),
        ({"起点": "-1"}, "起点: -1 is negative"),
    ],
)
def test_a_wrong_exemption_is_set_aside(town, change, reason):
    report = bring(town, "exemptions", [EXEMPTION, EXEMPTION | {"原因": "x"} | change])
    assert counted(report) == (2, 1, 1)
    assert reasons(report)[3] == reason


def test_an_exempt_thing_is_found_by_its_name(town):
    plain = EXEMPTION | {"起点": "", "终点": ""}
    rows = [plain | {"对象编号": name} for name in ("市图书馆", "有礼点1", "A2", "没有的")]
    report = bring(town, "exemptions", rows)
    found = town.now().table("exemptions")["subject_id"].tolist()
    facility = town.now().facilities().set_index("name").loc["市图书馆", "id"]
    assert found == [facility, "A1", "A2", "没有的"]
    assert len(said(report)) == 1
    assert said(report)[0].startswith("1 exemptions name nothing that the city knows")


def test_exemptions_and_counts_cannot_be_declared_complete(town):
    for kind, rows in (
        ("exemptions", [EXEMPTION]),
        ("indicators", [{"区划代码": "330802", "注册志愿者": "1"}]),
    ):
        with pytest.raises(InputError, match=f"{kind} cannot be declared complete"):
            bring(town, kind, rows, complete=True)


# --------------------------------------------------------------------- complete


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("units", UNITS),
        ("projects", [{"项目名称": "借伞", "站点编号": "A0"}]),
        ("activities", [ACTIVITY]),
    ],
)
def test_a_list_is_complete_until_its_next_edition_does_not_say_so(town, kind, rows):
    assert town.complete(kind) == set()
    bring(town, kind, rows, complete=True)
    assert town.complete(kind) == {"*"}
    again = bring(town, kind, rows, complete=True)
    assert not again.written
    assert bring(town, kind, rows).written
    assert town.complete(kind) == set()


def test_complete_stations_are_those_of_every_type_or_of_the_one_for_all(town):
    types = [t.id for t in town.pack.site_types]
    bring(town, "stations", station_rows(3), name="list.csv", datum="wgs84", complete=True)
    assert {t for t in types if town.complete(f"stations:{t}")} == set(types)
    untyped = [{k: v for k, v in row.items() if k != "类型"} for row in station_rows(3)]
    for word in ("post", "有礼站"):
        bring(
            town,
            "stations",
            untyped,
            name="list.csv",
            datum="wgs84",
            complete=True,
            sets={"type": word},
        )
        assert {t for t in types if town.complete(f"stations:{t}")} == {"post"}
    bring(town, "stations", untyped, name="list.csv", datum="wgs84", sets={"type": "post"})
    assert not any(town.complete(f"stations:{t}") for t in types)


def test_complete_facilities_are_those_of_the_categories_in_the_list_or_of_the_one_for_all(town):
    row = {"名称": "市医院", "经度": LON, "纬度": LAT}
    for word in ("hospital", "医院"):
        bring(town, "facilities", [row], datum="wgs84", complete=True, sets={"category": word})
        assert town.complete("facilities:hospital") == {"*"}
        assert town.complete("facilities") == set()
    assert town.layer("facilities").set_index("name").loc["市医院", "category"] == "hospital"
    with pytest.raises(InputError, match="no category of facilities"):
        bring(town, "facilities", [row], datum="wgs84", complete=True, sets={"category": "宇宙站"})
    rows = [row | {"类别": "医院"}, row | {"名称": "二", "类别": "公园"}, row | {"类别": "宇宙站"}]
    report = bring(town, "facilities", rows, datum="wgs84", complete=True)
    assert town.complete("facilities") == set()
    assert town.complete("facilities:hospital") == town.complete("facilities:park") == {"*"}
    assert town.complete("facilities:library") == set()
    assert any("医院" in note.render("zh") for note in report.notes)
    again = bring(town, "facilities", rows, datum="wgs84")
    assert any("已撤回" in warning.render("zh") for warning in again.warnings)
    assert town.complete("facilities:hospital") == set()


def test_city_toml_takes_the_same_keys_and_no_others(town):
    path = town.path / "city.toml"
    plain = path.read_text("utf-8")
    path.write_text(
        plain.replace(
            "shops = []",
            'shops = []\nunits = ["330802"]\n"stations:post" = ["*"]\n"facilities:hospital" = []',
        ),
        "utf-8",
    )
    assert town.complete("units") == {"330802"}
    assert town.complete("stations:post") == {"*"}
    for wrong, sentence in (
        ('roads = ["*"]', "cannot be declared complete"),
        ('"stations:" = ["*"]', "cannot be declared complete"),
        ('stations = ["*"]', "cannot be declared complete"),
        ('units = ["柯城区"]', 'neither an adcode nor "[*]"'),
    ):
        path.write_text(plain.replace("shops = []", f"shops = []\n{wrong}"), "utf-8")
        with pytest.raises(CityError, match=sentence):
            town.now()


def test_the_settings_are_written_with_what_is_complete(tmp_path):
    from stationmap.city import config

    settings_ = config.Config(
        schema_version=1,
        name="衢州",
        adcode="330800",
        time_zone="Asia/Shanghai",
        standard="quzhou-2018",
        complete={"units": ["*"], "stations:post": ["330802", "330803"]},
    )
    config.write(tmp_path, settings_)
    read = config.read(tmp_path)
    assert read.complete == {"shops": [], **settings_.complete}


# --------------------------------------------------------------------- totals


@pytest.mark.parametrize(
    "word", ["合计", "合 计", "小计：", "总计", "全市合计", "Total", "本页小计"]
)
def test_totals_are_told_from_rows_in_every_kind(town, word):
    rows = [*station_rows(3), {"编号": "", "名称": word, "类型": "", "经度": "", "纬度": ""}]
    report = bring(town, "stations", rows, name="list.csv", datum="wgs84")
    assert reasons(report) == {5: "the row is a total of others"}
    rows = [*station_rows(3), {"编号": word, "名称": "6", "类型": "", "经度": "", "纬度": ""}]
    report = bring(town, "stations", rows, name="list.csv", datum="wgs84")
    assert reasons(report) == {5: "the row is a total of others"}


def test_a_name_with_the_word_in_it_is_no_total(town):
    rows = [station_rows(1)[0] | {"名称": "合计路有礼点"}]
    assert counted(bring(town, "stations", rows, name="list.csv", datum="wgs84")) == (1, 1, 0)


def test_populations_of_districts_have_separators(town, tmp_path):
    square = shapely.box(LON, LAT, LON + 0.01, LAT + 0.01)
    rows = gpd.GeoDataFrame(
        {"name": ["甲", "乙", "丙"], "adcode": ["330811", "330822", "330824"]},
        geometry=[square] * 3,
        crs=4326,
    ).assign(人口=["1,234", "12 345", "约3万"])
    rows.to_file(tmp_path / "more.gpkg")
    report = town.import_file("districts", tmp_path / "more.gpkg")
    found = town.layer("districts").set_index("name")["population"]
    assert found[["甲", "乙"]].tolist() == [1234.0, 12345.0]
    assert math.isnan(found["丙"])
    assert "1 districts" in said(report)[0]


# --------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234", 1234),
        ("１２３４", 1234),
        ("1,234,567.5", 1234567.5),
        ("500人", 500),
        ("2.5小时", 2.5),
        ("90分钟", 1.5),
        ("-5", -5),
        *((text, None) for text in ("约500", "500多", "3-5", "12%", "1,23", "", "一百", "1.2.3")),
        *((text, None) for text in ("12345,678", "0x10", "inf", "nan", "1 234,5")),
    ],
)
def test_numbers(text, number):
    found = values.number(text)
    assert math.isnan(found) if number is None else found == number


@given(number=st.floats(0, 1e9, allow_nan=False).map(lambda v: round(v, 2)))
@settings(max_examples=60, deadline=None)
def test_a_number_written_with_separators_reads_back(number):
    assert values.number(f"{number:,.2f}") == pytest.approx(number, abs=1e-9)


@given(day=st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)))
@settings(max_examples=60, deadline=None)
def test_a_day_reads_back_however_it_is_written(day):
    serial = (day - dt.date(1899, 12, 30)).days
    for text in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y.%m.%d}",
        f"{day:%Y%m%d}",
        f"{day.isoformat()}T09:30:00",
        str(serial),
        f"{serial}.5",
    ):
        assert values.day(text) == day


@pytest.mark.parametrize("between", ["至", " 到 ", "~", "～", "——"])
def test_of_two_days_the_first_or_the_last_is_read(between):
    text = f"2026年3月5日{between}2026-04-06"
    assert values.day(text) == dt.date(2026, 3, 5)
    assert values.day(text, last=True) == dt.date(2026, 4, 6)
    assert values.day(f"3月5日{between}2026-04-06") is None


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026", "2026"),
        ("2026年度", "2026"),
        ("2026-9", "2026-09"),
        ("2026年9月", "2026-09"),
        ("202609", "2026-09"),
        ("2026年第三季度", "2026Q3"),
        ("2026年3季度", "2026Q3"),
        ("2026q3", "2026Q3"),
        ("2026年上半年", "2026H1"),
        ("2026-09-30", "2026-09"),
        ("截至2026年9月30日", "2026-09"),
        *((text, None) for text in ("去年", "9月", "2026-13", "2026Q5", "20", "")),
    ],
)
def test_periods(text, period):
    assert values.period(text) == period


def test_units_in_headings_scale_and_chainage_is_read():
    assert values.scale("常住人口（万人）") == 1e4
    assert values.scale("时长(分钟)") == pytest.approx(1 / 60)
    assert values.scale("万福小区人数") == 1
    assert values.chainage("K1+200.5") == 1200.5
    assert values.chainage("120 m") == 120
    assert np.isnan(values.chainage("路口"))


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "区划代码": st.sampled_from(["330802", "330803", "", "x", "330802.0"]),
                "时期": st.sampled_from(["2026", "2026Q1", "", "去年"]),
                "注册志愿者": st.sampled_from(["1", "1,000", "约5", "-1", "", "合计", "0.5"]),
                "活跃志愿者": st.sampled_from(["1", "", "2"]),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=25, deadline=None)
def test_whatever_a_table_of_counts_says_every_row_is_accounted_for(made, tmp_path_factory, rows):
    file = table(tmp_path_factory.mktemp("random") / "t.csv", rows)
    filled = [r for r in rows if any(r.values())]
    try:
        report = made.import_file("indicators", file, dry_run=True)
    except InputError:
        return
    assert counted(report)[0] == len(filled)
