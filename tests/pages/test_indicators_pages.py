"""Indicators on the page: figures at their limits, what is unknown, counties coloured."""

import dataclasses

import numpy as np
import pytest
import shapely
from pages_town import chromium, districts_file, place, serve, table  # noqa: F401
from test_browser import Visit, rgb

from stationmap.city import City
from web import indicators
from web.app import create_app

KECHENG, QUJIANG = "330802", "330803"
NAMES = {KECHENG: "柯城区", QUJIANG: "衢江区"}


def office(folder, *rows, standard="simao-2015", districts=True, adcode="330800"):
    """Make a city of two counties that has nothing but what offices count."""
    city = City.create(folder / "office", standard=standard, adcode=adcode, name="礼城")
    if districts:
        city.import_file("districts", districts_file(folder / "districts.geojson"), datum="wgs84")
    if rows:
        city.import_file("indicators", table(folder / "counts.csv", rows))
    return city


def counted(code, population, registered=None, *, period="2024"):
    """One row of an office's table."""
    row = {"区划代码": code, "名称": NAMES.get(code), "时期": period, "常住人口": population}
    return row | ({} if registered is None else {"注册志愿者": registered})


def asked(city, path="/api/v1/indicators", **params):
    response = create_app(city.path).test_client().get(path, query_string=params)
    assert response.status_code == 200, response.text
    return response.json


def of(city, indicator_id, **params):
    return next(i for i in asked(city, **params)["indicators"] if i["id"] == indicator_id)


def row_of(indicator, code):
    return next(row for row in indicator["rows"] if row["id"] == code)


# -- figures ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("population", "registered", "state", "value", "needed"),
    [
        (1_000, 100, "met", 10.0, 0),
        (1_000, 99, "not_met", 9.9, 1),
        (100_000, 9_999, "not_met", 9.99, 1),
        (1_001, 100, "not_met", 9.99, 1),
        (1_000, 0, "not_met", 0.0, 100),
    ],
)
def test_the_target_is_inclusive_and_no_value_is_rounded_up_to_it(
    tmp_path, population, registered, state, value, needed
):
    found = of(office(tmp_path, counted(KECHENG, population, registered)), "SM-I")
    row = row_of(found, KECHENG)
    assert (row["state"], row["value"], row["needed"]) == (state, value, needed)
    assert found["target"] == 10.0
    assert found["counts"][state] == 1


def test_what_nobody_counted_is_unknown_and_says_what_is_needed(tmp_path):
    city = office(tmp_path, counted(KECHENG, 1_001))
    row = row_of(of(city, "SM-I"), KECHENG)
    assert (row["state"], row["value"], row["counted"]) == ("unknown", None, None)
    assert (row["required"], row["needed"], row["base"]) == (101, 101, 1_001)
    assert "情况不明" in row["sentence"]
    assert "注册志愿者" in row["sentence"]
    other = row_of(of(city, "SM-I"), QUJIANG)
    assert (other["state"], other["required"]) == ("unknown", None)
    assert row_of(of(city, "SM-I", lang="en"), KECHENG)["sentence"].isascii() is False


def test_simao_needs_a_tenth_of_its_people(tmp_path, shared):
    """The census of 2020 alone: 41 619 of 416 188, and nothing is failed."""
    city = City.create(tmp_path / "simao", standard="simao-2015", adcode="530802", name="思茅区")
    city.import_file("indicators", shared("county-population-2020/population.csv"))
    found = of(city, "SM-I")
    row = row_of(found, "530802")
    assert (row["required"], row["base"], row["state"]) == (41_619, 416_188, "unknown")
    assert found["counts"] == {"not_met": 0, "unknown": 1, "met": 0, "not_applicable": 0}
    assert asked(city, "/api/v1/map/districts")["features"] == []


def test_figures_beside_the_held_ones_are_for_information(tmp_path):
    rows = [counted(KECHENG, 1_000, 50), counted(QUJIANG, 1_000, 250)]
    found = of(office(tmp_path, *rows, standard="ordos-2018"), "OR-I.1")
    assert found["per"] == "city"
    whole = row_of(found, "330800")
    assert (whole["held"], whole["value"], whole["state"]) == (True, 15.0, "met")
    assert {row_of(found, code)["held"] for code in NAMES} == {False}
    assert row_of(found, KECHENG)["value"] == 5.0


def test_a_pack_without_indicators_has_none(tmp_path):
    assert asked(office(tmp_path, standard="changzhi-2021"))["indicators"] == []


def test_units_that_fall_short_come_first_and_the_rest_is_counted(tmp_path):
    city = office(tmp_path, standard="quzhou-2018")
    number = indicators.MAX_UNITS + 5
    rows = [
        {
            "单位": f"单位{n:03}",
            "时期": "2024",
            "职工人数": 100,
            "职工注册人数": 10 if n == 150 else 100,
        }
        for n in range(number)
    ]
    city.import_file("indicators", table(tmp_path / "units.csv", rows))
    found = next(i for i in asked(city)["indicators"] if i["per"] == "unit" and i["units_total"])
    assert len(found["units"]) == indicators.MAX_UNITS
    assert found["units_total"] >= number
    assert found["units"][0]["name"] == "单位150"
    assert found["units"][0]["state"] == "not_met"


def test_answers_are_kept_until_the_data_change(tmp_path):
    city = office(tmp_path, counted(KECHENG, 1_000))
    client = create_app(city.path).test_client()
    for path in ("/api/v1/indicators", "/api/v1/map/districts"):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    more = table(tmp_path / "more.csv", [counted(KECHENG, 1_000, 200)])
    city.import_file("indicators", more)
    fresh = client.get(path, headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    row = row_of(
        next(i for i in client.get("/api/v1/indicators").json["indicators"] if i["id"] == "SM-I"),
        KECHENG,
    )
    assert row["state"] == "met"


# -- outlines --------------------------------------------------------------------------------


def with_outlines(city, shapes):
    """Facts of a city whose counties have other outlines."""
    facts = city.now().facts()
    rows = facts.districts.assign(geometry=facts.districts["adcode"].map(shapes))
    return dataclasses.replace(facts, districts=rows)


def gap_or_overlap(shapes):
    """Share of the whole that lies in none or in two of the shapes."""
    whole = shapely.union_all(shapes)
    hulls = sum(shapely.Polygon(p.exterior).area for p in shapely.get_parts(whole))
    return (abs(whole.area - sum(s.area for s in shapes)) + hulls - whole.area) / whole.area


def test_neighbours_are_simplified_together(tmp_path):
    """A common line of 20 000 corners loses most of them, on both sides the same ones."""
    x, y = place(0, 0)
    steps = np.linspace(0, 1, 20_000)
    noise = np.random.default_rng(7).normal(0, 2e-5, len(steps))
    common = np.column_stack([x + 1 + 0.02 * np.sin(9 * steps) + noise, y + steps])
    west = shapely.Polygon([*common, (x, y + 1), (x, y)])
    east = shapely.Polygon([*common, (x + 2, y + 1), (x + 2, y)])
    facts = with_outlines(office(tmp_path), {KECHENG: west, QUJIANG: east})
    found = indicators.outlines(facts).geometry.to_numpy()
    assert shapely.get_num_coordinates(found).sum() < 2_000
    assert gap_or_overlap(found) < 1e-9
    for simple, whole in zip(found, (west, east), strict=True):
        assert simple.hausdorff_distance(whole) < 2 * indicators.COARSEST_DEG


def test_real_outlines_keep_their_places(tmp_path, shared):
    city = City.create(tmp_path / "qz", standard="simao-2015", adcode="330800", name="衢州市")
    source = shared("admin-boundaries/quzhou_330800_datav_gcj02.geojson")
    city.import_file("districts", source, datum="gcj02")
    features = asked(city, "/api/v1/map/districts")["features"]
    original = city.now().layer("districts").set_index("adcode")
    assert {f["properties"]["name"] for f in features} == set(original["name"])
    shapes = [shapely.geometry.shape(f["geometry"]) for f in features]
    assert gap_or_overlap(shapes) < gap_or_overlap(original.geometry.to_numpy()) + 1e-5
    for feature, shape in zip(features, shapes, strict=True):
        own = original.geometry[feature["properties"]["id"]]
        assert shape.hausdorff_distance(own) < 2 * indicators.COARSEST_DEG
        assert shapely.Point(feature["properties"]["label"]).within(own)
        xy = shapely.get_coordinates(shape)
        assert np.array_equal(xy, np.round(xy, indicators.DIGITS))


def test_awkward_outlines_are_mended_or_left_out(tmp_path):
    """A bow tie, an island far off, and a county without an outline."""
    city = office(tmp_path, counted(KECHENG, 10), counted(QUJIANG, 10), counted("330822", 10))
    x, y = place(0, 0)
    bow = shapely.Polygon([(x, y), (x + 1, y + 1), (x + 1, y), (x, y + 1)])
    islands = shapely.MultiPolygon(
        [shapely.box(x + 3, y, x + 4, y + 1), shapely.box(9, 9, 9.2, 9.1)]
    )
    facts = with_outlines(city, {KECHENG: bow, QUJIANG: islands})
    found = indicators.outlines(facts).set_index("adcode")
    assert set(found.index) == {KECHENG, QUJIANG}
    assert found.geometry.is_valid.all()
    assert found.loc[KECHENG].geometry.area == pytest.approx(0.5, rel=1e-3)
    assert found.loc[QUJIANG, "point"].x > 100


# -- in the browser --------------------------------------------------------------------------


@pytest.fixture
def visit(chromium):  # noqa: F811
    """Open a city's indicators; at the end nothing may have gone wrong."""
    begun = []

    def start(city, *, at="/?tab=indicators", **options):
        served = serve(city.path)
        tour = Visit(chromium, served.address, **options)
        begun.append((tour, served))
        tour.open(at)
        tour.page.wait_for_selector("#indicator-name, #indicators .empty")
        tour.settle()
        return tour

    yield start
    for tour, served in begun:
        outside = {url for url in tour.asked if not url.startswith((served.address, "data:"))}
        tour.context.close()
        served.close()
        assert tour.wrong == []
        assert outside == set()


def state_of(page, code):
    """The word under a row's figures."""
    return page.inner_text(f"#indicator-{code} + .basis .said").strip()


def filled(page):
    """Colours with which the counties are filled, each to the nearest of the page's classes."""
    seen = page.evaluate(
        """() => {
          const canvas = document.querySelector('.leaflet-areas-pane canvas');
          const { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          const found = new Map();
          for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 100 && data[i + 3] < 255)
              found.set([data[i], data[i + 1], data[i + 2]].join(),
                (found.get([data[i], data[i + 1], data[i + 2]].join()) ?? 0) + 1);
          return [...found].filter(([, n]) => n > 500).map(([key]) => key.split(",").map(Number));
        }"""
    )
    classes = [rgb(page, f"--class-{number}") for number in range(5)]
    # a canvas keeps colours multiplied by their opacity, so that they come back a little off
    return {c for c in classes if any(np.abs(np.subtract(c, s)).max() <= 2 for s in seen)}


@pytest.mark.chromium
def test_a_planner_reads_values_targets_and_states_and_the_map_is_coloured(visit, tmp_path):
    city = office(tmp_path, counted(KECHENG, 1_000, 120), counted(QUJIANG, 1_000, 99))
    tour = visit(city)
    page = tour.page
    assert "每个县（市、区）不低于 10 %" in page.inner_text(".indicator-target")
    rows = {code: page.inner_text(f"#indicator-{code}").split() for code in (KECHENG, QUJIANG)}
    assert rows[KECHENG] == ["柯城区", "12", "%", "10", "%", "0"]
    assert rows[QUJIANG] == ["衢江区", "9.9", "%", "10", "%", "1"]
    assert state_of(page, KECHENG) == "达标"
    assert state_of(page, QUJIANG) == "未达标"
    legend = page.inner_text("#legend-indicators").splitlines()
    steps = [line for line in legend if "%" in line]
    assert steps == ["15 % 及以上", "10 % 至不足 15 %", "目标 10 %", "5 % 至不足 10 %", "不足 5 %"]
    assert {rgb(page, "--class-3"), rgb(page, "--class-1")} <= filled(page)
    assert page.locator("#stage.has-areas").count() == 1
    assert not page.locator(".leaflet-gaps-pane").is_visible()


@pytest.mark.chromium
def test_a_target_of_all_is_a_break_of_its_own(visit, tmp_path):
    """99.9 % is coloured otherwise than 100 %, though no value lies above."""
    city = office(tmp_path, standard="quzhou-2018")
    rows = [
        {"编号": f"{code}-{n}", "名称": f"站{n}", "类型": "有礼点", "平台编号": number}
        | dict(zip(("经度", "纬度"), place(x, 5 + n), strict=True))
        for code, x, numbers in ((KECHENG, 100, "12"), (QUJIANG, 800, "1"))
        for n, number in enumerate([*numbers, "" if code == QUJIANG else "3"])
    ]
    city.import_file("stations", table(tmp_path / "list.csv", rows), datum="wgs84", complete=True)
    page = visit(city, at="/?tab=indicators&indicator=Q-P.1").page
    assert state_of(page, KECHENG) == "达标"
    assert state_of(page, QUJIANG) == "未达标"
    steps = [line for line in page.inner_text("#legend-indicators").splitlines() if "%" in line]
    assert steps == ["100 % 及以上", "目标 100 %", "50 % 至不足 100 %", "不足 50 %"]
    assert len(filled(page)) == 2


@pytest.mark.chromium
def test_a_click_on_a_county_opens_its_row_and_the_link_keeps_it(visit, tmp_path):
    city = office(tmp_path, counted(KECHENG, 1_000, 120), counted(QUJIANG, 1_000))
    tour = visit(city)
    page = tour.page
    lon, lat = place(800, 100)
    x, y = page.evaluate(
        """([lat, lon]) => {
          const point = map_stations.latLngToContainerPoint([lat, lon]);
          const box = map_stations.getContainer().getBoundingClientRect();
          return [point.x + box.left, point.y + box.top];
        }""",
        [lat, lon],
    )
    page.mouse.click(x, y)
    page.wait_for_selector(f"#indicator-{QUJIANG}.chosen")
    assert tour.query()["district"] == QUJIANG
    assert state_of(page, QUJIANG) == "情况不明"
    assert "需 100 人（常住人口 1,000 人 的 10 %）" in page.inner_text(
        f"#indicator-{QUJIANG} + .basis"
    )
    page.select_option("#indicator", "SM-I.1")
    assert tour.query()["indicator"] == "SM-I.1"
    page.reload()
    page.wait_for_selector("#indicator-name")
    assert "全年培训次数" in page.inner_text("#indicator-name")
    page.click("#tabs a[data-tab='standards']")
    assert page.locator("#stage.has-areas").count() == 0
    page.go_back()
    page.wait_for_selector("#stage.has-areas")


@pytest.mark.chromium
def test_without_districts_the_table_stands_alone_and_the_map_says_why(visit, tmp_path):
    city = office(tmp_path, counted("530802", 416_188), districts=False, adcode="530802")
    page = visit(city).page
    assert "需 41,619 人（常住人口 416,188 人 的 10 %）" in page.inner_text(".indicator")
    assert state_of(page, "530802") == "情况不明"
    assert "尚未导入区划边界" in page.inner_text(".area-note")
    assert "stationmap import indicators" in page.inner_text(".indicator-remedy")


@pytest.mark.chromium
def test_a_standard_without_indicators_says_so(visit, tmp_path):
    page = visit(office(tmp_path, standard="changzhi-2021")).page
    assert "没有指标" in page.inner_text("#indicators")


@pytest.mark.chromium
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(visit, tmp_path, lang, scheme):
    city = office(tmp_path, counted(KECHENG, 1_234_567, 120_000), counted(QUJIANG, 1_000))
    tour = visit(
        city,
        at=f"/?tab=indicators&lang={lang}",
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,
    )
    page = tour.page
    wide = page.evaluate(
        "[...document.querySelectorAll('#indicators, #indicators table')]"
        ".map((e) => [e.getBoundingClientRect().right, e.scrollWidth - e.clientWidth])"
    )
    assert all(right <= 390 and over <= 0 for right, over in wide), wide
    assert rgb(page, "--class-0") != rgb(page, "--class-4")
