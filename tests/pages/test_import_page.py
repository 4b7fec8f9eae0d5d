"""The import page: four steps, nothing written before the last, all of it undone."""

import errno
import io
import json
import os
import re
import time
import uuid

import pytest
from openpyxl import load_workbook
from pages_town import HOSTILE, own_town, place, town  # noqa: F401
from signed_in import account, client, post

from stationmap.city import apart
from stationmap.errors import InputError, RegisterError
from stationmap.messages import catalogue
from stationmap.store.events import Change
from web import import_uploads, import_words
from web.app import create_app

HEADINGS = "编号,名称,类型,地址,开放时间,经度,纬度"


@pytest.fixture(autouse=True)
def _inside(monkeypatch, request):
    """Do a child's work in this process, but for the tests that are about children."""
    if "child" in request.node.name:
        return

    def run(document, *, name):
        del name
        return json.loads(json.dumps(apart.answer(json.loads(json.dumps(document)))))

    monkeypatch.setattr(apart, "run", run)


@pytest.fixture
def app(own_town):  # noqa: F811
    return create_app(own_town.path)


@pytest.fixture
def city(app):
    return client(app, role="city")


def rows_of(*rows):
    return "\n".join([HEADINGS, *(",".join(map(str, row)) for row in rows)]).encode()


def row(number, name, x, y=5, *, type="有礼点"):  # noqa: A002
    return (number, name, type, "人民路", "08:00-18:00", *place(x, y))


NEW = rows_of(row("N1", "新点一", 20), row("N2", "新点二", 700))
DIRTY = rows_of(
    row("N1", "新点一", 20),
    row("N1", "重号点", 60),
    row("N3", "类型不对", 90, type="有礼店铺"),
    ("N4", "无坐标点", "有礼点", "府前街 3 号", "", "", ""),
)


def send(page, data, name="名单.csv", **fields):
    """Upload a file; return the answer."""
    fields = {"kind": "stations", "file": (io.BytesIO(data), name), **fields}
    return post(page, "/manage/import", fields)


def upload(page, data, name="名单.csv", **fields):
    """Upload a file; return the address of its pages."""
    answer = send(page, data, name, **fields)
    assert answer.status_code == 303, answer.text
    assert answer.location.endswith("/columns")
    return answer.location.removesuffix("/columns")


def choose(page, at, **fields):
    """Take step 2 with the columns as they were found."""
    shown = page.get(f"{at}/columns").text
    chosen = {}
    for name, options in re.findall(
        r'<select [^>]*name="(column-\d+)"[^>]*>(.*?)</select>', shown, re.S
    ):
        found = re.search(r'value="([^"]*)" selected', options)
        chosen[name] = found[1] if found else ""
    source = re.search(r'name="source" value="([^"]*)"', shown)[1]
    given = {"datum": "wgs84", "source": source, "add": "", **chosen, **fields}
    return post(page, f"{at}/columns", {k: v for k, v in given.items() if v is not None})


def bring(page, data, name="名单.csv", **fields):
    """Take all four steps; return the address of the import's pages."""
    at = upload(page, data, name)
    assert choose(page, at, **fields).location.endswith("/rows")
    answer = post(page, f"{at}/rows")
    assert answer.status_code == 303, answer.text
    assert answer.location.endswith("/done")
    return at


def bring_kind(page, data, kind):
    """Take all four steps with a list of any kind; return the address of the import's pages."""
    at = upload(page, data, f"{kind}.csv", kind=kind)
    choose(page, at)
    answer = post(page, f"{at}/rows")
    assert answer.location.endswith("/done"), page.get(f"{at}/rows").text
    return at


def stations(app):
    return {row["id"]: row for row in app.extensions["city"].register.rows("station")}


def undo_path(page, at):
    """Follow the receipt to the page that asks; return where its button posts."""
    asks = re.search(r'href="(/manage/import/undo/[^"]+)"', page.get(f"{at}/done").text)[1]
    return re.search(r'action="(/manage/import/undo/[^"]+)"', page.get(asks).text)[1]


def test_a_child_imports_and_all_is_undone(app, city):
    before = stations(app)
    at = bring(city, NEW)
    assert set(stations(app)) - set(before) == {"N1", "N2"}
    assert post(city, undo_path(city, at)).status_code == 303
    assert stations(app) == before


def test_a_child_finds_a_city_that_was_named_by_a_relative_path(own_town, monkeypatch):  # noqa: F811
    """As `make run` names it."""
    monkeypatch.chdir(own_town.path.parent)
    made = create_app(own_town.path.name)
    at = bring(client(made), NEW)
    assert "N1" in stations(made)
    assert at


def test_nothing_is_written_before_the_last_step_and_all_is_undone(app, city):
    before, seq = stations(app), app.extensions["city"].register.seq()
    at = upload(city, NEW)
    assert choose(city, at).location.endswith("/rows")
    shown = city.get(f"{at}/rows").text
    assert "读取 2 行 = 可用 2 行 + 不可用 0 行" in shown
    assert app.extensions["city"].register.seq() == seq
    assert stations(app) == before
    assert post(city, f"{at}/rows").location.endswith("/done")
    assert set(stations(app)) - set(before) == {"N1", "N2"}
    assert city.get("/api/v1/stations/N1").json["name"] == "新点一"
    answer = post(city, undo_path(city, at))
    assert answer.status_code == 303
    assert "已撤销本次导入" in city.get("/manage/import").text
    assert stations(app) == before
    assert city.get("/api/v1/stations/N1").status_code == 404


def test_an_undo_can_be_undone(app, city):
    at = bring(city, NEW)
    after, path = stations(app), undo_path(city, at)
    post(city, path)
    said = re.search(r'action="([^"]+redo=1)"', city.get("/manage/import").text)[1]
    assert post(city, path).status_code == 303
    assert "此前已经处理过" in city.get("/manage/import").text
    assert post(city, said).status_code == 303
    assert "已恢复本次导入" in city.get("/manage/import").text
    plain = {"version", "created"}
    assert {
        i: {k: v for k, v in r.items() if k not in plain} for i, r in stations(app).items()
    } == {i: {k: v for k, v in r.items() if k not in plain} for i, r in after.items()}


def test_a_form_sent_twice_imports_once(app, city):
    at = upload(city, NEW)
    choose(city, at)
    mark = str(uuid.uuid4())
    first = post(city, f"{at}/rows", action=mark)
    seq = app.extensions["city"].register.seq()
    again = post(city, f"{at}/rows", action=mark)
    assert first.location == again.location
    assert app.extensions["city"].register.seq() == seq


def test_the_same_file_again_changes_nothing(app, city):
    bring(city, NEW)
    seq = app.extensions["city"].register.seq()
    at = upload(city, NEW)
    choose(city, at)
    shown = city.get(f"{at}/rows").text
    assert re.search(r"不变</dt><dd>2<", shown)
    assert re.search(r"新增</dt><dd>0<", shown)
    post(city, f"{at}/rows")
    assert app.extensions["city"].register.seq() == seq
    assert "没有变化" in city.get(f"{at}/done").text


def test_a_list_of_which_no_row_is_usable_is_shown_row_by_row(city):
    at = upload(city, rows_of(row("N1", "甲", 20, type="有礼店铺"), row("N2", "乙", 30, type="")))
    answer = choose(city, at)
    assert answer.location.endswith("/columns")
    shown = city.get(f"{at}/columns").text
    assert "2 行中没有一行可用" in shown
    assert len(re.findall('data-label="为什么不可用"', shown)) == 2
    sheet = load_workbook(io.BytesIO(city.get(f"{at}/refused.xlsx").data)).active
    assert [sheet.cell(n, 8).value for n in (2, 3)] == [2, 3]


def test_what_changes_is_shown_field_by_field(city):
    bring(city, NEW)
    at = upload(city, NEW.replace("新点二".encode(), "改名点".encode()))
    choose(city, at)
    shown = city.get(f"{at}/rows?show=changed").text
    assert re.search(r"<del>新点二</del> → <ins>改名点</ins>", shown)


def test_refused_rows_are_corrected_in_their_workbook_and_brought_again(app, city):
    at = bring(city, DIRTY)
    shown = city.get(f"{at}/done").text
    assert "读取 4 行 = 可用 2 行 + 不可用 2 行" in shown
    assert re.search(r"待定位</dt><dd><a [^>]*>1<", shown)
    book = load_workbook(io.BytesIO(city.get(f"{at}/refused.xlsx").data))
    sheet = book.active
    heads = [cell.value for cell in sheet[1]]
    assert heads == [*HEADINGS.split(","), "原表行号", "未导入的原因", "怎么改"]
    assert [sheet.cell(n, 8).value for n in (2, 3)] == [3, 4]
    assert "N1" in sheet.cell(2, 9).value
    assert "有礼店铺" in sheet.cell(3, 9).value
    sheet.cell(2, 1, "N2")
    sheet.cell(3, 3, "有礼点")
    corrected = io.BytesIO()
    book.save(corrected)
    again = upload(city, corrected.getvalue(), "改好.xlsx", after=at.rpartition("/")[2])
    choose(city, again, add="1")
    shown = city.get(f"{again}/rows").text
    assert "读取 2 行 = 可用 2 行 + 不可用 0 行" in shown
    assert re.search(r"将移出</dt><dd>0<", shown)
    # as they stand in the file before
    assert re.findall(r'data-label="原表行号">(\d+)<', city.get(f"{again}/rows?show=new").text) == [
        "3",
        "4",
    ]
    post(city, f"{again}/rows")
    assert {"N1", "N2", "N3", "N4"} <= set(stations(app))


def test_a_whole_list_says_what_it_would_remove(app, city):
    bring(city, NEW)
    at = upload(city, rows_of(row("N1", "新点一", 20)))
    choose(city, at)
    shown = city.get(f"{at}/rows?show=missing").text
    assert re.search(r"将移出</dt><dd><a [^>]*>1<", shown)
    assert "新点二" in shown
    post(city, f"{at}/rows")
    assert "N2" not in stations(app)


def test_another_list_of_the_same_name_is_told_before_it_replaces_anything(app, city):
    bring(city, NEW)
    other = rows_of(row("Z1", "别的点", 200), row("Z2", "又一个", 420))
    at = upload(city, other)
    choose(city, at)
    shown = city.get(f"{at}/rows").text
    assert "是另一份名单的名称" in shown
    assert re.search(r'name="replace"[^>]*required', shown)
    refused = post(city, f"{at}/rows")
    assert refused.status_code == 400
    assert {"N1", "N2"} <= set(stations(app))
    assert post(city, f"{at}/rows", {"replace": "1"}).location.endswith("/done")
    assert {"Z1", "Z2"} <= set(stations(app))
    assert not {"N1", "N2"} & set(stations(app))


def test_a_column_is_put_aside_by_choice(app, city):
    at = upload(city, NEW)
    choose(city, at, **{"column-4": ""})
    post(city, f"{at}/rows")
    assert stations(app)["N1"]["hours"] is None
    assert stations(app)["N1"]["address"] == "人民路"


def test_an_answer_that_was_lost_after_the_write_is_no_failure(app, city, monkeypatch):
    def lost(document, *, name):
        apart.answer(json.loads(json.dumps(document)))
        raise InputError("{file} takes too long", file=name)

    at = upload(city, NEW)
    choose(city, at)
    monkeypatch.setattr(apart, "run", lost)
    assert post(city, f"{at}/rows").location.endswith("/done")
    assert {"N1", "N2"} <= set(stations(app))
    assert post(city, undo_path(city, at)).status_code == 303
    assert not {"N1", "N2"} & set(stations(app))


def test_an_import_is_done_by_no_action_of_another(app, city):
    mark = str(uuid.uuid4())
    change = Change("unit", "U7", {"name": "别的改动"})
    app.extensions["city"].register.write([change], action=mark, by="cli", kind="edit")
    at = upload(city, NEW)
    choose(city, at)
    answer = post(city, f"{at}/rows", action=mark)
    assert answer.status_code == 400
    assert not {"N1", "N2"} & set(stations(app))
    assert city.get(f"{at}/done").location.endswith("/rows")


def test_a_full_disk_is_told_as_such(app, city, monkeypatch):
    def full(document, *, name):
        del name
        raise RegisterError("the disk under the register {name} is full", name="x", why="full")

    at = upload(city, NEW)
    choose(city, at)
    monkeypatch.setattr(apart, "run", full)
    assert post(city, f"{at}/rows").status_code == 507

    def no_room(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(import_uploads, "replace_file", no_room)
    answer = send(city, NEW)
    assert answer.status_code == 507
    assert "没能保存：服务器磁盘已满" in answer.text
    assert len([*(app.extensions["city"].path / "uploads").iterdir()]) == 1


def test_a_county_brings_in_its_own_rows_only(app):
    county = client(app, role="county", adcode="330802")
    at = bring(county, NEW)
    shown = county.get(f"{at}/done").text
    assert "读取 2 行 = 可用 1 行 + 不可用 1 行" in shown
    assert "N1" in stations(app)
    assert "N2" not in stations(app)
    answer = send(county, NEW, kind="streets")
    assert answer.status_code == 400
    assert "请选择文件内容是什么" in answer.text


def test_an_upload_has_the_scope_of_its_owner_when_it_comes_in(app):
    page, register = client(app, role="city"), app.extensions["city"].register
    at, streets = upload(page, NEW), upload(page, NEW)
    done = bring(page, rows_of(row("N9", "先前的点", 40)), "旧名单.csv")
    choose(page, at)
    meta = app.extensions["city"].path / "uploads" / streets.rpartition("/")[2] / "meta.json"
    held = json.loads(meta.read_bytes())
    held["options"]["kind"] = "streets"
    meta.write_text(json.dumps(held))
    columns = {"role": "county", "adcode": "330802"}
    register.write(
        [Change("account", page.account.id, columns)],
        action=str(uuid.uuid4()),
        by="cli",
        kind="account",
    )
    answer = post(page, f"{at}/rows")
    assert answer.location.endswith("/rows")
    assert "管理范围已有变动" in page.get(answer.location).text
    assert not {"N1", "N2"} & set(stations(app))
    assert post(page, f"{at}/rows").location.endswith("/done")
    assert {"N1", "N2"} & set(stations(app)) == {"N1"}
    assert page.get(f"{streets}/columns").status_code == 404
    again = upload(page, NEW, after=done.rpartition("/")[2])
    choose(page, again)
    post(page, f"{again}/rows")
    assert "N2" not in stations(app)


def test_an_upload_is_its_owners_alone(app, city):
    at = bring(city, NEW)
    undo = undo_path(city, at)
    other = client(app, role="city")
    county = client(app, role="county", adcode="330802")
    for page in (other, county):
        for view in ("columns", "rows", "done", "refused.xlsx"):
            assert page.get(f"{at}/{view}").status_code == 404
        assert post(page, f"{at}/rows").status_code == 404
    assert post(county, undo).status_code == 404
    assert "N1" in stations(app)


def move(register, own, adcode):
    register.write(
        [Change("account", own.id, {"adcode": adcode})],
        action=str(uuid.uuid4()),
        by="cli",
        kind="account",
    )


@pytest.mark.parametrize("kind", ["stations", "contacts", "units", "projects"])
def test_whoever_looks_after_another_county_by_now_undoes_nothing_of_the_former(app, city, kind):
    bring(city, NEW, "先.csv")
    county, register = client(app, role="county", adcode="330802"), app.extensions["city"].register
    data = {
        "stations": rows_of(row("W1", "西区点", 30)),
        "contacts": rows_of(row("W1", "西区点", 30)).replace(b"\n", ",联系人\n".encode())
        + ",张安".encode(),
        "units": "编号,名称\nU9,某街道\n".encode(),
        "projects": "编号,站点编号,项目名称\nP9,N1,义诊\n".encode(),
    }[kind]
    at = bring_kind(county, data, "stations" if kind == "contacts" else kind)
    undo = undo_path(county, at)
    move(register, county.account, "330803")
    seq = register.seq()
    assert county.get(undo).status_code == 404
    assert post(county, undo, {"over": "1"}).status_code == 404
    assert register.seq() == seq
    move(register, county.account, "330802")
    assert post(county, undo).status_code == 303
    # what was taken back is put again, though nothing of it stands
    redo = f"{undo.partition('?')[0]}?redo=1"
    assert post(county, redo).status_code == 303
    assert register.seq() > seq


def test_an_undo_says_that_somebody_edited_since(app, city):
    at = bring(city, NEW)
    register = app.extensions["city"].register
    register.write(
        [Change("station", "N1", {"hours": "24/7"})],
        action=str(uuid.uuid4()),
        by="cli",
        kind="edit",
    )
    undo = undo_path(city, at)
    answer = post(city, undo)
    assert answer.status_code == 409
    assert "撤销其余部分，保留改过的" in answer.text
    assert {"N1", "N2"} <= set(stations(app))
    for shown in (answer.text, city.get(undo).text):
        assert "将移出 1 个站点" in shown
        assert re.search(r"新点一（N1）.*修改 · 开放时间.*命令行", shown, re.DOTALL)
    assert post(city, undo, {"keep": "1"}).status_code == 303
    assert "1 条之后又被人改过，予以保留：新点一（N1）" in city.get("/manage/import").text
    assert "N1" in stations(app)
    assert "N2" not in stations(app)


def test_an_undo_asks_first_and_can_take_everything(app, city):
    before = stations(app)
    undo = undo_path(city, bring(city, NEW))
    page = city.get(undo).text
    assert "将移出 2 个站点" in page
    assert "保留改过的" not in page
    assert "N1" in stations(app)
    app.extensions["city"].register.write(
        [Change("station", "N1", {"hours": "24/7"})],
        action=str(uuid.uuid4()),
        by="cli",
        kind="edit",
    )
    assert "全部撤销" in city.get(undo).text
    assert post(city, undo, {"over": "1"}).status_code == 303
    assert stations(app) == before


def test_an_undo_by_somebody_quicker_is_no_edit_since(app, city, monkeypatch):
    at = bring(city, NEW)
    register, path = app.extensions["city"].register, undo_path(city, at)
    undo = type(register).undo

    def late(self, undone, **how):
        undo(self, undone, action=str(uuid.uuid4()), by="cli")
        return undo(self, undone, **how)

    monkeypatch.setattr(type(register), "undo", late)
    assert post(city, path).status_code == 303
    assert "此前已经处理过" in city.get("/manage/import").text


def test_what_changed_meanwhile_is_shown_before_it_is_written(app, city):
    at = upload(city, NEW)
    choose(city, at)
    bring(client(app, role="city"), NEW)
    seq = app.extensions["city"].register.seq()
    answer = post(city, f"{at}/rows")
    assert answer.location.endswith("/rows")
    shown = city.get(f"{at}/rows").text
    assert "期间本市数据有变动" in shown
    assert app.extensions["city"].register.seq() == seq


def test_two_columns_of_one_meaning_are_told(city):
    at = upload(city, NEW)
    answer = choose(city, at, **{"column-1": "name", "column-3": "name"})
    assert answer.status_code == 400
    assert "有两列都指定为" in answer.text


def test_a_file_of_300_mb_is_refused_kindly(app, city):
    before = set((app.extensions["city"].path / "uploads").glob("*"))
    fields = {"kind": "stations", "file": (io.BytesIO(b"x"), "大.xlsx")}
    answer = city.post(
        "/manage/import", data=fields, environ_overrides={"CONTENT_LENGTH": "300000000"}
    )
    assert answer.status_code == 413
    assert "超过 100 MB，没有接收，也没有改动任何数据" in answer.text
    assert set((app.extensions["city"].path / "uploads").glob("*")) == before


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "空.csv", "是空文件"),
        (b"%PDF-1.7\n\x00\x01\x02", "报告.pdf", "没有改动任何数据|不是"),
        (b"PK\x03\x04broken", "坏.xlsx", "坏.xlsx"),
        (b"<html><table></table></html>", "网页.xls", "网页.xls"),
        ("只是几个字\n".encode(), "假.xlsx", "假.xlsx 不是 Excel 文件，只是改了扩展名"),
        ("几个字\n又几个字\n".encode(), "假.XLS", "不是 Excel 文件，只是改了扩展名"),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_sentence_and_leaves_nothing(
    app, city, data, name, said
):
    answer = send(city, data, name)
    assert answer.status_code == 400
    assert re.search(said, re.search(r'role="alert">(.*?)</p>', answer.text)[1])
    folder = app.extensions["city"].path / "uploads"
    assert not folder.is_dir() or not [*folder.iterdir()]


def test_a_name_is_never_a_path_nor_markup(app, city):
    at = upload(city, NEW, f"../../../etc/{HOSTILE}.csv")
    folder = app.extensions["city"].path / "uploads"
    assert sorted(p.name for p in folder.iterdir()) == [at.rpartition("/")[2]]
    assert sorted(p.name for p in next(folder.iterdir()).iterdir()) == ["meta.json", "upload"]
    hostile = rows_of(("N1", HOSTILE, "有礼点", HOSTILE, "", *place(3, 5)))
    at = upload(city, hostile.replace(b'"', b""), "单.csv")
    for page in (city.get(f"{at}/columns"), choose(city, at, follow="")):
        assert "<img src=x" not in page.text
    assert "<img src=x" not in city.get(f"{at}/rows?show=new").text


def test_uploads_are_swept_after_a_day(app, city):
    at = upload(city, NEW)
    folder = app.extensions["city"].path / "uploads" / at.rpartition("/")[2]
    past = time.time() - import_uploads.KEPT_S - 60
    os.utime(folder, (past, past))
    upload(city, NEW)
    assert not folder.exists()
    assert city.get(f"{at}/columns").status_code == 404


def test_many_places_outside_the_city_are_told_first_and_want_a_tick(app, city):
    far_off = [row(f"W{n}", f"外地点{n}", 300_000 + n * 50) for n in range(5)]
    at = upload(city, rows_of(row("N1", "新点一", 20), *far_off))
    shown = city.get(f"{at}/columns").text
    assert "6 个点中有 5 个不在本市" in shown
    assert json.loads(re.search(r'id="page-data">(.*?)</script>', shown)[1])["outline"]
    choose(city, at)
    shown = city.get(f"{at}/rows").text
    assert "6 个点中有 5 个不在本市" in shown
    assert re.search(r'name="outside"[^>]*required', shown)
    refused = post(city, f"{at}/rows")
    assert refused.status_code == 400
    assert "请先勾选" in refused.text
    assert "N1" not in stations(app)
    assert post(city, f"{at}/rows", {"outside": "1"}).location.endswith("/done")
    assert "W4" in stations(app)


def test_nobody_removes_by_default_what_an_earlier_list_of_the_name_brought(app, city):
    at = upload(city, NEW)
    assert 'name="add"' not in city.get(f"{at}/columns").text
    assert choose(city, at, add=None).location.endswith("/rows")
    post(city, f"{at}/rows")
    one = rows_of(row("N1", "新点一", 20))
    at = upload(city, one)
    shown = city.get(f"{at}/columns").text
    assert len(re.findall(r'name="add"', shown)) == 2
    assert not re.search(r'name="add"[^>]*checked', shown)
    assert "（将移出 1 个）" not in shown  # its datum is not known yet
    refused = choose(city, at, add=None)
    assert refused.status_code == 400
    assert "其中 1 个不在这份文件中" in refused.text
    assert "（将移出 1 个）" in refused.text
    assert city.get(f"{at}/rows").location.endswith("/columns")
    assert post(city, f"{at}/rows").location.endswith("/columns")
    other = upload(city, one, "别名.csv")
    assert choose(city, other, source="名单", add=None).status_code == 400
    assert choose(city, at, add="1").location.endswith("/rows")
    post(city, f"{at}/rows")
    assert {"N1", "N2"} <= set(stations(app))


def test_the_receipt_leads_to_what_came_in(app, city):
    at = bring(city, DIRTY, "七月.csv")
    shown = city.get(f"{at}/done?show=new").text
    assert "/manage/stations/edit?id=N4" in shown
    assert "/manage/stations?source=" in shown
    assert re.search(r'待定位</dt><dd><a href="/manage/locate"', shown)
    listed = city.get("/manage/import").text
    assert f'href="{at}/done"' in listed
    assert f'href="{at}/refused.xlsx"' in listed
    assert "可用 2 行" in listed
    other = client(app, role="city").get("/manage/import").text
    assert f'href="{at}/done"' not in other
    action = app.extensions["city"].register.actions(kinds=("import",), limit=1)[0].id
    assert f'href="/manage/stations/changes/{action}"' in other
    assert city.get(f"/manage/stations/changes/{action}").status_code == 200
    bring(city, rows_of(row("M1", "八月点", 40)), "八月.csv")
    ledger = city.get("/manage/stations?source=七月").text
    assert "无坐标点" in ledger
    assert "八月点" not in ledger
    assert "<option selected>七月</option>" in ledger


def test_a_table_under_a_workbooks_ending_is_read_all_the_same(city):
    assert choose(city, upload(city, NEW, "名单.xls")).location.endswith("/rows")


def test_a_list_without_rows_offers_no_look_at_them(city):
    shown = city.get(f"{upload(city, rows_of(('', '', '', '', '', '', '')))}/columns").text
    assert "按此重新读取" in shown
    assert ">逐行核对</button>" not in shown


def test_opening_hours_that_cannot_be_read_are_told(city):
    odd = ("N8", "新点八", "有礼点", "人民路", "看情况", *place(30, 5))
    at = upload(city, rows_of(row("N1", "新点一", 20), odd))
    choose(city, at)
    assert "开放时间读不懂 1 行，如 “看情况”" in city.get(f"{at}/rows").text


def test_refusals_name_the_words_of_the_office(city):
    at = bring(city, DIRTY)
    shown = city.get(f"{at}/done?show=refused").text
    assert re.search("有礼点、|、有礼点", shown)
    assert "point 有礼点" not in shown


def test_every_refused_row_is_counted_in_the_summary(city):
    odd = [row(f"N{n}", f"点{n}", 20 + n, type=f"类型{n % 14}") for n in range(28)]
    at = bring(city, rows_of(row("M1", "好点", 10), *odd))
    shown = city.get(f"{at}/done?show=refused").text
    said = re.findall(r"<li>(\d+) 行", re.search(r'class="reasons".*?</ul>', shown, re.S)[0])
    assert list(map(int, said)) == [2] * 12 + [4]


def test_a_few_places_outside_are_told_without_a_tick(city):
    at = upload(city, rows_of(row("N1", "新点一", 20), row("W1", "外地点", 300_000)))
    choose(city, at)
    shown = city.get(f"{at}/rows").text
    assert "2 个点中有 1 个不在本市" in shown
    assert 'name="outside"' not in shown


def test_a_child_that_takes_too_long_is_stopped(app, city, monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 0.05)
    answer = send(city, NEW)
    assert answer.status_code == 400
    assert "读取时间过长，已停止，没有改动任何数据" in answer.text


def test_units_may_not_import(app):
    unit = client(app, role="unit", unit_id="U1")
    assert unit.get("/manage/import").status_code == 403
    assert app.test_client().get("/manage/import").status_code == 303


def test_every_sentence_for_the_command_line_has_one_for_the_page():
    core = catalogue("zh")
    named = {
        text for text in core if re.search(r"--(datum|column|set|sheet|complete|replace)\b", text)
    }
    assert named <= set(import_words.ON_PAGE)
    assert set(import_words.ON_PAGE) <= set(core)
    assert not re.search(r"\s--[a-z]", "".join(import_words.ON_PAGE.values()))


def test_accounts_are_told_by_name_in_the_list_of_imports(app):
    own = account(app.extensions["city"].register, role="city", name="王科长")
    page = client(app, own=own)
    bring(page, NEW, "七月名单.csv")
    shown = page.get("/manage/import").text
    assert "王科长" in shown
    assert "七月名单.csv" in shown
