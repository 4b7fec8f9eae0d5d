"""The page of coverage by hour, its files, its API, and the same in a real Chromium."""

import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from pages_town import HOSTILE, address, chromium, client, town  # noqa: F401

from stationmap.city import City, coverage, coverage_told
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
    assert "周日 12–13 时：临街店面的 0.0% 在沿街 50 米以内有开放的站点。" in again


def test_the_covered_share_is_that_of_the_gaps(client):  # noqa: F811
    summary = client.get("/api/v1/summary").json
    built = figures(client, NOON)["summary"]["built"]
    assert built["any"]["certain"] == pytest.approx(summary["covered_share"])
    assert built["at"] == built["any"]
    assert built["night"] == {"certain": 0.0, "possible": 0.0}
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
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(client, query):  # noqa: F811
    answer = client.get(f"/api/v1/coverage?{query}")
    assert answer.status_code == 400
    assert re.search("应|只能|有内容的", answer.json["detail"])
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
    table = client.get(f"/download/coverage.csv?{NOON}").data.decode("utf-8-sig")
    assert table.splitlines()[13].startswith("周一,12,")
    shapes = json.loads(client.get(f"/download/coverage.geojson?{NOON}").data)
    assert {one["properties"]["state"] for one in shapes["features"]} == {"no"}
    assert client.get("/download/coverage.exe").status_code == 404


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
    # by the keyboard: the cell of Sunday night opens that hour
    page.get_by_label("周日 23–24 时: 0.0%").press("Enter")
    page.wait_for_url("**day=7&hour=23*")
    assert page.locator("#answer").inner_text().startswith("周日 23–24 时")
    assert page.evaluate("window.hit") is None
    assert wrong == []
    context.close()
