"""Orders on their pages: answered with photos, returned, extended, each within its scope."""

import datetime as dt
import io
import json
import re
import uuid
import zipfile

import pytest
from openpyxl import load_workbook
from orders_town import ZONE, Town, photo
from PIL import Image
from signed_in import post

from stationmap.city import station_merge
from stationmap.store import Change


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(tmp_path_factory.mktemp("orders"))


def day(town, offset):
    return (town.now().astimezone(ZONE) + dt.timedelta(days=offset)).date().isoformat()


def form(town, order, **fields):
    return {"version": town.row(order)["version"], **fields}


def answered(town, order, *, by=None, text="已补齐台账", files=(), **more):
    fields = form(town, order, answer=text, **more)
    for line, data in files:
        fields.setdefault(f"photo:{line}", []).append((io.BytesIO(data), "a.jpg"))
    by = by or town.people.unit
    return post(by, f"/manage/orders/{order['id']}/answer", fields)


def test_a_list_shows_the_longest_overdue_first_and_only_ones_own(town):
    late = town.order("P300", ago=40, days=10)
    fresh = town.order("P80")
    there = town.order("P640", by=town.other)
    page = town.people.unit.get("/manage/orders").text
    assert page.index(late["id"]) < page.index(fresh["id"])
    assert there["id"] not in page
    assert "逾期 30 天" in page
    assert there["id"] in town.people.east.get("/manage/orders").text
    assert late["id"] not in town.people.east.get("/manage/orders").text
    overdue = town.people.city.get("/manage/orders?state=late").text
    assert late["id"] in overdue
    assert fresh["id"] not in overdue
    assert town.people.planner.get("/manage/orders").status_code == 403
    assert town.people.west.get("/manage/orders?county=330803").status_code == 404


def test_the_page_tells_the_lines_in_their_own_words_with_note_and_photos(town):
    (key,) = town.fresh("P40")
    order = town.order(
        "P40", failed=[key], photos={key: [photo("red")]}, notes={key: "台账缺三月 <b>"}
    )
    page = town.people.unit.get(f"/manage/orders/{order['id']}").text
    assert town.checklist.by_key[key].text["zh"] in page
    assert "台账缺三月 &lt;b&gt;" in page
    before = town.register.rows("photo", inspection_id=order["inspection_id"])
    assert f"/inspect/photos/{before[0]['id']}.jpg?size=thumb" in page
    assert town.people.library.get(f"/manage/orders/{order['id']}").status_code == 404
    assert town.people.east.get(f"/manage/orders/{order['id']}").status_code == 404


def test_an_answer_with_photos_is_kept_once_and_never_closes(town):
    order = town.order("P0")
    mark, line = str(uuid.uuid4()), order["lines"][0]
    fields = form(town, order, answer="已整改")
    before = town.register.seq()
    for _ in range(2):
        files = {f"photo:{line}": (io.BytesIO(photo("green")), "a.jpg")}
        done = post(
            town.people.unit, f"/manage/orders/{order['id']}/answer", fields | files, action=mark
        )
        assert done.status_code == 303
    row = town.row(order)
    assert (row["state"], row["answer"]) == ("answered", "已整改")
    assert town.register.seq() == before + 2  # the order and one photo
    (kept,) = town.register.rows("photo", order_id=order["id"])
    assert kept["line"] == line
    with Image.open(town.photos.path(kept["sha256"])) as picture:
        assert picture.size == (640, 480)
    page = town.people.inspector.get(f"/manage/orders/{order['id']}").text
    assert f"/inspect/photos/{kept['id']}.jpg" in page
    assert "已反馈待复查" in page


def test_only_a_reinspection_closes_and_one_that_fails_returns_with_a_new_day(town):
    order = town.order("P80", failed=town.fresh("P80", 2), ago=20, days=10)
    answered(town, order)
    town.visit("P80", failed=order["lines"][:1], order_id=order["id"])
    row = town.row(order)
    assert row["state"] == "returned"
    assert row["due"] > day(town, 0)
    town.visit("P80", order_id=order["id"])
    assert town.row(order)["state"] == "closed"
    page = town.people.unit.get(f"/manage/orders/{order['id']}").text
    assert "已销号" in page
    assert "复查：全部符合，销号" in page
    assert 'id="answer-form"' not in page
    late = answered(town, order, text="再说")
    assert late.status_code == 400
    assert "已经复查合格销号" in late.text
    assert "<blockquote>再说</blockquote>" in late.text
    assert town.row(order)["answer"] != "再说"


def test_what_was_chosen_is_not_lost_where_the_answer_is_refused(town):
    order = town.order("P0")
    line = order["lines"][0]
    wrong = answered(town, order, text="电话 13800138000", files=[(line, photo("blue"))])
    assert wrong.status_code == 400
    assert "13800138000" in wrong.text
    kept = re.search(r'name="kept" value="([^"]+)"', wrong.text)[1]
    own, _, of = kept.partition(" ")
    assert of == line
    assert town.people.unit.get(f"/inspect/photos/{own}.jpg").status_code == 200
    assert town.people.library.get(f"/inspect/photos/{own}.jpg").status_code == 404
    done = answered(town, order, text="已整改", kept=kept)
    assert done.status_code == 303
    assert town.register.get("photo", own)["order_id"] == order["id"]


def test_another_photo_of_equal_length_takes_the_place_of_one_that_was_refused(town):
    order = town.order("P640", by=town.other)
    line, mark = order["lines"][0], str(uuid.uuid4())
    pictures = [photo("green"), photo("blue")]
    longest = max(map(len, pictures))
    for text, data in zip(("", "已补"), pictures, strict=True):
        # whatever stands behind a JPEG's end is none of the picture
        files = {f"photo:{line}": (io.BytesIO(data.ljust(longest, b"\0")), "a.jpg")}
        fields = form(town, order, answer=text) | files
        path = f"/manage/orders/{order['id']}/answer"
        done = post(town.people.library, path, fields, action=mark)
    assert done.status_code == 303
    (kept,) = town.register.rows("photo", order_id=order["id"])
    with Image.open(town.photos.path(kept["sha256"])) as picture:
        red, _, blue = picture.getpixel((9, 9))
        assert blue > red


def test_a_photo_that_is_none_is_named_and_the_others_wait(town):
    order = town.order("P40")
    line = order["lines"][0]
    wrong = answered(town, order, files=[(line, photo()), (line, b"this is text")])
    assert wrong.status_code == 400
    assert "JPEG" in wrong.text
    assert len(re.findall('name="kept"', wrong.text)) == 1
    assert town.row(order)["state"] == "open"


def test_photos_of_somebody_else_cannot_be_taken_along(town):
    order = town.order("P640", by=town.other)
    wrong = answered(
        town, order, by=town.people.library, text="x", files=[("", photo("black"))], version=0
    )
    foreign = re.search(r'name="kept" value="([^"]+)"', wrong.text)[1]
    own = town.order("P300")
    refused = answered(town, own, kept=foreign)
    assert refused.status_code == 400
    assert town.row(own)["state"] == "open"


def test_two_who_write_at_once_are_told_and_nothing_is_written_over(town):
    order = town.order("P0")
    stale = form(town, order, answer="甲的反馈")
    assert answered(town, order, text="乙的反馈").status_code == 303
    conflict = post(town.people.west, f"/manage/orders/{order['id']}/answer", stale)
    assert conflict.status_code == 409
    assert "甲的反馈" in conflict.text
    assert "乙的反馈" in conflict.text
    assert town.row(order)["answer"] == "乙的反馈"


def test_an_answer_is_returned_with_a_reason_and_an_order_given_more_time(town):
    order = town.order("P300")
    path = f"/manage/orders/{order['id']}"
    early = post(
        town.people.west, f"{path}/return", form(town, order, reason="x", due=day(town, 9))
    )
    assert early.status_code == 400  # nothing is answered yet
    answered(town, order)
    assert post(town.people.unit, f"{path}/return", {}).status_code == 403
    assert post(town.people.east, f"{path}/return", {}).status_code == 404
    for fields in ({"reason": "", "due": day(town, 9)}, {"reason": "x", "due": day(town, -1)}):
        assert (
            post(town.people.west, f"{path}/return", form(town, order, **fields)).status_code == 400
        )
    fields = form(town, order, reason="照片看不清", due=day(town, 9))
    assert post(town.people.west, f"{path}/return", fields).status_code == 303
    row = town.row(order)
    assert (row["state"], row["due"], row["decision"]) == ("returned", day(town, 9), "照片看不清")
    assert "照片看不清" in town.people.unit.get(path).text
    short = form(town, order, reason="雨季", due=day(town, 5))
    assert post(town.people.west, f"{path}/extend", short).status_code == 400
    longer = form(town, order, reason="雨季", due=day(town, 30))
    assert post(town.people.west, f"{path}/extend", longer).status_code == 303
    assert town.row(order)["due"] == day(town, 30)


def test_overdue_is_counted_by_county_and_unit(town):
    page = town.people.city.get("/manage/orders/standing").text
    cells = {
        name: [
            re.sub("<[^>]+>", "", cell).strip()
            for cell in re.findall("<td.*?</td>", row, re.DOTALL)
        ]
        for name, row in re.findall(r'<tr><th scope="row">([^< ]+)(.*?)</tr>', page, re.DOTALL)
    }
    want = {}
    for row in town.register.rows("rectification"):
        late = row["state"] in ("open", "returned") and row["due"] < day(town, 0)
        name = "某街道办事处" if row["unit_id"] == "U1" else "市图书馆"
        want.setdefault(name, [0, 0])
        want[name][0] += row["state"] == "open"
        want[name][1] += late
    for name, (opened, late) in want.items():
        assert (cells[name][0], cells[name][5]) == (str(opened), str(late))
    assert "市图书馆" not in town.people.west.get("/manage/orders/standing").text


def test_the_workbook_holds_the_list_and_guards_formulas(town):
    order = town.order("P40")
    answered(town, order, text="=1+1")
    data = town.people.west.get("/manage/orders.xlsx?state=answered").data
    sheet = load_workbook(io.BytesIO(data)).active
    heads, *rows = sheet.iter_rows(values_only=True)
    assert heads[:2] == ("整改单编号", "站点")
    column = heads.index("单位反馈情况")
    said = [row[column] for row in rows]
    assert "'=1+1" in said or "=1+1" in said
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_the_notice_is_titled_as_the_pack_says(town):
    (key,) = town.fresh("P0")
    order = town.order("P0", failed=[key], notes={key: "门未开"}, ago=3)
    page = town.people.unit.get(f"/manage/orders/{order['id']}/notice").text
    assert "<h1>整改通知书</h1>" in page
    assert "某街道办事处：" in page
    assert "门未开" in page
    data = town.people.unit.get(f"/manage/orders/{order['id']}/notice.docx").data
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        said = book.read("word/document.xml").decode()
    assert "整改通知书" in said
    assert town.checklist.by_key[key].text["zh"] in said


def test_the_pack_holds_the_orders_of_the_period_and_nobody_elses(town):
    (key,) = town.fresh("P80")
    order = town.order("P80", failed=[key], photos={key: [photo("red")]}, notes={key: "积灰"})
    answered(town, order, text="已擦净", files=[(key, photo("green"))])
    there = town.order("P640", by=town.other)
    today = day(town, 0)
    path = f"/manage/orders/evidence.zip?first={today}&last={today}"
    answer = town.people.west.get(path)
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as pack:
        assert pack.testzip() is None
        names = pack.namelist()
        digests = pack.read("SHA256SUMS").decode().splitlines()
        log = [json.loads(line) for line in pack.read("events.jsonl").decode().splitlines()]
        folder = next(n for n in {e["order"] for e in log} if _of(log, n, order["id"]))
        picture = Image.open(io.BytesIO(pack.read(f"{folder}/photos/1-answered-1.jpg")))
        assert picture.getpixel((5, 5))[1] > 100
        words = pack.read(f"{folder}/整改材料.docx")
    answer.close()
    assert len(digests) == len(names) - 1
    assert f"{folder}/整改通知书.docx" in names
    with zipfile.ZipFile(io.BytesIO(words)) as book:
        said = book.read("word/document.xml").decode()
        assert any(name.startswith("word/media/") for name in book.namelist())
    assert "已擦净" in said
    assert "积灰" in said
    assert {e["entity"] for e in log} == {"rectification", "inspection", "photo"}
    assert not _of(log, None, there["id"])
    assert town.people.inspector.get(path).status_code == 403
    # what was settled in the period belongs to it too, whenever it was issued
    at = "2001-02-03T04:00:00.000+00:00"
    settled = {"state": "closed", "decided_at": at, "issued_at": "2000-12-01T04:00:00.000+00:00"}
    for instant, held in ((at, True), ("2001-03-01T04:00:00.000+00:00", False)):
        change = Change("rectification", order["id"], {**settled, "decided_at": instant})
        town.register.write([change], action=str(uuid.uuid4()), by="cli", kind="order")
        later = "/manage/orders/evidence.zip?first=2001-02-03&last=2001-02-03"
        assert (town.people.west.get(later).status_code == 200) is held
    none = town.people.west.get("/manage/orders/evidence.zip?first=2001-01-01&last=2001-01-02")
    assert none.status_code == 400
    bad = town.people.west.get("/manage/orders/evidence.zip?first=x&last=2001-01-02")
    assert bad.status_code == 400


def _of(log, number, own):
    return any(e["id"] == own and number in (None, e["order"]) for e in log)


def test_the_units_home_shows_its_orders_first(town):
    page = town.people.unit.get("/home").text
    assert 'id="orders"' in page
    assert page.index('id="orders"') < page.index('class="tallies"')
    listed = re.findall(r"/manage/orders/([0-9a-f-]{36})", page)
    dues = [town.register.get("rectification", own)["due"] for own in listed]
    assert dues == sorted(dues)
    assert len(dues) >= 2


def test_forms_without_their_token_change_nothing(town):
    order = town.order("P300")
    before = town.register.seq()
    data = form(town, order, answer="x", action=str(uuid.uuid4()))
    for step in ("answer", "return", "extend"):
        wrong = town.people.city.post(f"/manage/orders/{order['id']}/{step}", data=data)
        assert wrong.status_code == 403
    assert town.register.seq() == before


def test_an_order_goes_along_where_its_station_becomes_part_of_another(town):
    order = town.order("P300")
    keep, drop = (town.register.get("station", own) for own in ("P80", "P300"))
    changes = station_merge.changes(town.register, keep=keep, drop=drop, of_other=set())
    town.register.write(changes, action=str(uuid.uuid4()), by="cli", kind="merge", note="P80")
    assert town.row(order)["station_id"] == "P80"
    assert "有礼点80" in town.people.unit.get(f"/manage/orders/{order['id']}").text
    town.visit("P80", order_id=order["id"])
    assert town.row(order)["state"] == "closed"


def test_inspections_and_orders_are_not_undone_with_other_changes(town):
    order = town.order("P40")
    answered(town, order)
    made = [event.action for event in town.register.history("rectification", order["id"])]
    assert len(made) == 2
    before = town.register.seq()
    for action in made:
        assert town.people.city.get(f"/manage/stations/changes/{action}").status_code == 404
        undone = post(town.people.city, f"/manage/stations/changes/{action}/undo")
        assert undone.status_code == 404
    assert town.register.seq() == before
    assert town.row(order)["state"] == "answered"


def test_a_county_sees_of_a_unit_the_orders_of_its_own_stations(town):
    there = town.order("P640", by=town.other)
    town.write(Change("rectification", there["id"], {"unit_id": "U1"}))
    assert there["id"] not in town.people.west.get("/home?unit=U1").text
    assert there["id"] not in town.people.west.get("/manage/orders?unit=U1").text
    assert there["id"] in town.people.city.get("/manage/orders?unit=U1").text


def test_the_menu_counts_what_waits_for_whom(town):
    def counted(client):
        page = client.get("/manage/orders?state=closed").text
        menu = page[page.index('class="manage-nav"') : page.index("</nav>")]
        found = re.search(r'href="/manage/orders"[^<]*<span class="nav-count">(\d+)', menu)
        return int(found[1]) if found else 0

    unit, office = counted(town.people.unit), counted(town.people.west)
    order = town.order("P0")
    assert (counted(town.people.unit), counted(town.people.west)) == (unit + 1, office)
    answered(town, order)
    assert (counted(town.people.unit), counted(town.people.west)) == (unit, office + 1)


def void(town, who, visit, **fields):
    return post(who, f"/manage/visits/{visit['id']}/void", fields)


def test_an_order_is_withdrawn_with_a_reason_and_nothing_more_is_done_about_it(town):
    order = town.order("P40")
    path, people = f"/manage/orders/{order['id']}/cancel", town.people
    asked = {**form(town, order), "reason": "查错了站点"}
    assert [post(own, path, asked).status_code for own in (people.unit, people.inspector)] == [
        403,
        403,
    ]
    assert post(people.east, path, asked).status_code == 404
    assert post(people.west, path, {**asked, "reason": " "}).status_code == 400
    assert town.row(order)["state"] == "open"
    assert post(people.west, path, asked).status_code == 303
    assert (town.row(order)["state"], town.row(order)["decision"]) == ("cancelled", "查错了站点")
    page = people.unit.get(f"/manage/orders/{order['id']}").text
    assert "已撤销" in page
    assert "查错了站点" in page
    assert "了结" in page
    assert "前整改" not in page
    assert f"/manage/orders/{order['id']}/notice" not in page
    assert 'id="answer-form"' not in page
    assert answered(town, order).status_code == 400
    assert order["id"] not in people.west.get("/manage/orders").text
    assert order["id"] in people.west.get("/manage/orders?state=cancelled").text
    # a re-inspection that was under way is kept, and decides nothing; its lines can be ordered anew
    assert town.visit("P40", order_id=order["id"]).decided == (order["id"], "cancelled")
    assert town.order("P40", failed=order["lines"])["lines"] == order["lines"]


def test_an_inspection_is_voided_with_a_reason_by_administrators_of_its_place(town):
    done = town.visit("P80", failed=town.fresh("P80"))
    visit, order, people = done.inspection, done.order, town.people
    path = f"/manage/visits/{visit['id']}"
    assert people.east.get(path).status_code == 404
    assert void(town, people.east, visit, reason="误").status_code == 404
    for own in (people.unit, people.inspector, people.planner):
        assert own.get(path).status_code == 403
        assert void(town, own, visit, reason="误").status_code == 403
    assert "作废这次检查" in people.west.get(path).text
    assert void(town, people.west, visit).status_code == 400
    assert town.register.get("inspection", visit["id"])["voided"] is None
    mark = str(uuid.uuid4())
    for _ in range(2):
        again = post(people.west, f"{path}/void", {"reason": "走错 <站>"}, action=mark)
        assert again.status_code == 303
    assert town.register.get("inspection", visit["id"])["voided"] == "走错 <站>"
    page = people.city.get(path).text
    assert "走错 &lt;站&gt;" in page
    assert people.west.account.name in page
    assert 'id="void-form"' not in page
    assert void(town, people.city, visit, reason="再").status_code == 400
    # its order stands, and its page says what to do
    assert town.row(order)["state"] == "open"
    assert "整改单仍然有效" in people.west.get(f"/manage/orders/{order['id']}").text
    told = people.inspector.get(f"/api/v1/inspect/visits/{visit['id']}").get_json()
    assert told["voiding"]["why"] == "走错 <站>"
    assert told["desk"] is None
    assert f"inspection:{visit['id']}" in people.city.get("/manage/audit/log.csv").text


def test_the_orders_of_a_voided_inspection_are_withdrawn_where_that_is_asked(town):
    done = town.visit("P80", failed=town.fresh("P80"))
    answer = void(town, town.people.west, done.inspection, reason="走错站", orders="1")
    assert answer.status_code == 303
    assert town.row(done.order)["state"] == "cancelled"
    course = town.people.unit.get(f"/manage/orders/{done.order['id']}").text
    assert "主管方撤销" in course
    assert "走错站" in course
