"""Supervision: draws that cannot be chosen, rounds that somebody walks, a table that tells."""

import csv
import datetime as dt
import html
import io
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import openpyxl
import pytest
import signed_in
from pages_town import own_town, town  # noqa: F401
from signed_in import post

from stationmap.city import draws, station_merge
from stationmap.errors import Conflict
from stationmap.inspections import Checklist
from stationmap.store import Change
from web import supervision_table
from web.app import create_app

BASE = "/manage/supervision"
WEST, EAST = "330802", "330803"
NOW = dt.datetime(2026, 11, 26, 4, 0, tzinfo=dt.UTC)


@pytest.fixture
def app(own_town):  # noqa: F811
    app = create_app(own_town.path)
    app.config["CLOCK"] = lambda: NOW
    return app


@pytest.fixture
def register(app):
    return app.extensions["city"].register


@pytest.fixture
def city(app):
    return signed_in.client(app)


@pytest.fixture
def county(app):
    return signed_in.client(app, role="county", adcode=WEST)


def write(register, *changes):
    return register.write(list(changes), action=str(uuid.uuid4()), by="cli", kind="edit")


def words(response):
    """Text of a page as a reader sees it."""
    plain = re.sub(r"<(script|style|template).*?</\1>|<[^>]+>", " ", response.text, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(plain))


def visit(app, station_id, *, answers=(), rest="met", at="2026-11-20T02:00:00.000+00:00", **more):
    """Write a visit; every line that `answers` does not name was found `rest`."""
    city = app.extensions["city"]
    checklist = Checklist.of_pack(city.now().pack)
    found = checklist.found({line.key: rest for line in checklist.lines} | dict(answers))
    columns = {
        "station_id": station_id,
        "checklist": checklist.id,
        "visit": "covert",
        "at": at,
        "received_at": at,
        "found": found,
        **more,
    }
    words_of = {"pack": checklist.pack, "edition": checklist.edition, "content": checklist.content}
    write(
        city.register,
        Change("checklist", checklist.id, words_of),
        Change("inspection", str(uuid.uuid4()), columns),
    )


def order(register, station_id, *, due, state="open", adcode=WEST, **more):
    columns = {
        "station_id": station_id,
        "adcode": adcode,
        "unit": "某街道办事处",
        "state": state,
        "due": due,
        "issued_at": "2026-10-01T02:00:00.000+00:00",
        "lines": ["visit#1"],
        **more,
    }
    write(register, Change("rectification", str(uuid.uuid4()), columns))


def drawn(client, size=4, **fields):
    """Draw, and return the id of the draw."""
    answer = post(client, f"{BASE}/draws", {"size": size, **fields})
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"].rsplit("/", 1)[1].partition("?")[0]


# -- drawing ---------------------------------------------------------------------------------


def test_a_draw_keeps_all_that_proves_it(city, register):
    draw_id = drawn(city, note="三季度暗访")
    row = register.get("draw", draw_id)
    told = draws.proof(row)
    assert told.holds
    assert len(told.told) == 4
    in_use = {"P0", "P40", "P80", "P300", "P640", "HOSTILE", "LOST"}
    assert {site.id for site in told.pool} == in_use
    page = words(city.get(f"{BASE}/draws/{draw_id}"))
    assert row["seed"] in page
    assert "三季度暗访" in page
    assert f"--check {draw_id}" in page


def test_a_changed_list_of_sites_is_found_out(city, register):
    row = register.get("draw", drawn(city, size=2))
    others = [s.id for s in draws.proof(row).pool if s.id not in {d["id"] for d in row["drawn"]}]
    row["drawn"][0]["id"] = others[0]
    assert not draws.proof(row).holds


def test_the_same_form_sent_twice_draws_once_and_another_draws_anew(city, register):
    action = str(uuid.uuid4())
    for _ in range(2):
        post(city, f"{BASE}/draws", {"size": 3}, action=action)
    assert len(register.rows("draw")) == 1
    drawn(city, size=3)
    seeds = [row["seed"] for row in register.rows("draw")]
    assert len(set(seeds)) == 2
    # fishing is seen: both stand in the list
    assert words(city.get(BASE)).count("礼城 3 0") == 2


def test_nobody_can_send_a_seed(city, register):
    row = register.get("draw", drawn(city, seed="mine"))
    assert row["seed"] != "mine"
    assert len(row["seed"]) == 32


def test_what_speaks_for_a_visit_gives_points(app, city, register):
    visit(app, "P0")
    visit(app, "P40", answers={"visit#1": "not_met"})
    visit(app, "P80", at="2024-01-05T02:00:00.000+00:00")
    order(register, "P0", due="2026-01-01")
    write(
        register,
        Change("remark", "R1", {"station_id": "P300", "kind": "closed", "state": "open"}),
    )
    row = register.get("draw", drawn(city, never=9, stale=5, failed=7, overdue=11, remarks=2))
    sites = {site.id: site for site in draws.proof(row).pool}
    assert sites["P0"].factors == ("overdue",)
    assert sites["P40"].factors == ("failed",)
    assert sites["P80"].factors == ("stale",)
    assert sites["P300"].factors == ("never", "remarks")
    points = row["weights"]["points"]
    assert [sites[i].weight(points) for i in ("P0", "P40", "P80", "P300")] == [12, 8, 6, 12]


def test_a_units_own_check_and_a_voided_one_are_no_visit(app, city, register):
    visit(app, "P0", visit="self")
    visit(app, "P40", voided="记错站点")
    sites = {s.id: s for s in draws.proof(register.get("draw", drawn(city))).pool}
    assert sites["P0"].factors == sites["P40"].factors == ("never",)


@pytest.mark.parametrize(
    "fields",
    [
        {"size": "0"},
        {"size": "-1"},
        {"size": "2001"},
        {"size": "１２"},
        {"size": "1e3"},
        {"size": ""},
        {"size": "4", "never": "101"},
        {"size": "4", "failed": "x"},
        {"size": "4", "note": "长" * 201},
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence_and_nothing_is_lost(city, register, fields):
    answer = post(city, f"{BASE}/draws", fields)
    assert answer.status_code == 400
    assert "没有保存" in words(answer)
    assert register.rows("draw") == []


def test_a_district_without_a_station_says_so(app, register):
    nowhere = signed_in.client(app, role="county", adcode="330881")
    answer = post(nowhere, f"{BASE}/draws", {"size": 3})
    assert answer.status_code == 400
    assert "没有可抽" in words(answer)


# -- who sees what ---------------------------------------------------------------------------


def test_a_county_draws_its_own_sites_and_never_sees_the_citys_draws(city, county, register):
    secret = drawn(city, district=WEST)
    mine = drawn(county, size=10, district=EAST)
    pool = {site.id for site in draws.proof(register.get("draw", mine)).pool}
    assert pool == {"P0", "P40", "P80", "P300"}
    assert county.get(f"{BASE}/draws/{secret}").status_code == 404
    assert county.get(f"{BASE}/draws/{secret}/pool.csv").status_code == 404
    assert post(county, f"{BASE}/draws/{secret}/rounds", {"most": 3}).status_code == 404
    assert secret not in county.get(BASE).text
    # the city sees both
    assert mine in city.get(BASE).text


@pytest.mark.parametrize("role", ["inspector", "planner", "unit"])
def test_others_do_not_draw(app, role):
    other = signed_in.client(app, role=role, adcode=WEST, unit_id="U" if role == "unit" else None)
    assert other.get(BASE).status_code == 403
    assert post(other, f"{BASE}/draws", {"size": 3}).status_code == 403


@pytest.mark.parametrize("odd", ["x", "%00", "a%00b", "00000000-0000-0000-0000-000000000000"])
def test_odd_addresses_are_nothing_to_find(city, odd):
    for path in (f"draws/{odd}", f"draws/{odd}/pool.csv", f"draws/{odd}/sites.xlsx"):
        assert city.get(f"{BASE}/{path}").status_code == 404


def test_the_pool_can_be_taken_away_and_holds_no_formula(city, register):
    write(register, Change("station", "=1+1", {"name": "怪", "type": "point", "status": "active"}))
    draw_id = drawn(city)
    text = city.get(f"{BASE}/draws/{draw_id}/pool.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["id"] for row in rows} >= {"P0", "P640"}
    assert all(not row["id"].startswith("=") for row in rows)
    assert {row["factors"] for row in rows} == {"never"}


# -- rounds ----------------------------------------------------------------------------------


def laid(client, draw_id, **fields):
    return post(
        client,
        f"{BASE}/draws/{draw_id}/rounds",
        {"most": 2, "first": "2026-11-27", **fields},
    )


def test_rounds_hold_every_site_once_and_go_to_those_who_may(app, city, register):
    west = signed_in.account(register, role="inspector", adcode=WEST)
    east = signed_in.account(register, role="inspector", adcode=EAST)
    gone = signed_in.account(register, role="inspector", active=False)
    draw_id = drawn(city, size=6)
    answer = laid(city, draw_id, inspector=[west.id, east.id, gone.id])
    assert answer.status_code == 303
    rounds = register.rows("round", draw_id=draw_id)
    assert sorted(s for one in rounds for s in one["stations"]) == sorted(
        d["id"] for d in register.get("draw", draw_id)["drawn"]
    )
    held = app.extensions["city"].now().stations().set_index("station_id")["adcode"]
    for one in rounds:
        codes = {held[s] for s in one["stations"]}
        may = {west.id: {WEST}, east.id: {EAST}}
        assert one["inspector_id"] is None or codes <= may[one["inspector_id"]]
    days = [(one["inspector_id"], one["day"]) for one in rounds if one["inspector_id"]]
    assert len(days) == len(set(days)) > 0
    # Friday, then Monday
    assert {day for _, day in days} <= {"2026-11-27", "2026-11-30", "2026-12-01"}


def test_rounds_laid_anew_take_the_place_of_the_old(city, register):
    draw_id = drawn(city, size=4, district=WEST)
    laid(city, draw_id)
    first = {one["id"] for one in register.rows("round", draw_id=draw_id)}
    laid(city, draw_id, most=4)
    second = register.rows("round", draw_id=draw_id)
    assert len(second) == 1
    assert first.isdisjoint(one["id"] for one in second)
    action = str(uuid.uuid4())
    for _ in range(2):
        post(
            city,
            f"{BASE}/draws/{draw_id}/rounds",
            {"most": 3, "first": "2026-11-27"},
            action=action,
        )
    assert len(register.rows("round", draw_id=draw_id)) == 2


def test_rounds_laid_at_once_stand_once_and_give_nobody_two_on_a_day(app, city, register):
    who = signed_in.account(register, role="inspector")
    draw_ids = [drawn(city, size=4, district=WEST) for _ in range(2)]

    class Late(type(register)):
        """Reads the rounds, then lets somebody else lay out some before it writes."""

        def __init__(self, draw_id):
            self.__dict__, self.draw_id = register.__dict__, draw_id

        def write(self, *args, **more):
            assert laid(city, self.draw_id, inspector=[who.id]).status_code == 303
            return register.write(*args, **more)

    for between in draw_ids:
        with pytest.raises(Conflict):
            draws.make_rounds(
                app.extensions["city"].now(),
                Late(between),
                draw=register.get("draw", draw_ids[0]),
                by="cli",
                action=str(uuid.uuid4()),
                most=2,
                inspectors=[who],
                first=dt.date(2026, 11, 27),
                today=NOW.date(),
            )
    days = [row["day"] for row in register.rows("round", inspector_id=who.id)]
    assert len(days) == len(set(days)) == 4
    held = [s for one in register.rows("round", draw_id=draw_ids[0]) for s in one["stations"]]
    assert len(held) == len(set(held)) == 4


@pytest.mark.parametrize("first", ["2026-11-25", "2027-12-01", "9999-12-31"])
def test_rounds_begin_neither_in_the_past_nor_beyond_a_year(city, register, first):
    draw_id = drawn(city, size=2)
    answer = laid(city, draw_id, first=first)
    assert answer.status_code == 400
    assert "路线的第一天可填 2026-11-26 至 2027-11-27" in words(answer)
    assert register.rows("round", draw_id=draw_id) == []


def test_a_site_that_closed_meanwhile_is_in_no_round_and_named(city, register):
    draw_id = drawn(city, size=4, district=WEST)
    write(register, Change("station", "P40", {"status": "closed"}))
    assert laid(city, draw_id).status_code == 303
    held = {s for one in register.rows("round", draw_id=draw_id) for s in one["stations"]}
    assert held == {"P0", "P80", "P300"}
    page = words(city.get(f"{BASE}/draws/{draw_id}"))
    assert "没有编入路线的站点（已不在正常运行）：有礼点40" in page


def test_a_round_is_given_to_somebody_and_a_second_hand_is_told(city, register):
    who = signed_in.account(register, role="inspector")
    draw_id = drawn(city, size=2)
    laid(city, draw_id)
    one = register.rows("round", draw_id=draw_id)[0]
    path = f"{BASE}/rounds/{one['id']}"
    fields = {"version": one["version"], "inspector": who.id, "day": "2026-12-01"}
    assert post(city, path, fields).status_code == 303
    after = register.get("round", one["id"])
    assert (after["inspector_id"], after["day"]) == (who.id, "2026-12-01")
    late = post(city, path, {**fields, "day": "2026-12-09"})
    assert late.status_code == 409
    assert "其他人" in words(late)
    assert register.get("round", one["id"])["day"] == "2026-12-01"
    strange = post(city, path, {**fields, "version": after["version"], "inspector": "nobody"})
    assert strange.status_code == 400


def test_the_workbook_lists_what_was_drawn_round_by_round(city):
    draw_id = drawn(city, size=4, district=WEST)
    assert laid(city, draw_id).status_code == 303
    book = openpyxl.load_workbook(io.BytesIO(city.get(f"{BASE}/draws/{draw_id}/sites.xlsx").data))
    rows = list(book.active.values)
    assert [row[0] for row in rows[1:]] == [1, 1, 2, 2]


def test_what_was_visited_since_is_told(app, city):
    draw_id = drawn(city, size=7)
    assert "其中0个之后去督查、暗访过" in words(city.get(f"{BASE}/draws/{draw_id}"))
    visit(app, "P0", at="2099-01-01T00:00:00.000+00:00")
    visit(app, "P40", at="2020-01-01T00:00:00.000+00:00")
    assert "其中1个之后去督查、暗访过" in words(city.get(f"{BASE}/draws/{draw_id}"))


def test_an_announced_visit_is_not_what_a_draw_asked_for(app, city):
    draw_id = drawn(city, size=7)
    visit(app, "P0", at="2099-01-01T00:00:00.000+00:00", visit="call")
    visit(app, "P40", at="2099-01-01T00:00:00.000+00:00", visit="supervision")
    page = words(city.get(f"{BASE}/draws/{draw_id}"))
    assert "其中1个之后去督查、暗访过" in page
    assert "另有1个只走访过" in page
    (row,) = re.findall(r'data-label="之后检查过">([^<]*)</td>', city.get(BASE).text)
    assert row == "1"


def test_a_draw_and_its_rounds_follow_a_station_that_was_merged(app, city, register):
    who = signed_in.account(register, role="inspector")
    draw_id = drawn(city, size=7)
    for _ in range(2):  # rounds laid before and after
        answer = laid(city, draw_id, most=8, first="2026-11-26", inspector=who.id)
        assert answer.status_code == 303
        if register.get("station", "P40"):
            rows = [register.get("station", name) for name in ("CLOSED", "P40")]
            write(register, Change("station", rows[0]["id"], {"status": "active"}))
            rows[0] = register.get("station", rows[0]["id"])
            changes = station_merge.changes(register, keep=rows[0], drop=rows[1], of_other=set())
            action = str(uuid.uuid4())
            kind = station_merge.MERGE
            register.write(changes, action=action, by="cli", kind=kind, note=rows[0]["id"])
        page = words(city.get(f"{BASE}/draws/{draw_id}"))
        assert "没有编入路线的站点" not in page
        assert "已不在台账中" not in page
        walked = signed_in.client(app, own=who).get("/api/v1/inspect/sites?list=today").json
        assert "CLOSED" in {site["station_id"] for site in walked["sites"]}
    visit(app, rows[0]["id"], at="2099-01-01T00:00:00.000+00:00")
    assert "其中1个之后去督查、暗访过" in words(city.get(f"{BASE}/draws/{draw_id}"))


# -- the table -------------------------------------------------------------------------------


def table(client, **query):
    """Return the table's rows by their name."""
    page = client.get(
        f"{BASE}/table", query_string={"since": "2026-11-01", "until": "2026-11-30", **query}
    )
    assert page.status_code == 200
    body = page.text.split("<table", 1)[1].split("</table>", 1)[0]
    rows = {}
    for row in re.findall(r"<tr>(.*?)</tr>", body, flags=re.S):
        cells = [
            html.unescape(re.sub(r"<[^>]+>", "", c))
            for c in re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.S)
        ]
        rows[cells[0]] = cells[1:]
    return rows


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_period_that_nobody_can_count_is_refused(city, day):
    for query in (f"since={day}", f"until={day}"):
        assert city.get(f"/manage/supervision/table?{query}").status_code == 400


def test_the_table_counts_sites_visits_results_and_orders(app, city, register):
    visit(app, "P0")
    visit(app, "P40", answers={"visit#1": "not_met"})
    visit(app, "P80", rest="unknown", answers={"visit#1": "met"})
    visit(app, "P640", at="2026-10-31T15:59:59.999+00:00")  # the last moment of October there
    order(register, "P40", due="2026-11-10")
    order(register, "P0", due="2026-12-10", state="answered")
    order(
        register, "P0", due="2026-11-10", state="closed", decided_at="2026-11-10T15:00:00.000+00:00"
    )
    order(
        register, "P0", due="2026-11-10", state="closed", decided_at="2026-11-10T16:00:00.000+00:00"
    )
    rows = table(city)
    assert rows["柯城区"] == ["4", "75.0% (3/4)", "50.0% (1/2)", "1", "2", "1", "50.0% (1/2)"]
    assert rows["衢江区"] == ["2", "0.0% (0/2)", "–", "0", "0", "0", "–"]
    assert rows["未分县区"] == ["1", "0.0% (0/1)", "–", "0", "0", "0", "–"]
    assert rows["合计"] == ["7", "42.9% (3/7)", "50.0% (1/2)", "1", "2", "1", "50.0% (1/2)"]
    by_unit = table(city, by="unit")
    assert by_unit["某街道办事处"] == ["6", "50.0% (3/6)", *rows["合计"][2:]]
    assert by_unit["（未写明单位）"][0] == "1"


def test_a_deadline_given_anew_makes_nothing_timely(city, register):
    own = str(uuid.uuid4())
    columns = {"station_id": "P0", "adcode": WEST, "unit": "某单位", "lines": ["visit#1"]}
    columns |= {"due": "2026-11-05", "state": "open", "issued_at": "2026-10-01T02:00:00.000+00:00"}
    write(register, Change("rectification", own, columns))
    write(register, Change("rectification", own, {"state": "returned", "due": "2026-11-25"}))
    closed = {"state": "closed", "decided_at": "2026-11-20T02:00:00.000+00:00"}
    write(register, Change("rectification", own, closed))
    assert table(city)["柯城区"][-1] == "0.0% (0/1)"


def test_one_table_does_not_wait_for_another(city, monkeypatch):
    gather, going, go_on = supervision_table.gathering.supervision, Event(), Event()

    def slowly(*args, until, **more):
        if until.month == 10:
            going.set()
            assert go_on.wait(60)
        return gather(*args, until=until, **more)

    monkeypatch.setattr(supervision_table.gathering, "supervision", slowly)
    other = signed_in.client(city.application)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(other.get, f"{BASE}/table?since=2026-10-01&until=2026-10-31")
        assert going.wait(60)
        try:
            assert table(city)["合计"]
        finally:
            go_on.set()
        assert slow.result().status_code == 200


def test_what_was_put_right_heals_only_the_line_looked_at(app, city):
    visit(app, "P0", answers={"visit#1": "not_met"}, at="2026-11-03T02:00:00.000+00:00")
    visit(app, "P0", rest="unknown", answers={"visit#1": "met"}, at="2026-11-09T02:00:00.000+00:00")
    assert table(city)["柯城区"][2] == "100% (1/1)"


def test_a_county_sees_its_own_rows_alone(app, county, register):
    order(register, "P640", due="2026-11-10", adcode=EAST)
    rows = table(county, district=EAST)
    assert set(rows) - {"县（市、区）"} == {"柯城区", "合计"}


def test_the_table_is_a_workbook_and_a_document(app, city):
    from docx import Document

    visit(app, "P0")
    query = "since=2026-11-01&until=2026-11-30"
    book = openpyxl.load_workbook(io.BytesIO(city.get(f"{BASE}/table.xlsx?{query}").data))
    assert book.sheetnames[0].startswith("督查")
    counties = [row[0] for row in book.worksheets[0].values]
    assert "柯城区" in counties
    document = Document(io.BytesIO(city.get(f"{BASE}/table.docx?{query}").data))
    assert "柯城区" in [row.cells[0].text for row in document.tables[0].rows]
    assert city.get(f"{BASE}/table.pptx").status_code == 404
    assert city.get(f"{BASE}/table?since=gestern").status_code == 400


# -- good and demonstration stations ---------------------------------------------------------


def test_good_stations_fulfil_every_criterion_and_none_that_cannot_be_told(app, city, register):
    for id_ in ("P0", "P40", "P80"):
        visit(app, id_)
    order(register, "P40", due="2026-12-10")
    period = {"since": "2026-11-01", "until": "2026-11-30"}
    page = words(city.get(f"{BASE}/good", query_string=period))
    # no activities are known: nobody is good yet, two may be
    assert "另有2个站点" in page
    assert "有礼点0" not in page
    write(
        register,
        *(
            Change(
                "activity", f"A{id_}", {"station_id": id_, "name": "便民服务", "date": "2026-11-05"}
            )
            for id_ in ("P0", "P40")
        ),
    )
    page = city.get(f"{BASE}/good", query_string=period).text
    assert "有礼点0" in page
    assert "有礼点40" not in page  # an order is open
    assert "有礼点80" not in page  # no activity


def test_a_demonstration_station_is_marked_listed_and_unmarked(app, city, county, register):
    path = f"{BASE}/good?list=demonstration"
    assert "还没有示范点" in words(city.get(path))
    row = register.get("station", "P0")
    answer = post(county, path, {"station": "P0", "version": row["version"], "mark": "1"})
    assert answer.status_code == 303
    assert register.get("station", "P0")["demonstration"] is True
    page = words(city.get(path))
    assert "有礼点0" in page
    stale = post(city, path, {"station": "P0", "version": row["version"], "mark": "0"})
    assert stale.status_code == 303
    assert register.get("station", "P0")["demonstration"] is True
    version = register.get("station", "P0")["version"]
    post(city, path, {"station": "P0", "version": version, "mark": "0"})
    assert register.get("station", "P0")["demonstration"] is False
    foreign = register.get("station", "P640")["version"]
    assert (
        post(county, path, {"station": "P640", "version": foreign, "mark": "1"}).status_code == 404
    )
