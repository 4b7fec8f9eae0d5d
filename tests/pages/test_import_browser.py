"""A county's administrator brings in real workbooks in a real Chromium, and takes them back."""

import re

import pytest
import shapely
from pages_town import HOSTILE, chromium, own_town, place, serve, table, town  # noqa: F401
from signed_in import client, cookie

from stationmap.city import City
from stationmap.crs import convert
from stationmap.io import tabular
from web.app import create_app

pytestmark = pytest.mark.chromium

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
BOUNDARIES = "admin-boundaries/quzhou_330800_datav_gcj02.geojson"
COUNTY = "330802"
BOOKS = {  # file: its datum, its rows
    "quzhou-public-facilities/公共厕所.xlsx": ("wgs84", 87),
    "quzhou-public-facilities/公共自行车.xlsx": ("wgs84", 180),
    "quzhou-public-facilities/医疗.xls": ("wgs84", 1956),
    "quzhou-public-facilities/垃圾中转站.xlsx": ("wgs84", 9),
    "quzhou-public-facilities/旅游景点.xls": ("wgs84", 20),
    "zhejiang-civic-venues/venues_gcj02.csv": ("gcj02", 573),
}


class Desk:
    """A signed-in window and what went wrong in it."""

    def __init__(self, browser, path, *, viewport=DESK, **who):
        self.app = create_app(path)
        self.served = serve(path)
        self.address = self.served.address
        self.context = browser.new_context(viewport=viewport, locale="zh-CN")
        self.context.add_cookies([cookie(client(self.app, **who), self.address)])
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.wrong, self.outside = [], []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "request",
            lambda r: r.url.startswith((self.address, "data:")) or self.outside.append(r.url),
        )

    @property
    def register(self):
        return self.app.extensions["city"].register

    def upload(self, file):
        self.page.goto(f"{self.address}/manage/import")
        self.page.set_input_files("#file", file)
        self.page.click("form[enctype] button[type=submit]")
        self.page.wait_for_url("**/columns")

    def look(self, *, datum):
        self.page.select_option("[name=set-type]", "point")
        self.page.check(f"input[name=datum][value={datum}]")
        self.page.click(".import-foot .btn-accent")
        self.page.wait_for_url("**/rows")

    def counts(self):
        said = re.sub(r"\s", "", self.page.inner_text(".equation"))
        found = re.fullmatch("读取(\\d+)行=可用(\\d+)行\\+不可用(\\d+)行", said)
        return tuple(map(int, found.groups()))

    def close(self):
        self.context.close()
        self.served.close()
        assert self.wrong == []
        assert self.outside == []


@pytest.fixture(scope="module")
def quzhou(shared, tmp_path_factory):
    city = City.create(
        tmp_path_factory.mktemp("import") / "quzhou", standard="quzhou-2018", adcode="330800"
    )
    city.import_file("districts", shared(BOUNDARIES), datum="gcj02")
    return city


@pytest.fixture(scope="module")
def county(quzhou, chromium):  # noqa: F811
    desk = Desk(chromium, quzhou.path, role="county", adcode=COUNTY)
    yield desk
    desk.close()


def inside(quzhou, file, datum):
    """Rows of a file whose place lies in the county and whose id no earlier row has."""
    read = tabular.read(file)
    lon, lat = read.numbers("lon"), read.numbers("lat")
    x, y = convert(lon, lat, source=datum, target="wgs84")
    districts = quzhou.layer("districts").set_index("adcode")
    here = shapely.contains_xy(districts.geometry[COUNTY], x, y)
    ids = read.text("id")
    return int((here & ~(ids.notna() & ids.duplicated()).to_numpy()).sum())


@pytest.mark.parametrize("book", BOOKS)
def test_a_real_workbook_comes_in_and_is_taken_back(county, quzhou, shared, book):
    datum, rows = BOOKS[book]
    before, page = county.register.rows("station"), county.page
    county.upload(shared(book))
    cards = page.locator(".datum-card")
    assert cards.count() == 4
    assert page.locator("#import-map canvas").count() >= 1
    county.look(datum=datum)
    read, accepted, refused = county.counts()
    assert read == rows == accepted + refused
    assert accepted == inside(quzhou, shared(book), datum)
    assert county.register.rows("station") == before
    reasons = page.locator("#rows td[data-label='为什么不可用']").all_inner_texts()
    assert len(reasons) == min(refused, 50)
    assert all(re.search("[一-鿿]", said) and not re.search(r"[{}]|--", said) for said in reasons)
    page.click(".import-foot .btn-accent")
    page.wait_for_url("**/done")
    assert county.counts() == (read, accepted, refused)
    assert len(county.register.rows("station")) == len(before) + accepted
    page.click(".receipt a.btn")
    page.click(".import-foot .btn-accent")
    page.wait_for_selector("[data-done]")
    assert "已撤销本次导入" in page.inner_text("[data-done]")
    assert county.register.rows("station") == before


def test_the_chosen_datum_is_drawn_filled(own_town, chromium, tmp_path):  # noqa: F811
    rows = [
        {
            "名称": f"点{k}",
            "地址": HOSTILE,
            **dict(zip(("经度", "纬度"), place(k * 90, 5), strict=True)),
        }
        for k in range(8)
    ]
    desk = Desk(chromium, own_town.path, viewport=PHONE, role="city")
    desk.upload(table(tmp_path / "点.csv", rows))
    page = desk.page

    def ink():
        """Pixels of each datum's colour on the canvas of places."""
        return page.evaluate(
            """() => {
              const canvas = document.querySelector(".leaflet-places-pane canvas");
              const {width, height} = canvas;
              const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
              let [blue, pink] = [0, 0];
              for (let i = 0; i < data.length; i += 4) {
                if (data[i + 3] < 200) continue;
                if (data[i] < 40 && data[i + 2] > 130) blue += 1;
                if (data[i] > 130 && data[i + 1] < 100 && data[i + 2] > 90) pink += 1;
              }
              return [blue, pink];
            }"""
        )

    page.check("input[name=datum][value=wgs84]")
    blue, pink = ink()
    page.check("input[name=datum][value=gcj02]")
    after = ink()
    assert blue > pink
    assert after[1] > after[0]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("main a, main button, main select")]
          .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5)
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []
    assert page.evaluate("window.hit") is None
    desk.close()


def test_a_file_too_large_is_told_before_it_travels(own_town, chromium, tmp_path):  # noqa: F811
    desk = Desk(chromium, own_town.path, role="city")
    page = desk.page
    page.goto(f"{desk.address}/manage/import")
    big = tmp_path / "全市.xlsx"
    with big.open("wb") as stream:
        stream.truncate(300_000_000)
    page.set_input_files("#file", big)
    said = page.inner_text("[data-file-wrong]")
    assert said.startswith("全市.xlsx 超过 100 MB")
    page.click("form[enctype] button[type=submit]")
    assert page.url.endswith("/manage/import")
    assert page.evaluate("document.activeElement.id") == "file"
    desk.close()
