"""Coverage by hour of the week, held to counting by hand: minute by minute, set by set."""

import datetime as dt
import importlib
import json
import re
import shutil
import uuid
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import small_city
from hypothesis import given, settings
from hypothesis import strategies as st
from inspected_town import inspect

import stationmap
from stationmap.checks import spacing
from stationmap.city import City
from stationmap.city import coverage as covering
from stationmap.city import coverage_told as told
from stationmap.cli.run import run
from stationmap.covering import HOURS, by_hour, open_mask, pieces, states, supply_mask, ticks, times
from stationmap.errors import InputError
from stationmap.hours import Calendar, state_at
from stationmap.inspections import OPEN
from stationmap.messages import render
from stationmap.stations import SUPPLIES
from stationmap.store import Change
from stationmap.walking import Walks
from web.coverage_asked import FEW, Shown

MONDAY = dt.date(2026, 11, 23)
ORDINARY = Calendar(MappingProxyType({}), frozenset(range(2000, 2100)))
TEXTS = [
    "周一至周五 08:30–17:30",
    "周一至周六 9:00-12:00，14:00-18:30",
    "24小时",
    "每天 18:00-次日2:00",
    "Mo-Fr 08:00-12:05; Sa 10:00-11:55",
    "夏季（5月至9月）8:00-20:00，冬季（10月至次年4月）9:00-17:00",
    "Mo-Su 08:00-18:00; PH off",
    "看情况",
    None,
]


@pytest.mark.parametrize("text", TEXTS)
def test_an_hour_is_open_when_every_minute_of_it_is(text):
    found = open_mask([None, text], monday=MONDAY)[1]
    midnight = dt.datetime(2026, 11, 23, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    for hour in range(HOURS):
        minutes = {
            state_at(
                text,
                midnight + dt.timedelta(hours=hour, minutes=minute),
                zone="Asia/Shanghai",
                calendar=ORDINARY,
            ).state
            for minute in (0, 4, 29, 30, 54, 55, 59)
        }
        expected = (
            times.CLOSED
            if "closed" in minutes
            else times.UNKNOWN
            if "unknown" in minutes
            else times.OPEN
        )
        assert found[hour] == expected, (text, hour)


def test_a_holiday_within_the_week_changes_nothing():
    golden = dt.date(2026, 9, 28)  # the National Day is on its Thursday
    one, other = (open_mask([TEXTS[0]], monday=monday) for monday in (golden, MONDAY))
    assert (one == other).all()
    assert one.sum() == 5 * 8


masks = st.integers(1, 5).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([-1, 0, 1]), min_size=11, max_size=11), min_size=n, max_size=n
    )
)


@given(masks, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=9), st.data())
@settings(deadline=None, max_examples=50)
def test_figures_by_hour_are_those_of_going_through_every_station(mask, demand, data):
    some = st.tuples(st.integers(0, max(len(demand) - 1, 0)), st.integers(0, len(mask) - 1))
    pairs = data.draw(st.lists(some, max_size=15)) if demand else []
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    group = np.array([g for g, _ in demand], dtype=np.int64)
    weight = np.array([w for _, w in demand], dtype=np.int64)
    array = np.array(mask, dtype=np.int8)
    found = by_hour(array, (rows[:, 0], rows[:, 1]), weight, group, groups=4)
    for hour in range(11):
        certain, possible = [0] * 4, [0] * 4
        state = states(array[:, hour], (rows[:, 0], rows[:, 1]), demands=len(demand))
        for number, (g, w) in enumerate(demand):
            near = {mask[s][hour] for d, s in pairs if d == number}
            certain[g] += w * (1 in near)
            possible[g] += w * bool(near & {1, -1})
            assert state[number] == (1 if 1 in near else -1 if -1 in near else 0)
        assert found.certain[:, hour].tolist() == certain
        assert found.possible[:, hour].tolist() == possible
    assert found.weight.tolist() == [sum(w for g, w in demand if g == i) for i in range(4)]


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_told_by_its_row(wrong):
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(InputError, match="row 2"):
        by_hour(
            np.ones((1, 3), dtype=np.int8),
            (none, none),
            np.array([1.0, wrong]),
            np.zeros(2, dtype=np.int64),
        )


@given(
    st.lists(
        st.tuples(
            st.integers(1, 600),  # length, decimetres
            st.booleans(),
            st.lists(st.floats(0, 1), max_size=5),
            st.tuples(st.floats(0, 1), st.floats(0, 1)),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 300),
)
@settings(deadline=None, max_examples=50)
def test_pieces_are_covered_by_the_stations_that_a_sample_finds(kerbs, reach):
    length_m = np.array([k[0] / 10 for k in kerbs])
    closed = np.array([k[1] for k in kerbs])
    at = [(i, share * length_m[i]) for i, k in enumerate(kerbs) for share in sorted(k[2])]
    spans = np.array(
        [(i, *sorted(int(s * ticks(length_m[i])) for s in k[3]), i) for i, k in enumerate(kerbs)]
    )
    found = pieces(
        tuple(spans.T),
        (
            np.array([i for i, _ in at], dtype=np.int64),
            np.array([m for _, m in at]),
            np.arange(len(at)),
        ),
        reach_m=reach / 10,
        length_m=length_m,
        closed=closed,
    )
    assert (found.high > found.low).all()
    by_kerb = np.bincount(found.kerb, found.length, len(kerbs))
    assert by_kerb.tolist() == (spans[:, 2] - spans[:, 1]).tolist()
    covers = {}
    for piece, station in zip(*found.pairs, strict=True):
        covers.setdefault(int(piece), set()).add(int(station))
    for piece, (kerb, low, high) in enumerate(zip(found.kerb, found.low, found.high, strict=True)):
        if high - low < 4:
            continue  # as thin as the rounding
        middle = (low + high) / 2 / 10_000
        near = set()
        for station, (on, place) in enumerate(at):
            apart = abs(place - middle)
            if closed[kerb]:
                apart = min(apart, length_m[kerb] - apart)
            if on == kerb and apart <= reach / 10:
                near.add(station)
        assert covers.get(piece, set()) == near


@pytest.mark.parametrize(
    ("listed", "missed", "asked", "state"),
    [
        ("umbrella;water", (), ("umbrella",), times.OPEN),
        ("umbrella;water", ("water",), ("umbrella",), times.OPEN),
        ("umbrella;water", ("water",), ("umbrella", "water"), times.CLOSED),
        ("umbrella", (), ("umbrella", "water"), times.UNKNOWN),
        ("umbrella", ("umbrella",), ("umbrella", "water"), times.CLOSED),
        (None, (), ("kit",), times.UNKNOWN),
        (None, (), (), times.OPEN),
    ],
)
def test_a_supply_is_there_when_listed_and_not_found_missing(listed, missed, asked, state):
    assert supply_mask([listed], [missed], asked=asked).tolist() == [state]


def test_what_is_asked_together_is_the_worse_of_both():
    every = [times.CLOSED, times.UNKNOWN, times.OPEN]
    worst = {(a, b): every[min(i, j)] for i, a in enumerate(every) for j, b in enumerate(every)}
    one, other = np.array(list(worst), dtype=np.int8).T
    assert times.both(one, other).tolist() == list(worst.values())


# ------------------------------------------------------------------- a whole city


def rows():
    hours = [TEXTS[0], TEXTS[2], None, TEXTS[3], TEXTS[1], TEXTS[0], TEXTS[2], "看情况"]
    supplies = ["雨伞、饮水", "雨伞", None, "雨伞、急救", "饮水", "急救", "雨伞、饮水", "充电"]
    places = [(0, 0), (0.0008, 0), (0.0011, 0), (0.003, 0), (0.0015, 0.004), (0.002, 0.004)]
    places += [(0.002, 0.0002), (0.0036, 0.004)]
    return [
        {
            "编号": f"A{k}",
            "名称": f"有礼点{k}",
            "类型": small_city.TYPE,
            "经度": small_city.LON + x,
            "纬度": small_city.LAT + y,
            "开放时间": hours[k],
            "物资": supplies[k],
        }
        for k, (x, y) in enumerate(places)
    ]


def homes():
    people = [(120, 30), (80, None), (45, 9), (0, 0), (300, 12)]
    places = [(0.0005, 0.0), (0.003, 0.0002), (0.002, 0.0041), (0.0, 0.008), (0.0031, 0.008)]
    return [
        {
            "编号": f"H{k}",
            "名称": f"小区{k}",
            "人口": people[k][0],
            "空巢老人": people[k][1],
            "经度": small_city.LON + x,
            "纬度": small_city.LAT + y,
        }
        for k, (x, y) in enumerate(places)
    ]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hours")
    made = small_city.make(folder, stations=False)
    made.import_file("demand", small_city.table(folder / "people.csv", homes()), datum="wgs84")
    made.import_file("stations", small_city.table(folder / "list.csv", rows()), datum="wgs84")
    return City.open(made.path)


@pytest.fixture(scope="module")
def now(city):
    return city.now()


def of(now, **asked):
    return covering.of(now, covering.CoverageAsked(**asked), MONDAY)


@pytest.mark.parametrize("supplies", [(), ("umbrella",), ("umbrella", "water")])
@pytest.mark.parametrize("hour", [0, 9, 19, 5 * 24 + 10, 6 * 24 + 1])
def test_frontage_of_an_hour_is_the_check_of_the_stations_open_then(now, supplies, hour):
    found = of(now, supplies=supplies)
    stations = now.counting().set_index("station_id", drop=False)
    said = now.stations().set_index("station_id").loc[stations.index]
    mask = open_mask(said["hours"].where(said["hours"].notna(), None).tolist(), monday=MONDAY)
    listed = [set(str(s).split(";")) >= set(supplies) for s in said["supplies"]]
    sure = np.array(listed) & (mask[:, hour] == 1)
    perhaps = mask[:, hour] != 0
    for keep, kind in ((sure, "certain"), (perhaps, "possible")):
        checked = spacing.check(now.prepared(), stations[keep]).summary()
        figures = getattr(found.readings["built"]["hours"], kind)[:, hour] / 10_000
        assert figures.sum() == pytest.approx(checked["covered_m"], abs=1e-6)
        assert figures.tolist() == pytest.approx(
            [checked["by_district"][code]["covered_m"] for code in now.prepared().adcodes],
            abs=1e-6,
        )


def test_whatever_the_hour_it_is_the_covered_share(now):
    said = told.document(of(now), now, lang="zh")
    summary = now.spacing().summary()
    assert said["summary"]["built"]["any"]["certain"] == summary["covered_share"]
    assert said["summary"]["total"] == pytest.approx(summary["frontage_m"])
    assert said["summary"]["effective"] is None  # nobody has inspected anything


@pytest.mark.parametrize("within_m", [60.0, 200.0, 600.0])
def test_demand_is_within_the_walk_of_the_walking_law(now, within_m):
    found = of(now, carrier="facilities:library", within_m=within_m)
    stations = now.stations()
    walks = Walks(
        now.walking(),
        station_ids=stations["station_id"].tolist(),
        lon=stations.geometry.x,
        lat=stations.geometry.y,
    )
    place = found.ground.places.geometry.iloc[0]
    metres = walks.metres(place.x, place.y, np.arange(len(stations)))
    near = set(stations["station_id"][metres <= within_m])
    ids = found.ground.stations["station_id"]
    assert set(ids.iloc[found.ground.pairs[1]]) == near
    assert len(found.ground.group) == 1


@pytest.mark.parametrize("hour", [9, 19, 5 * 24 + 3])
@pytest.mark.parametrize(
    ("carrier", "column"), [("people", "人口"), ("people:empty_nest", "空巢老人")]
)
def test_people_are_covered_by_whom_they_can_walk_to_at_the_hour(now, carrier, column, hour):
    found = of(now, carrier=carrier, within_m=450.0)
    stations = now.stations()
    walks = Walks(
        now.walking(),
        station_ids=stations["station_id"].tolist(),
        lon=stations.geometry.x,
        lat=stations.geometry.y,
    )
    hours = stations["hours"].where(stations["hours"].notna(), None).tolist()
    mask = open_mask(hours, monday=MONDAY)[:, hour]
    sure = perhaps = 0
    for home in homes():
        metres = walks.metres(home["经度"], home["纬度"], np.arange(len(stations)))
        near = set(mask[metres <= 450.0])
        sure += (home[column] or 0) * (1 in near)
        perhaps += (home[column] or 0) * bool(near & {1, -1})
    figures = found.readings["built"]["hours"].of(found.groups)
    assert figures.weight[0] == sum(home[column] or 0 for home in homes())
    assert (figures.certain[0, hour], figures.possible[0, hour]) == (sure, perhaps)
    assert 0 < sure < figures.weight[0]


@pytest.mark.parametrize("at", [(0, 9), (0, 19), (5, 3)])
def test_what_is_not_covered_makes_up_the_rest(now, at):
    found, hour = of(now), at[0] * 24 + at[1]
    figures = found.readings["built"]["hours"]
    bare = found.not_covered(*at)
    total = figures.weight.sum() / 10_000
    for state, rest in (
        (["no"], total - figures.possible[:, hour].sum() / 10_000),
        (["no", "perhaps"], total - figures.certain[:, hour].sum() / 10_000),
    ):
        assert bare.loc[bare["state"].isin(state), "weight"].sum() == pytest.approx(rest)
    metric = bare.to_crs(now.crs())
    assert metric.length.to_numpy() == pytest.approx(bare["weight"].to_numpy(), rel=1e-3, abs=0.01)
    assert (bare["to_m"] - bare["from_m"]).to_numpy() == pytest.approx(bare["weight"].to_numpy())


def test_of_few_people_neither_number_nor_name_is_published(now):
    found = of(now, carrier="people", within_m=100.0)
    whole = found.not_covered(6, 3)
    told_all = Shown(found, (6, 3), "built").not_covered()
    few = whole["weight"] < FEW
    assert few.any()
    assert not few.all()
    assert told_all.loc[few, ["name", "weight"]].isna().all(axis=None)
    columns = ["name", "weight", "state"]
    assert told_all.loc[~few, columns].equals(whole.loc[~few, columns])
    frontage = Shown(of(now), (6, 3), "built").not_covered()
    assert frontage["weight"].notna().all()


def test_people_whose_place_is_not_known_are_told(own_city, monkeypatch):
    now = own_city.now()
    lost = now.demand().copy()
    lost.loc[lost["people"] == 300, "geometry"] = None
    monkeypatch.setattr(type(now), "demand", lambda _: lost)
    said = told.document(of(now, carrier="people"), now, lang="zh")["summary"]
    assert said["unplaced"] == 300
    assert said["total"] == sum(home["人口"] for home in homes())
    assert any("300 人居住地没有坐标" in note for note in said["notes"])


def test_each_supply_alone_is_asking_for_it(now):
    one = told.document(of(now), now, at=(1, 10), lang="zh")["by_supply"]
    assert [row["supply"] for row in one] == list(SUPPLIES)
    for row in one:
        alone = told.document(of(now, supplies=(row["supply"],)), now, at=(1, 10), lang="zh")
        assert row["built"] == alone["summary"]["built"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"carrier": "gold"}, "expected one of"),
        ({"carrier": "facilities:hospital"}, "no facility of category hospital"),
        ({"carrier": "communities"}, "no communities are known"),
        ({"carrier": "people:gold"}, "expected one of"),
        ({"carrier": "facilities:library", "within_m": float("nan")}, "longest walk"),
        ({"within_m": 0.0}, "longest walk"),
        ({"within_m": 5_000.1}, "longest walk"),
        ({"supplies": ("gold",)}, "expected one of"),
        ({"district": "110101"}, "110101"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(now, asked, words):
    with pytest.raises(InputError, match=words):
        of(now, **asked)


@pytest.mark.parametrize("text", ["fri-19", "5-19", "周五19时", "Friday 19:00", "星期五 19"])
def test_an_hour_of_the_week_is_read_as_people_write_it(text):
    assert told.read_at(text) == (4, 19)


@pytest.mark.parametrize("text", ["", "fri", "8-10", "fri-24", "周五"])
def test_no_hour_of_the_week_is_refused(text):
    with pytest.raises(InputError, match="no hour of the week"):
        told.read_at(text)


@pytest.fixture
def own_city(city, tmp_path):
    shutil.copytree(city.path, tmp_path / "town")
    return City.open(tmp_path / "town")


def test_a_station_shut_until_further_notice_is_open_at_no_hour(own_city):
    before = of(own_city.now()).readings["built"]
    notices = [
        ("A1", "2026-11-01", None),
        ("A6", "2026-11-24", None),  # not begun
        ("A0", "2026-11-01", "2026-11-30"),  # it will open again
    ]
    for station, first, last in notices:
        notice = {"station_id": station, "from_date": first, "to_date": last}
        change = Change("closure", str(uuid.uuid4()), notice)
        own_city.register.write([change], action=str(uuid.uuid4()), by="cli", kind="closure")
    now = own_city.now()
    after = of(now).readings["built"]
    stations = now.counting()
    at_night = stations[stations["station_id"] == "A6"]  # of the two that never close
    checked = spacing.check(now.prepared(), at_night).summary()["covered_m"]
    assert before["hours"].certain[:, 3].sum() > after["hours"].certain[:, 3].sum()
    assert after["hours"].certain[:, 3].sum() / 10_000 == pytest.approx(checked)
    assert (after["any"].certain == before["any"].certain).all()
    bare = of(now).not_covered(0, 3).query("state == 'no'").to_crs(now.crs()).union_all()
    places = stations.set_index("station_id").geometry
    assert places["A6"].distance(bare) > 40
    assert places["A1"].distance(bare) < 30


def test_effective_coverage_leaves_out_who_does_not_serve(own_city):
    inspect(own_city, "A1", failed=[OPEN], met=[OPEN])
    now = own_city.now()
    figures = covering.of(now, covering.CoverageAsked(), now.today()).readings
    for effective in (False, True):
        summary = now.spacing(effective=effective).summary()
        own = figures["effective" if effective else "built"]["any"]
        assert own.certain.sum() / 10_000 == pytest.approx(summary["covered_m"])
    assert (figures["effective"]["hours"].possible <= figures["built"]["hours"].possible).all()
    assert figures["effective"]["hours"].certain.sum() < figures["built"]["hours"].certain.sum()


# ------------------------------------------------------------------- the command


def test_the_command_tells_people_and_programs(city, capsys, monkeypatch):
    monkeypatch.setenv("STATIONMAP_LANG", "zh")
    assert run(["coverage", str(city.path), "--at", "周五19时"]) == 0
    told_people = capsys.readouterr().out
    assert "临街店面共" in told_people
    assert "周五 19–20 时" in told_people
    assert run(["coverage", str(city.path), "--at", "fri-19", "--demand", "people"]) == 0
    told_people = capsys.readouterr().out
    now = City.open(city.path).now()
    said = told.document(of(now, carrier="people"), now, at=(4, 19), lang="zh")
    of_county = [told.amounts(row["built"]["at"]) for row in said["by_district"]]
    assert 0 < said["summary"]["built"]["at"]["covered"] < said["summary"]["total"]
    for amount in [told.amounts(said["summary"]["built"]["at"]), *of_county]:
        assert re.search(rf" {amount} *$", told_people, re.M)
    command = ["coverage", str(city.path), "--at", "fri-19", "--demand", "people", "--minutes", "5"]
    assert run([*command, "--supply", "umbrella", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["summary"]["within_m"] == 400
    assert found["summary"]["supplies"] == ["umbrella"]
    assert len(found["hours"]) == 168
    assert found["hours"][4 * 24 + 19]["built"] == found["summary"]["built"]["at"]
    people = sum(home["人口"] for home in homes())
    bare = [one["properties"] for one in found["not_covered"]["features"]]
    left = sum(one["weight"] for one in bare if one["state"] == "no")
    assert left == pytest.approx(people * (1 - found["summary"]["built"]["at"]["possible"]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--at", "someday"], "不是一周里的某一小时"),
        (["--within", "300", "--minutes", "5"], "只能给一个"),
        (["--supply", "gold"], "umbrella, charging"),
        (["--demand", "gold"], "frontage, people"),
        (["--out", "x.gpkg"], "请用 --at 指明"),
        (["--out", "x.exe"], ".xlsx, .csv"),
        (["--district", "110101"], "本市没有代码为 110101 的县（市、区）"),
    ],
)
def test_what_the_command_cannot_do_is_one_sentence(city, capsys, monkeypatch, options, words):
    monkeypatch.setenv("STATIONMAP_LANG", "zh")
    assert run(["coverage", str(city.path), *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert "Traceback" not in said.err


def test_a_file_of_places_opens_again(city, tmp_path):
    out = tmp_path / "bare.gpkg"
    assert run(["coverage", str(city.path), "--at", "sun-3", "--out", str(out)]) == 0
    found = gpd.read_file(out, layer="not_covered")
    assert set(found["state"]) == {"no", "perhaps"}
    assert (found.geom_type == "LineString").all()


def test_the_workbook_says_what_is_not_covered_in_words(city, tmp_path, monkeypatch):
    monkeypatch.setenv("STATIONMAP_LANG", "zh")
    out = tmp_path / "week.xlsx"
    assert run(["coverage", str(city.path), "--at", "sun-3", "--out", str(out)]) == 0
    rows = list(openpyxl.load_workbook(out, read_only=True)["未覆盖处"].values)
    assert all(re.search("[一-鿿]", heading) for heading in rows[0])
    assert {row[2] for row in rows[1:]} == {
        render(state, {}, lang="zh") for state in told.STATES.values()
    }


def test_the_public_name_is_a_function_whatever_is_imported():
    importlib.import_module("web.app")
    assert callable(stationmap.coverage)
