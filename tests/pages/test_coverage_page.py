"""The page of coverage by hour, its files, its API, and the same in a real Chromium."""

import gc
import io
import json
import re
import weakref
from pathlib import Path
from threading import BoundedSemaphore

import openpyxl
import pages_town
import pytest
from pages_town import HOSTILE, address, chromium, client, town  # noqa: F401

from stationmap.city import City, coverage, coverage_told
from stationmap.city.what_if import what_if
from web import coverage_asked
from web.app import create_app

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")
NOON = "day=1&hour=12"  # every station of the town is open on Mondays from 9 to 17


def figures(client, query=""):  # noqa: F811
    answer = client.get(f"/api/v1/coverage?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_page_has_an_hour_in_each_of_168_cells(client):  # noqa: F811
    page = client.get(f"/coverage?{NOON}").text
    cells = re.findall(r'<td class="heat-(\d)"><a href="([^"]+)" aria-label="([^"]+)"', page)
    assert len(cells) == 168
    said = {label.split(":")[0]: step for step, _, label in cells}
    share = figures(client, NOON)["summary"]["built"]
    assert said["周一 12–13 时"] == str(int(share["at"]["certain"] // 0.2))
    assert said["周日 12–13 时"] == "0"
    assert page.count('aria-current="true"') == 1  # nobody has inspected: one reading only
    again = client.get(cells[12 * 7 + 6][1].replace("&amp;", "&")).text
    assert "周日 12–13 时：临街店面的 0.0%（0 米）在沿街 50 米以内有开放的站点。" in again


def test_the_covered_share_is_that_of_the_gaps(client):  # noqa: F811
    summary = client.get("/api/v1/summary").json
    built = figures(client, NOON)["summary"]["built"]
    assert built["any"]["certain"] == pytest.approx(summary["covered_share"])
    assert built["at"] == built["any"]
    assert set(built["night"].values()) == {0.0}
    total = figures(client, NOON)["summary"]["total"]
    assert built["at"]["covered"] == pytest.approx(total * built["at"]["certain"])
    # five of seven days, and the hour from 17 to 18 is not open throughout
    assert built["weekend"]["certain"] == 0.0


def test_what_is_not_covered_makes_up_the_rest(client):  # noqa: F811
    for hour in (12, 22):
        said = figures(client, f"day=1&hour={hour}")["summary"]
        found = client.get(f"/api/v1/coverage/not-covered?day=1&hour={hour}").json
        bare = sum(one["properties"]["weight"] for one in found["features"])
        assert bare == pytest.approx(said["total"] * (1 - said["built"]["at"]["possible"]))
        assert found["total"] == len(found["features"])


def test_a_district_and_a_supply_narrow_the_figures(client):  # noqa: F811
    both = figures(client)
    parts = [figures(client, f"district={code}") for code in ("330802", "330803")]
    assert sum(one["summary"]["total"] for one in parts) == pytest.approx(both["summary"]["total"])
    assert [one["by_district"] for one in parts] == [[row] for row in both["by_district"]]
    # nobody told what the stations have: covered perhaps, never for certain
    built = figures(client, f"{NOON}&supply=water,umbrella&supply=kit")["summary"]["built"]
    assert built["at"]["certain"] == 0.0
    assert built["at"]["possible"] == figures(client, NOON)["summary"]["built"]["at"]["certain"]


@pytest.mark.parametrize(
    "query",
    [
        "of=gold",
        "of=communities",
        "supply=gold",
        "district=110101",
        "within=7",
        "day=x",
        "hour=1e3",
        "demand=people",
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(client, query):  # noqa: F811
    answer = client.get(f"/api/v1/coverage?{query}")
    assert answer.status_code == 400
    assert re.search("应|只能|有内容的|可用的", answer.json["detail"])
    assert "Traceback" not in answer.text
    assert client.get(f"/coverage?{query}").status_code == 400


def test_files_hold_what_the_page_says(client):  # noqa: F811
    said = figures(client, NOON)
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(f"/download/coverage.xlsx?{NOON}").data), read_only=True
    )
    assert book.sheetnames == ["按小时", "按县（市、区）", "按物资", "未覆盖处", "说明"]
    rows = list(book["按小时"].values)
    assert len(rows) == 169
    assert rows[13][:3] == ("周一", 12, round(said["summary"]["built"]["at"]["certain"] * 100, 2))
    assert len(list(book["未覆盖处"].values)) - 1 == len(
        client.get(f"/api/v1/coverage/not-covered?{NOON}").json["features"]
    )
    amount = rows[0].index("建成覆盖 临街店面（米）")
    assert rows[13][amount] == pytest.approx(said["summary"]["built"]["at"]["covered"], abs=0.1)
    assert next(book["未覆盖处"].values)[:4] == ("名称", "县（市、区）", "状态", "临街店面（米）")
    assert {row[2] for row in list(book["未覆盖处"].values)[1:]} == {"未覆盖"}
    table = client.get(f"/download/coverage.csv?{NOON}").data.decode("utf-8-sig")
    assert table.splitlines()[13].startswith("周一,12,")
    shapes = json.loads(client.get(f"/download/coverage.geojson?{NOON}").data)
    assert {one["properties"]["state"] for one in shapes["features"]} == {"no"}
    assert client.get("/download/coverage.exe").status_code == 404


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory):
    """A town with three homes far from any station: of 7 people, of 20 and of 30."""
    made = pages_town.make(tmp_path_factory.mktemp("homes"))
    where = pages_town.place(990, 450)
    rows = [
        {"编号": "A", "名称": "独户", "人口": 7, "经度": where[0], "纬度": where[1]},
        {"编号": "B", "名称": "大院", "人口": 20, "经度": where[0], "纬度": where[1]},
    ]
    rows.append(rows[1] | {"编号": "C", "名称": "小区", "人口": 30})
    made.import_file("demand", pages_town.table(made.path / "homes.csv", rows), datum="wgs84")
    return City.open(made.path)


def test_where_few_people_live_no_name_and_no_number_is_told(lived_in):
    seen = create_app(lived_in.path).test_client()
    query = f"{NOON}&of=people&within=300"
    found = seen.get(f"/api/v1/coverage/not-covered?{query}").json
    told = [(one["properties"]["name"], one["properties"]["weight"]) for one in found["features"]]
    assert told == [("小区", 30.0), ("大院", 20.0), (None, None)]
    book = openpyxl.load_workbook(
        io.BytesIO(seen.get(f"/download/coverage.xlsx?{query}").data), read_only=True
    )
    assert [row[0] for row in list(book["未覆盖处"].values)[1:]] == ["小区", "大院", None]
    shapes = json.loads(seen.get(f"/download/coverage.geojson?{query}").data)["features"]
    assert [one["properties"]["weight"] for one in shapes] == [30, 20, None]
    page = seen.get(f"/coverage?{query}").text
    assert "大院" in page
    assert "独户" not in page
    assert "一处不足 20 人的，不公开人数和名称" in page


def test_people_of_unknown_place_count_and_are_told(lived_in, monkeypatch):
    homes = lived_in.now().demand().copy()
    homes.loc[homes["people"] == 30, "geometry"] = None
    monkeypatch.setattr(type(lived_in.now()), "demand", lambda _: homes)
    seen = create_app(lived_in.path).test_client()
    said = figures(seen, f"{NOON}&of=people&within=300")["summary"]
    assert (said["total"], said["unplaced"]) == (57, 30)
    at = said["built"]["at"]
    assert (at["certain"], at["possible"]) == (0, pytest.approx(30 / 57))
    assert (at["covered"], at["covered_at_most"]) == (0, 30)
    # at an hour when no station is open, nobody can be near one
    assert said["built"]["night"]["possible"] == 0
    page = seen.get(f"/coverage?{NOON}&of=people&within=300").text
    assert "其中 30 人居住地没有坐标" in page
    assert "居民的 0.0%–52.6%（0–30 人）" in page


def test_figures_go_with_their_version_and_no_other(town):  # noqa: F811
    now = City.open(town.path).now()
    asked = coverage.CoverageAsked()
    assert not coverage.at_hand(now, asked, now.today())
    gone = weakref.ref(coverage.of(now, asked, now.today()).ground)
    assert coverage.at_hand(now, asked, now.today())
    engine = weakref.ref(what_if(now))
    assert what_if(now) is engine()
    del now
    gc.collect()
    assert gone() is None
    assert engine() is None


def test_walks_that_wait_for_others_are_refused_and_kept_ones_are_not(town, monkeypatch):  # noqa: F811
    seen = create_app(town.path).test_client()
    assert seen.get("/api/v1/coverage").status_code == 200
    monkeypatch.setattr("web.coverage_asked._PLACES", BoundedSemaphore(1))
    with coverage_asked._PLACES:
        assert seen.get("/api/v1/coverage?hour=3").status_code == 200
        fresh = create_app(town.path).test_client()
        assert fresh.get("/api/v1/coverage").status_code == 503


def test_names_are_text_and_never_markup(client):  # noqa: F811
    page = client.get("/coverage?day=7&hour=3").text
    assert HOSTILE not in page
    assert "&lt;img src=x" in page


def test_a_city_without_anything_says_so(tmp_path):
    City.create(tmp_path / "bare", standard="quzhou-2018", name="空城")
    bare = create_app(tmp_path / "bare").test_client()
    page = bare.get("/coverage")
    assert page.status_code == 200
    assert "还没有可看的内容" in page.text
    assert bare.get("/api/v1/coverage").status_code == 400


def test_the_api_tells_what_the_command_tells(client, town):  # noqa: F811
    now = City.open(town.path).now()
    found = coverage.of(now, coverage.CoverageAsked(), now.today())
    said = coverage_told.document(found, now, at=(4, 19), lang="zh")
    assert {key: figures(client)[key] for key in said} == json.loads(json.dumps(said))


@pytest.mark.chromium
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_the_map_shows_what_is_not_covered(chromium, address, width, scheme):  # noqa: F811
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        base_url=address,
        color_scheme=scheme,
        locale="zh-CN",
    )
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    with page.expect_response("**/api/v1/coverage/not-covered*") as answered:
        page.goto(f"/coverage?{NOON}")
    count = len(answered.value.json()["features"])
    drawn = "() => Object.values(map_stations._layers).filter((one) => one.feature).length"
    page.wait_for_function(f"() => ({drawn})() === {count}")
    assert count > 0
    assert page.evaluate(RULES) == []
    assert page.evaluate(CONTRAST) == []
    # the walk shows at once when it means something
    assert not page.locator("#within").is_visible()
    page.evaluate("of.append(new Option('residents', 'people'))")
    page.select_option("#of", "people")
    assert page.locator("#within").is_visible()
    # by the keyboard: the cell of Sunday night opens that hour
    page.get_by_label("周日 23–24 时: 0.0%").press("Enter")
    page.wait_for_url("**day=7&hour=23*")
    assert page.locator("#answer").inner_text().startswith("周日 23–24 时")
    assert page.evaluate("window.hit") is None
    assert wrong == []
    context.close()
