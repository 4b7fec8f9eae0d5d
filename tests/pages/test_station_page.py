"""A station's own page: all that is public of it, nothing that is not, at an address of any id."""

import datetime as dt
import json
import re
import shutil
import subprocess
import uuid
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import qr_reader
from conftest import need
from hypothesis import given, settings
from hypothesis import strategies as st
from inspected_town import day, inspect
from pages_town import HOSTILE, client, own_town, place, table, town  # noqa: F401

from stationmap.city import City, station_merge
from stationmap.crs import convert
from stationmap.hours import parse
from stationmap.inspections import OPEN
from stationmap.store import Change
from web import json_ld, sitemap
from web.app import create_app
from web.handover import links
from web.station_address import address_of, fits_a_path

# ids that an address, a browser or a server gives a meaning to, or that are pages of ours
ODD = (
    "H/1 #?%&+//a..b中",
    "a/remark",
    "remark",
    "poster.pdf",
    "x/poster.pdf",
    "x/qr.svg",
    "..",
    "../manage",
    "a/../b",
    "a/./b",
    "/first",
    "last/",
    "a b",
    "%2e%2e",
    "%41",
    "a\\b",
    HOSTILE,
    "站点/一号?",
)
CANARIES = ("张三金丝雀", "13900001111", "勿外传的备注")


class Page(HTMLParser):
    """What of a page is seen, where its links lead, and what its scripts hold."""

    def __init__(self, text):
        super().__init__()
        self.links, self.seen, self.scripts, self.tags = [], "", [], []
        self._inside = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self._inside = tag if tag in ("script", "style") else self._inside
        if tag == "script":
            self.scripts.append([attributes.get("type"), ""])
        if tag == "a":
            self.links.append(attributes["href"])

    def handle_endtag(self, tag):
        if tag == self._inside:
            self._inside = None

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1][1] += data
        elif self._inside is None:
            self.seen += data


def opened(client, path):  # noqa: F811
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return Page(answer.text)


def structured(page):
    (kind, text), *others = page.scripts
    assert kind == "application/ld+json"
    assert not others
    return json.loads(text)


def write(city, *changes, kind="edit", note=""):
    return city.register.write(
        list(changes), action=str(uuid.uuid4()), by="cli", kind=kind, note=note
    )


# -- what it says ----------------------------------------------------------------------------


def test_the_page_says_what_is_public(client):  # noqa: F811
    page = opened(client, "/stations/P80")
    for said in ("有礼点80", "柯城区", "周一至周五 08:30–17:30", "某街道办事处", HOSTILE, "待核实"):
        assert said in page.seen, said
    assert "/stations/P80/poster.pdf" in page.links
    assert "/stations/P80/remark" in page.links
    assert "/?station=P80" in page.links


def test_text_of_others_is_never_markup(client):  # noqa: F811
    page = opened(client, "/stations/HOSTILE")
    assert HOSTILE in page.seen
    assert [a for tag, a in page.tags if tag == "img"] == [
        {"src": "/static/icon.svg", "alt": "", "width": "28", "height": "28"}
    ]
    assert structured(page)["name"] == HOSTILE
    assert not [name for _, a in page.tags for name in a if name.startswith("on")]


def test_it_needs_no_script_and_little_on_a_slow_line(client):  # noqa: F811
    page, whole = opened(client, "/stations/HOSTILE"), 0
    for tag, attributes in page.tags:
        if tag == "link" and attributes["rel"] == "stylesheet":
            whole += len(client.get(attributes["href"]).data)
    whole += len(client.get("/stations/HOSTILE").data)
    assert whole < 60_000
    assert "bootstrap" not in str(page.tags)


def test_a_place_that_is_not_known_is_said_and_leads_nowhere(client):  # noqa: F811
    page = opened(client, "/stations/LOST")
    assert "地图上的位置还没有确定" in page.seen
    assert "geo" not in structured(page)
    assert not [link for link in page.links if link.startswith("https://")]


def test_nobody_is_sent_to_what_is_planned_or_withdrawn(client):  # noqa: F811
    for own, said in (("PLAN", "拟建"), ("CLOSED", "已撤销")):
        page = opened(client, f"/stations/{own}")
        assert said in page.seen
        assert not [link for link in page.links if link.startswith("https://")]
        assert ("meta", {"name": "robots", "content": "noindex"}) in page.tags
        assert "openingHoursSpecification" not in structured(page)


def test_the_page_is_in_the_readers_language(client):  # noqa: F811
    page = opened(client, "/stations/P80?lang=en")
    assert "The way there" in page.seen
    assert re.search("[一-龥]", page.seen.replace("有礼点80", "")) is not None  # names stay
    assert "/stations/P80?lang=zh" in page.links
    # what is printed and searched for has one address, whatever its language
    assert structured(page)["url"] == "http://localhost/stations/P80"


def test_it_says_whether_it_is_open_at_the_minute(town):  # noqa: F811
    app = create_app(town.path)
    visitor = app.test_client()
    for at, said in (
        ("2026-03-05T10:00+08:00", "开放中，至 17:30"),
        ("2026-03-05T08:29+08:00", "未到开放时间（8:30 开放）"),
        ("2026-03-07T10:00+08:00", "8:30"),
    ):
        app.config["CLOCK"] = lambda at=at: dt.datetime.fromisoformat(at).astimezone(dt.UTC)
        page = opened(visitor, "/stations/P80")
        assert said in page.seen, (at, said)
        assert ("开放中" in page.seen) == said.startswith("开放中")
    assert "时间待核实" in opened(visitor, "/stations/LOST").seen


def test_a_notice_from_tomorrow_is_in_until_when_it_says_it_is_open(own_town):  # noqa: F811
    today = own_town.now().today()
    closure = {"station_id": "P0", "from_date": (today + dt.timedelta(days=1)).isoformat()}
    write(
        own_town,
        Change("station", "P0", {"hours": "24小时"}),
        Change("closure", "c1", closure | {"to_date": None, "reason": "装修"}),
    )
    app = create_app(own_town.path)
    late = dt.datetime.combine(today, dt.time(15), dt.UTC)  # 23:00 in the city
    app.config["CLOCK"] = lambda: late
    assert "开放中，至 24:00" in opened(app.test_client(), "/stations/P0").seen


@pytest.fixture(scope="module")
def busy(town, tmp_path_factory):  # noqa: F811
    """The town with a notice, shortages, projects, contacts and inspections; do not change it."""
    folder = tmp_path_factory.mktemp("busy")
    shutil.copytree(town.path, folder / "town")
    city = City.open(folder / "town")
    today = day(city)
    write(
        city,
        Change("station", "HOSTILE", {"supplies": "umbrella;water;针线包", "phone": "0570-12345"}),
        Change("contact", "HOSTILE", dict(zip(("person", "phone", "note"), CANARIES, strict=True))),
        Change("contact", "P80", dict(zip(("person", "phone", "note"), CANARIES, strict=True))),
        Change("closure", "c1", {"station_id": "P80", "from_date": today, "to_date": today,
                                 "reason": "消防<b>演练", "at": f"{today}T00:00:00.000+00:00"}),
        Change("restock", "r1", {"station_id": "HOSTILE", "supply": "water", "state": "short"}),
        Change("remark", "m1", {"station_id": "HOSTILE", "kind": "closed", "text": CANARIES[0],
                                "state": "open"}),
    )  # fmt: skip
    projects = [
        {"编号": "X1", "站点编号": "HOSTILE", "项目名称": "指路", "服务类型": "道路指引",
         "发布渠道": "线上"},
        {"编号": "X2", "站点编号": "HOSTILE", "项目名称": HOSTILE, "服务类型": ""},
        {"编号": "X3", "站点编号": "P80", "项目名称": "别处的项目", "服务类型": "文明劝导"},
    ]  # fmt: skip
    city.import_file("projects", table(folder / "projects.csv", projects))
    inspect(city, "HOSTILE", days_ago=40, visit="supervision", note=CANARIES[2])
    inspect(city, "HOSTILE", days_ago=9, failed=(OPEN,), visit="covert")
    inspect(city, "HOSTILE", days_ago=3, visit="self")
    inspect(city, "HOSTILE", visit="covert")
    return city


@pytest.fixture(scope="module")
def resident(busy):
    """Whoever looks at the busy town."""
    return create_app(busy.path).test_client()


def test_days_on_which_it_is_closed_are_said_before_its_hours(busy, resident):
    page = opened(resident, "/stations/P80")
    assert "今天停开" in page.seen
    assert "消防<b>演练" in page.seen
    assert "开放中" not in page.seen
    assert "未到开放时间" not in page.seen
    assert structured(page)["specialOpeningHoursSpecification"] == [
        {
            "@type": "OpeningHoursSpecification",
            "validFrom": day(busy),
            "validThrough": day(busy),
            "opens": "00:00",
            "closes": "00:00",
        }
    ]


def test_what_runs_low_is_still_there_and_marked(resident):
    page = opened(resident, "/stations/HOSTILE")
    assert "饮水不足（所剩不多）" in page.seen
    features = structured(page)["amenityFeature"]
    assert [(f["name"], f["value"]) for f in features] == [
        ("雨伞", True), ("饮水", True), ("针线包", True),
    ]  # fmt: skip
    assert structured(page)["telephone"] == "0570-12345"
    assert "tel:0570-12345" in page.links


def test_its_projects_stand_beside_the_documents_list_for_such_a_place(resident):
    text = resident.get("/stations/HOSTILE").text
    page = Page(text)
    assert "指路" in page.seen
    assert "网上已发布" in page.seen
    assert "别处的项目" not in page.seen
    assert "道路指引 (本站有此项目)" in " ".join(page.seen.split())
    marked = re.findall(r'<li class="there">.*?</li>', text)
    assert len(marked) == 1
    assert "附件3 第三条（三）" in page.seen  # the list for parks, by its clause
    assert "别处的项目" in opened(resident, "/stations/P80").seen


def test_checks_are_told_by_day_kind_and_result_and_by_nothing_else(busy, resident):
    page = opened(resident, "/stations/HOSTILE")
    days = [a["datetime"] for tag, a in page.tags if tag == "time"][:-1]
    # newest first: neither the unit's own check nor the unannounced one of today
    assert days == [day(busy, days_ago=9), day(busy, days_ago=40)]
    assert "暗访" not in page.seen
    assert "检查发现影响服务的问题" in page.seen
    today = dt.date.fromisoformat(day(busy))
    told = page.seen[: page.seen.index("站点编号")]  # below it is the day of the data
    assert f"{today.year}年{today.month}月{today.day}日" not in told
    assert today.isoformat() not in told
    for private in ("督查员", "a1", "单位自查"):
        assert private not in page.seen.split(), private


def test_what_rules_find_of_it_stands_there_with_its_clause(client, town):  # noqa: F811
    page = opened(client, "/stations/HOSTILE")
    found = town.now().check().findings
    mine = found[(found["subject_id"] == "HOSTILE") & (found["subject_kind"] == "station")]
    mine = mine[mine["kind"] != "checklist"]
    assert len(mine)
    for message, clause in zip(mine["message"], mine["clause"], strict=True):
        assert message in page.seen
        assert clause in page.seen


def test_nothing_of_a_person_leaves_by_any_of_its_pages(resident, tmp_path):
    visitor = resident
    whole = ""
    for own in ("HOSTILE", "P80"):
        for path in ("", "/qr.svg", "/remark"):
            whole += visitor.get(f"/stations/{own}{path}").text
        pdf = visitor.get(f"/stations/{own}/poster.pdf")
        assert pdf.mimetype == "application/pdf"
        whole += _text_of(pdf.data, tmp_path)
    whole += visitor.get("/sitemap-1.xml").text
    assert "0570-12345" in whole
    assert [word for word in CANARIES if word in whole] == []


def _text_of(pdf, folder):
    need(shutil.which("pdftotext"), "pdftotext is not installed")
    (folder / "door.pdf").write_bytes(pdf)
    told = subprocess.run(["pdftotext", folder / "door.pdf", "-"], check=True, capture_output=True)
    return told.stdout.decode()


# -- its address -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd(town, tmp_path_factory):  # noqa: F811
    """An application over a city whose stations have ids that are hard to put into an address."""
    folder = tmp_path_factory.mktemp("odd")
    city = City.create(folder / "odd", standard="quzhou-2018", name="怪城")
    lon, lat = place(10, 10)
    write(
        city,
        *(
            Change("station", own, {"name": f"站{number}", "type": "point", "status": "active",
                                    "geometry": (lon, lat)})
            for number, own in enumerate(ODD)
        ),
    )  # fmt: skip
    return create_app(city.path)


@pytest.mark.parametrize("number", range(len(ODD)), ids=lambda n: ODD[n][:20])
def test_an_id_of_anything_has_an_address_that_comes_back(odd, number):
    visitor, own = odd.test_client(), ODD[number]
    with odd.test_request_context("/"):
        address = {page: address_of(own, page=page) for page in ("one", "poster", "code", "remark")}
        outside = address_of(own, external=True)
    assert opened(visitor, address["one"]).seen.count(f"站{number}") > 1
    assert outside == f"http://localhost{address['one']}"
    assert f"站{number}" in visitor.get(address["remark"]).text
    asked = urlsplit(address["poster"])
    routed, values = odd.url_map.bind("localhost").match(unquote(asked.path))
    named = values.get("station_id") or parse_qs(asked.query).get("id", [""])[0]
    assert (routed.removesuffix("_by_id"), named) == ("station_page.poster", own)
    drawn = ET.fromstring(visitor.get(address["code"]).data)
    assert drawn.get("viewBox")
    # a browser tidies the path of an address before it asks
    assert not {"", ".", ".."} & set(unquote(urlsplit(address["one"]).path)[10:].split("/")) - {""}


@settings(deadline=None)
@given(st.text(min_size=1, max_size=12).filter(fits_a_path))
def test_an_id_that_fits_a_path_is_found_by_it(odd, own):
    with odd.test_request_context("/"):
        path = urlsplit(address_of(own)).path
    adapter = odd.url_map.bind("localhost")
    assert adapter.match(unquote(path)) == ("station_page.one", {"station_id": own})


def test_the_poster_of_an_odd_id_is_sent(odd):
    with odd.test_request_context("/"):
        address = address_of("a/../b", page="poster")
    answer = odd.test_client().get(address)
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")


def test_the_code_holds_the_address_of_the_server_that_was_asked(client):  # noqa: F811
    answer = client.get("/stations/P80/qr.svg", base_url="https://map.example.gov.cn")
    grid = np.zeros((37, 37), dtype=bool)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", answer.text):
        grid[int(y), int(x) : int(x) + int(width)] = True
    size = int(re.search(r'viewBox="0 0 (\d+) ', answer.text)[1])
    inside = grid[4 : size - 4, 4 : size - 4]
    assert qr_reader.read(inside) == "https://map.example.gov.cn/stations/P80"


def test_what_is_printed_bears_the_citys_own_address_whoever_asks(own_town):  # noqa: F811
    file = own_town.path / "city.toml"
    text = file.read_text("utf-8")
    assert 'address = ""' in text
    own = "https://map.example.gov.cn"
    file.write_text(text.replace('address = ""', f'address = "{own}/"'), "utf-8")
    visitor, evil = create_app(own_town.path).test_client(), "http://evil.example"
    for path in ("/stations/P80", "/robots.txt", "/sitemap.xml", "/sitemap-1.xml", "/ogc/"):
        said = visitor.get(path, base_url=evil).text
        assert own in said, path
        assert "evil" not in said, path
    for path in ("/api/v1/openapi.json", "/api", "/ogc/collections/stations/items?limit=2"):
        assert "evil" not in visitor.get(path, base_url=evil).text, path
    asked = visitor.get("/stations/P80/qr.svg", base_url=evil).text
    assert asked == visitor.get("/stations/P80/qr.svg", base_url=own).text
    page = opened(visitor, "/stations/P80")
    assert structured(page)["@id"] == f"{own}/stations/P80"


def test_no_program_walks_through_answers_without_end(client):  # noqa: F811
    robots = client.get("/robots.txt").text.splitlines()
    for path in ("/near?", "/stations/*/poster.pdf", "/download/", "/data/"):
        assert f"Disallow: {path}" in robots
    assert "Disallow: /near" not in robots


def test_a_code_that_no_phone_can_follow_is_told_of(client):  # noqa: F811
    said = "手机打不开"
    for host, there in (
        ("http://localhost:8000", True), ("http://127.0.0.1", True), ("http://[::1]:8000", True),
        ("https://map.example.gov.cn", False), ("http://10.0.0.7", False),
    ):  # fmt: skip
        assert (said in client.get("/stations/P80", base_url=host).text) == there, host


def test_a_merged_station_leads_to_what_it_is_now_and_a_strange_one_nowhere(own_town):  # noqa: F811
    register = own_town.register
    rows = [register.get("station", name) for name in ("P0", "P40")]
    changes = station_merge.changes(register, keep=rows[0], drop=rows[1], of_other=set())
    write(own_town, *changes, kind=station_merge.MERGE, note="P0")
    visitor = create_app(own_town.path).test_client()
    for page in ("", "/poster.pdf", "/qr.svg"):
        answer = visitor.get(f"/stations/P40{page}")
        assert answer.status_code == 302
        assert answer.location == f"/stations/P0{page}"
    for path in (
        *("P41", "", "?id=", "?id=%00", "%00a", "P41/qr.svg", "poster.pdf", "qr.svg?id=P41"),
        *("../manage", "P41/remark"),
    ):
        assert visitor.get(f"/stations/{path}").status_code == 404, path


def test_a_number_too_long_for_a_code_is_told_and_the_page_stands(own_town):  # noqa: F811
    own = "很" * 300
    write(own_town, Change("station", own, {"name": "长", "type": "point", "status": "active"}))
    visitor = create_app(own_town.path).test_client()
    assert "放不进二维码" in opened(visitor, f"/stations/{own}").seen
    answer = visitor.get(f"/stations/{own}/poster.pdf")
    assert answer.status_code == 400
    assert "请换一个较短的编号" in answer.text
    assert visitor.get(f"/stations/{own}/qr.svg").status_code == 404


# -- for search engines ----------------------------------------------------------------------

# schema.org 29: of each type the properties that it or its parents have, and what they may hold
TEXT, URL, TRUTH = str, re.compile(r"https?://\S+"), bool
TIME, DATE = re.compile(r"\d\d:\d\d"), re.compile(r"\d{4}-\d\d-\d\d")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SCHEMA = {
    "CivicStructure": {
        "name": TEXT, "url": URL, "identifier": TEXT, "description": TEXT, "telephone": TEXT,
        "address": "PostalAddress", "geo": "GeoCoordinates",
        "amenityFeature": "LocationFeatureSpecification",
        "openingHoursSpecification": "OpeningHoursSpecification",
        "specialOpeningHoursSpecification": "OpeningHoursSpecification",
    },
    "PostalAddress": {
        "streetAddress": TEXT, "addressLocality": TEXT, "addressRegion": TEXT,
        "addressCountry": re.compile("[A-Z]{2}"),
    },
    "GeoCoordinates": {"longitude": float, "latitude": float},
    "LocationFeatureSpecification": {"name": TEXT, "value": TRUTH},
    "OpeningHoursSpecification": {
        "dayOfWeek": DAYS, "opens": TIME, "closes": TIME, "validFrom": DATE, "validThrough": DATE,
    },
}  # fmt: skip


def hold(value, wanted):
    """Hold a value, or each of a list, to what a property may have."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(wanted, str):
            assert one["@type"] == wanted
            for name, inner in one.items():
                if not name.startswith("@"):
                    hold(inner, SCHEMA[wanted][name])
        elif isinstance(wanted, tuple):
            assert one in wanted
        elif isinstance(wanted, re.Pattern):
            assert wanted.fullmatch(one), one
        else:
            assert type(one) is wanted, (one, wanted)


def test_every_station_is_described_in_the_words_of_schema_org(busy, resident):
    stations = busy.now().stations()
    for own, point in zip(stations["station_id"], stations.geometry, strict=True):
        told = structured(opened(resident, f"/stations/{own}"))
        assert told["@context"] == "https://schema.org"
        assert told["@id"] == told["url"] == f"http://localhost/stations/{own}"
        hold(told, "CivicStructure")
        if point is not None:
            # what schema.org asks for: WGS-84, whatever the maps of the country show
            assert told["geo"]["longitude"] == pytest.approx(point.x, abs=1e-6)
            assert told["geo"]["latitude"] == pytest.approx(point.y, abs=1e-6)


HOURS = (
    "周一至周五 08:30–17:30",
    "24小时",
    "22:00-06:00",
    "周一闭馆周二到周日 9:30-17:00",
    "工作日 08:30—11:30 15:00—18:00",
    "Sa 00:00-24:00; Su 00:00-06:00",
    "Fr 20:00-26:00; Sa 10:00-12:00",
    "Mo-Su 00:00-24:00",
    "Mo 08:00-24:00; Tu 00:00-09:00",
)


@pytest.mark.parametrize("hours", HOURS)
def test_a_week_of_hours_is_told_minute_for_minute(hours):
    read, told = parse(hours), np.zeros(7 * 1440, dtype=bool)
    week = json_ld.weekly(hours)
    hold(week, "OpeningHoursSpecification")
    for one in week:
        opens, closes = (int(t[:2]) * 60 + int(t[3:]) for t in (one["opens"], one["closes"]))
        closes += (closes == 1439) + 1440 * (closes <= opens)
        for name in one["dayOfWeek"]:
            start = DAYS.index(name) * 1440
            told[np.arange(start + opens, start + closes) % len(told)] = True
    monday = dt.datetime(2025, 11, 3, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    for minute in range(0, 7 * 1440, 7):
        state = read.open_at(monday + dt.timedelta(minutes=minute))
        assert told[minute] == (state == "open"), (minute // 1440, minute % 1440)


@pytest.mark.parametrize("hours", ["夏季 8:00-18:00 冬季 9:00-17:00", "随缘", "", None])
def test_hours_that_no_week_can_say_are_left_out(hours):
    assert json_ld.weekly(hours) == []


def test_the_map_of_the_site_names_every_page_once_in_parts(town, monkeypatch):  # noqa: F811
    monkeypatch.setattr(sitemap, "PER_FILE", 3)
    visitor = create_app(town.path).test_client()
    robots = visitor.get("/robots.txt").text
    assert re.search(r"^Disallow: /manage$", robots, re.MULTILINE)
    index = re.search(r"^Sitemap: (\S+)$", robots, re.MULTILINE)[1]
    parts = _located(visitor, index)
    assert [urlsplit(part).path for part in parts] == [f"/sitemap-{n}.xml" for n in (1, 2, 3)]
    named = [address for part in parts for address in _located(visitor, part)]
    assert len(named) == len(set(named))
    frame = town.now().stations()
    there = frame.loc[frame["status"].isin(["active", "suspended"]), "station_id"]
    assert {a for a in named if "/stations/" in a} == {
        f"http://localhost/stations/{i}" for i in there
    }
    for address in named:
        assert visitor.get(address).status_code == 200, address
    for number in (0, 4, 99):
        assert visitor.get(f"/sitemap-{number}.xml").status_code == 404


def test_a_city_without_stations_has_a_map_of_its_pages(tmp_path):
    city = City.create(tmp_path / "empty", standard="quzhou-2018", name="空城")
    visitor = create_app(city.path).test_client()
    (part,) = _located(visitor, "/sitemap.xml")
    assert "http://localhost/" in _located(visitor, part)


def test_addresses_in_the_map_of_the_site_are_written_as_xml(odd):
    named = _located(odd.test_client(), "/sitemap-1.xml")
    with odd.test_request_context("/"):
        assert {address_of(own, external=True) for own in ODD} <= set(named)


def _located(visitor, address):
    root = ET.fromstring(visitor.get(address).data)
    return [one.text for one in root.iter() if one.tag.endswith("}loc")]


# -- handing over ----------------------------------------------------------------------------

LETTERS = st.characters(exclude_characters="：；", categories=["L", "N", "P", "S"])
DATUM = {"amap": "gcj02", "baidu": "bd09", "tencent": "gcj02", "apple": "gcj02"}


def _handed(link):
    """Longitude, latitude and name that an app is given, by its own documentation."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(link.address).query).items()}
    if link.app == "amap":
        assert query["coordinate"] == "gaode"
        lon, lat = query["position"].split(",")
        return float(lon), float(lat), query["name"]
    if link.app == "baidu":
        assert query["coord_type"] == "bd09ll"
        lat, lon = query["location"].split(",")
        return float(lon), float(lat), query["title"]
    if link.app == "tencent":
        parts = dict(part.split(":", 1) for part in query["marker"].split(";"))
        lat, lon = parts["coord"].split(",")
        return float(lon), float(lat), parts["title"].replace("：", ":").replace("；", ";")
    lat, lon = query["ll"].split(",")
    return float(lon), float(lat), query["q"]


@settings(deadline=None, max_examples=50)
@given(st.floats(100, 118), st.floats(25, 40), st.text(LETTERS, min_size=1, max_size=40))
def test_every_app_gets_the_place_in_its_own_datum_and_the_name_as_it_is(client, lon, lat, name):  # noqa: F811
    with client.application.test_request_context("/"):
        given = links(lon, lat, name, "zh")
    assert {link.app: link.datum for link in given} == DATUM
    for link in given:
        assert urlsplit(link.address).scheme == "https"
        assert re.fullmatch(r"[!-~]+", link.address)
        x, y, said = _handed(link)
        back = convert(x, y, source=DATUM[link.app], target="wgs84")
        assert float(back[0]) == pytest.approx(lon, abs=1e-5)
        assert float(back[1]) == pytest.approx(lat, abs=1e-5)
        assert abs(x - lon) > 1e-4 or abs(y - lat) > 1e-4  # not the satellite's own
        assert said == name


def test_abroad_the_datums_are_one_and_precision_is_the_citys(own_town):  # noqa: F811
    file = own_town.path / "city.toml"
    text = re.sub(r"decimals = \d", "decimals = 3", file.read_text("utf-8"))
    assert "decimals = 3" in text
    file.write_text(text, "utf-8")
    app = create_app(own_town.path)
    with app.test_request_context("/"):
        for link in links(-51.2301234, -30.0331234, "Praça", "en"):
            assert _handed(link) == (-51.23, -30.033, "Praça")
    told = structured(opened(app.test_client(), "/stations/P80"))
    assert told["geo"] == {"@type": "GeoCoordinates", "longitude": 118.871, "latitude": 28.95}
