"""Accounts of others and the log: each administrator reaches their own scope, and no further."""

import csv
import io
import json
import re
import shutil
import uuid

import pytest
import signed_in
from pages_town import town  # noqa: F401
from signed_in import cheap_hashes  # noqa: F401

from stationmap.cli.run import run
from stationmap.store import accounts, audit, passwords
from stationmap.store.accounts import by_name
from stationmap.store.events import Change
from web.app import create_app

WEST, EAST = "330802", "330803"


@pytest.fixture(scope="module")
def made(town, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("accounts") / "town"
    shutil.copytree(town.path, folder)
    app = create_app(folder)
    units = [
        Change("unit", "u-west", {"name": "府山街道", "adcode": "330802001"}),
        Change("unit", "u-east", {"name": "樟潭街道", "adcode": "330803001"}),
    ]
    register = app.extensions["city"].register
    register.write(units, action=str(uuid.uuid4()), by="cli", kind="edit")
    return app


@pytest.fixture
def app(made, cheap_hashes):  # noqa: F811
    return made


@pytest.fixture
def register(app):
    return app.extensions["city"].register


@pytest.fixture
def city(app):
    return signed_in.client(app)


@pytest.fixture
def west(app):
    return signed_in.client(app, role="county", adcode=WEST)


def new(client, **form):
    return signed_in.post(client, "/manage/accounts/new", form, follow_redirects=True)


def shown_password(page):
    found = re.search(r"<code>([^<]+)</code>", page.text)
    return found and found[1]


def fresh():
    return f"n{uuid.uuid4().hex[:10]}"


def test_a_new_account_gets_a_password_that_is_shown_once(app, city, register):
    name = fresh()
    page = new(city, name=name, role="county", adcode=WEST)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    first = re.search(r"<code>([^<]+)</code>", page.text)[1]
    own = by_name(register, name)
    assert (own.role, own.adcode) == ("county", WEST)
    assert first not in city.get(f"/manage/accounts/{own.id}").text
    assert first not in str(audit.read(register, adcode=""))
    client = app.test_client()
    form = {"csrf_token": signed_in.token(client), "name": name, "password": first}
    assert client.post("/login", data=form).status_code == 303
    assert client.get("/manage/accounts").location == "/account"


def test_the_same_form_sent_twice_makes_one_account_and_one_password(city, register):
    name, action = fresh(), str(uuid.uuid4())
    form = {"name": name, "role": "planner", "adcode": "all"}
    for _ in range(2):
        answer = signed_in.post(city, "/manage/accounts/new", form, action=action)
        assert answer.status_code == 303
    assert len(register.rows("account", name=name)) == 1
    own = by_name(register, name)
    assert passwords.is_right(register, own.id, shown_password(city.get(answer.location)))


def test_a_password_is_shown_once_and_loading_its_page_anew_changes_nothing(city, register):
    own = signed_in.account(register, role="planner", name=fresh())
    edit, path = f"/manage/accounts/{own.id}", f"/manage/accounts/{own.id}/password"
    present = re.search(r'name="present" value="([^"]*)"', city.get(edit).text)[1]
    page = signed_in.post(city, path, {"present": present}, follow_redirects=True)
    first = shown_password(page)
    assert page.request.method == "GET"
    for again in (
        city.get(path),
        signed_in.post(city, path, {"present": present}, follow_redirects=True),
    ):
        assert shown_password(again) is None
        assert "密码已显示过" in again.text
        assert passwords.is_right(register, own.id, first)
    fresher = re.search(r'name="present" value="([^"]*)"', city.get(edit).text)[1]
    page = signed_in.post(city, path, {"present": fresher}, follow_redirects=True)
    assert shown_password(page) not in (None, first)


def test_a_password_that_is_outdated_or_of_another_is_not_shown(app, city, register):
    own = signed_in.account(register, role="planner", name=fresh())
    path = f"/manage/accounts/{own.id}/password"
    assert signed_in.post(city, path).status_code == 303
    assert shown_password(signed_in.client(app).get(path)) is None
    chosen = "correct horse battery"
    passwords.set_password(register, own.id, chosen, now=app.config["CLOCK"]())
    assert shown_password(city.get(path)) is None
    assert passwords.is_right(register, own.id, chosen)


@pytest.mark.parametrize(
    "form",
    [
        {"role": "city"},
        {"role": "county", "adcode": WEST},
        {"role": "county", "adcode": EAST},
        {"role": "inspector", "adcode": EAST},
        {"role": "inspector", "adcode": ""},
        {"role": "planner", "adcode": "33080"},
        {"role": "unit", "unit_id": "u-east", "adcode": WEST},
        {"role": "unit", "unit_id": "no such", "adcode": WEST},
        {"role": "root", "adcode": WEST},
        {"role": "", "adcode": WEST},
    ],
)
def test_a_county_gives_no_account_beyond_its_own_scope(west, register, form):
    before, name = register.seq(), fresh()
    page = new(west, name=name, **form)
    assert page.status_code == 400
    assert f'value="{name}"' in page.text  # what was typed is not lost
    assert 'role="alert"' in page.text
    assert register.seq() == before


def test_nobody_gives_a_role_or_the_whole_city_by_leaving_a_field_alone(city, register):
    page = city.get("/manage/accounts/new").text
    for name in ("role", "adcode"):
        select = re.search(rf'<select[^>]* name="{name}".*?</select>', page, re.DOTALL)[0]
        assert "selected" not in select
        assert re.search(r'<option value="">请选择</option>', select)
    before = register.seq()
    for form, said in (
        ({}, "请选择账号的角色"),
        ({"role": "inspector"}, "请选择账号的管辖区域"),
        ({"role": "county"}, "请选择县级管理员负责的县"),
        ({"role": "county", "adcode": "all"}, "请选择县级管理员负责的县"),
    ):
        answer = new(city, name=fresh(), **form)
        assert (answer.status_code, said in answer.text) == (400, True)
    assert register.seq() == before
    name = fresh()
    assert new(city, name=name, role="inspector", adcode="all").status_code == 200
    own = by_name(register, name)
    assert own.adcode == ""
    assert '<option value="all" selected>' in city.get(f"/manage/accounts/{own.id}").text


def test_what_cannot_be_taken_back_at_once_is_asked_for_twice(city, register):
    own = signed_in.account(register, role="planner", name=fresh())
    page = city.get(f"/manage/accounts/{own.id}").text
    for step in ("password", "state"):
        form = re.search(rf'action="[^"]*/{step}".*?</form>', page, re.DOTALL)[0]
        before, inside = form.split("<details", 1)
        assert "<button" not in before
        assert re.search(r"确定(重设|停用)？", inside)


def test_a_county_gives_accounts_within_its_scope(west, register):
    for form, adcode in (
        ({"role": "inspector", "adcode": WEST}, WEST),
        ({"role": "unit", "unit_id": "u-west"}, "330802001"),
    ):
        name = fresh()
        assert new(west, name=name, **form).status_code == 200
        assert by_name(register, name).adcode == adcode


def test_a_county_gives_no_account_of_a_unit_that_has_something_elsewhere(west, city, register):
    stations = [("east", EAST), ("west", WEST)]
    changes = [
        Change("unit", "u-bare", {"name": "未写区县"}),
        Change("unit", "u-taken", {"name": "别区的单位", "adcode": WEST}),
        *(Change("station", f"s-{k}", {"unit_id": "u-bare", "adcode": v}) for k, v in stations),
        Change("station", "s-taken", {"unit_id": "u-taken", "adcode": EAST}),
    ]
    register.write(changes, action=str(uuid.uuid4()), by="cli", kind="edit")
    for unit in ("u-bare", "u-taken"):
        form = {"role": "unit", "unit_id": unit, "adcode": WEST}
        assert new(west, name=fresh(), **form).status_code == 400
        assert new(city, name=fresh(), **form).status_code == 200


def test_a_county_sees_and_changes_only_its_own(app, west, register):
    near = signed_in.account(register, role="inspector", adcode="330802003", name=fresh())
    for role, adcode in (("inspector", EAST), ("county", WEST), ("city", ""), ("planner", "")):
        far = signed_in.account(register, role=role, adcode=adcode, name=fresh())
        assert far.name not in west.get("/manage/accounts").text
        path = f"/manage/accounts/{far.id}"
        assert west.get(path).status_code == 404
        for step in ("", "/password", "/state"):
            answer = signed_in.post(west, path + step, {"name": "x1", "role": "inspector"})
            assert answer.status_code == 404
        line = audit.read(register, adcode="", action="refused", limit=1)[0]
        assert (line["outcome"], line["account_id"]) == ("scope", west.account.id)
    assert near.name in west.get("/manage/accounts").text
    assert west.get(f"/manage/accounts/{near.id}").status_code == 200


def test_an_account_cannot_be_moved_out_of_scope_or_above_it(west, register):
    own = signed_in.account(register, role="inspector", adcode=WEST, name=fresh())
    for form in (
        {"role": "county", "adcode": WEST},
        {"role": "city"},
        {"role": "inspector", "adcode": EAST},
        {"role": "inspector", "adcode": ""},
    ):
        answer = signed_in.post(west, f"/manage/accounts/{own.id}", {"name": own.name, **form})
        assert answer.status_code == 400
    assert by_name(register, own.name) == own


def test_fields_that_the_form_does_not_have_change_nothing(west, register):
    own = signed_in.account(register, role="inspector", adcode=WEST, name=fresh())
    form = {"name": own.name, "role": "inspector", "adcode": WEST}
    form |= {"id": west.account.id, "active": "0", "password_hash": "x", "unit_id": "u-west"}
    form |= {"version": str(register.get("account", own.id)["version"])}
    assert signed_in.post(west, f"/manage/accounts/{own.id}", form).status_code == 303
    assert by_name(register, own.name) == own


def test_two_administrators_of_one_account_do_not_overwrite_each_other(city, register):
    own = signed_in.account(register, role="planner", name=fresh())
    version = register.get("account", own.id)["version"]
    form = {"name": own.name, "role": "planner", "version": str(version)}
    path = f"/manage/accounts/{own.id}"
    assert signed_in.post(city, path, {**form, "adcode": WEST}).status_code == 303
    answer = signed_in.post(city, path, {**form, "adcode": EAST})
    assert answer.status_code == 409
    for unsaid in ({}, {"version": ""}, {"version": "9" * 5000}):
        asked = {"name": own.name, "role": "planner", "adcode": EAST, **unsaid}
        assert signed_in.post(city, path, asked).status_code == 409
    assert by_name(register, own.name).adcode == WEST


def test_nobody_disables_themselves_and_a_disabled_account_can_come_back(city, register):
    answer = signed_in.post(city, f"/manage/accounts/{city.account.id}/state", {"active": "0"})
    assert answer.status_code == 400
    own = signed_in.account(register, role="planner", name=fresh())
    path = f"/manage/accounts/{own.id}/state"
    signed_in.post(city, path, {"active": "0"})
    assert not by_name(register, own.name).active
    signed_in.post(city, path, {"active": "1"})
    assert by_name(register, own.name).active


def test_an_administrator_of_the_city_is_disabled_once_and_the_log_names_them(city, register):
    own = signed_in.account(register, role="city", name=fresh())
    form = {"active": "0", "action": str(uuid.uuid4())}
    for _ in range(2):
        path = f"/manage/accounts/{own.id}/state"
        assert signed_in.post(city, path, form).status_code == 303
    assert not by_name(register, own.name).active
    line = audit.read(register, adcode="", limit=1)[0]
    assert (line["action"], line["object"]) == ("account.disable", own.id)


def test_a_county_cannot_undo_what_the_city_did_to_accounts(city, west, register):
    own = signed_in.account(register, role="county", adcode=WEST, name=fresh())
    signed_in.post(city, f"/manage/accounts/{own.id}/state", {"active": "0"})
    action = register.history("account", own.id)[0].action
    seq = register.seq()
    for path in (
        f"/manage/stations/changes/{action}",
        f"/manage/stations/changes/{action}/undo",
        f"/manage/import/undo/{action}",
        f"/manage/locate/undo/{action}",
    ):
        assert signed_in.post(west, path).status_code in {404, 405}, path
        assert west.get(path).status_code in {404, 405}, path
    assert register.seq() == seq


def test_ones_own_password_is_not_given_anew_without_the_old_one(city):
    answer = signed_in.post(city, f"/manage/accounts/{city.account.id}/password")
    assert answer.status_code == 400
    assert "<code>" not in answer.text
    assert city.get("/account").status_code == 200


# ------------------------------------------------------------------- the log


def test_the_log_shows_each_administrator_their_own_scope(app, city, west, register):
    inspector = signed_in.client(app, role="inspector", adcode=EAST)
    inspector.get("/manage/accounts")
    assert inspector.account.name in city.get("/manage/audit?action=refused").text
    page = west.get("/manage/audit?action=refused").text
    assert inspector.account.name not in page
    assert inspector.account.id not in page
    for path in ("/manage/audit", "/manage/audit/log.csv"):
        assert inspector.account.id not in west.get(path).text


def test_the_log_is_filtered_and_read_on(city, register):
    for _ in range(120):
        signed_in.post(city, "/account/sessions/end", {"session": "none"})
    page = city.get("/manage/audit?action=session.end").text
    assert page.count("<tr>") == 101
    older = re.search(r'href="([^"]*before=\d+[^"]*)"', page)[1].replace("&amp;", "&")
    rest = city.get(older).text
    assert rest.count("<tr>") >= 21
    assert "action=session.end" in older
    assert "没有记录" in city.get("/manage/audit?first=2001-01-01&last=2001-01-02").text
    answer = city.get("/manage/audit?first=yesterday")
    assert answer.status_code == 400
    assert "不是日期" in answer.text


def test_the_log_says_in_words_what_a_restore_and_a_refusal_are(app, city, register):
    signed_in.client(app, role="planner").get("/manage/audit")
    audit.write(
        register,
        at=app.config["CLOCK"](),
        account=None,
        action="db.restore",
        subject="a.sqlite",
        outcome="done",
        address="cli",
    )
    page = city.get("/manage/audit").text
    assert "恢复备份" in page
    assert "该角色无此权限" in page
    assert "audit.read" not in page
    assert "a.sqlite" in city.get("/manage/audit?action=db.restore").text


def log_line(city, text):
    """Return the cells of the newest line of the log that has a text, as the page shows them."""
    rows = re.findall(r"<tr>(.*?)</tr>", city.get("/manage/audit").text, re.DOTALL)
    row = next(row for row in rows if text in row)
    return re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)


def test_the_log_names_what_was_done_and_on_what(city, register):
    station, action = f"S{fresh()}", str(uuid.uuid4())
    row = {"name": "花园岗驿站", "adcode": WEST, "status": "active"}
    register.write([Change("station", station, row, expects=0)], action=action, by="cli", kind="x")
    own = signed_in.account(register, role="planner", name=fresh())
    signed_in.post(city, f"/manage/accounts/{own.id}/state", {"active": "0"})
    cells = log_line(city, own.id)
    assert cells[2] == "停用账号"
    assert f">{own.name}</a>" in cells[3]
    undone = str(uuid.uuid4())
    written = {
        ("contact.read", f"station:{station}"): ("查看联系人", ">花园岗驿站</a>"),
        ("change", f"edit station:{station} {uuid.uuid4()}"): ("修改站点", ">花园岗驿站</a>"),
        ("change", f"restock restock:gone {uuid.uuid4()}"): ("报缺或补充物资", "gone"),
        ("change", f"import stations {uuid.uuid4()}"): ("导入", "站点"),
        ("change", f"undo {action}"): ("撤销", ">花园岗驿站</a>"),
        ("change", f"undo {undone}"): ("撤销", undone),
        ("change", "not ours"): ("修改台账", "not ours"),
        ("export", "Residents' remarks 7"): ("导出", "居民反映，7 行"),
        ("export", "{0} 7"): ("导出", "{0}，7 行"),
        ("refused", f"/manage/stations/edit {station}"): ("被拒绝", "站点台账"),
    }
    for (kind, subject), (what, text) in written.items():
        audit.write(
            register,
            at=city.application.config["CLOCK"](),
            account=city.account,
            action=kind,
            subject=subject,
            outcome="done",
            address="127.0.0.1",
        )
        row = re.findall(r"<tr>(.*?)</tr>", city.get("/manage/audit").text, re.DOTALL)[1]
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        assert cells[2].startswith(what), subject
        assert text in cells[3], subject
    assert "花园岗驿站" not in cells[3]  # who was turned away, and who reads of it, learns no name


def test_the_logs_table_is_named_in_words(city):
    answer = city.get("/manage/audit/log.csv")
    said = answer.headers["Content-Disposition"]
    assert re.search(r"filename\*=UTF-8''%E6%93%8D%E4%BD%9C%E6%97%A5%E5%BF%97-\d{8}\.csv", said)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_that_no_log_has_is_told(city, day):
    answer = city.get(f"/manage/audit?first={day}&last={day}")
    assert answer.status_code == 400
    assert day in answer.text


def test_the_log_as_a_table_holds_no_formula_and_is_itself_logged(city, register):
    own = signed_in.account(register, role="planner", name=fresh())
    audit.write(
        register,
        at=city.application.config["CLOCK"](),
        account=own,
        action="export",
        subject='＝HYPERLINK("http://evil.example")',
        outcome="done",
        address="=evil",
    )
    answer = city.get("/manage/audit/log.csv")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[0][0] == "时间"
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+@-＝")]
    newest = audit.read(register, adcode="", limit=1)[0]
    assert (newest["action"], newest["account_id"]) == ("export", city.account.id)


def test_hostile_text_in_the_log_stays_text(city, register):
    hostile = "<script>alert(1)</script>"
    city.get(f"/manage/accounts/{hostile}")
    signed_in.client(city.application, role="county", adcode=WEST).get(
        f"/manage/stations/edit?id={hostile}"
    )
    assert hostile not in city.get("/manage/audit").text


# ------------------------------------------------------------------- the command line


class Pipe(io.StringIO):
    def isatty(self):
        return False


@pytest.fixture
def typed(monkeypatch):
    return lambda text: monkeypatch.setattr("sys.stdin", Pipe(text))


def test_the_first_administrator_is_made_on_the_command_line(app, register, typed, capsys):
    folder, name = str(app.extensions["city"].path), fresh()
    typed("伞在门口的红桶里 2026\n")
    assert run(["account", "add", folder, name, "--lang", "zh"]) == 0
    assert "市级管理员" in capsys.readouterr().out
    own = by_name(register, name)
    assert own.role == "city"
    assert passwords.is_right(register, own.id, "伞在门口的红桶里 2026")
    assert run(["account", "list", folder, "--lang", "zh"]) == 0
    assert name in capsys.readouterr().out
    typed("另一把伞在门后 2027\n")
    assert run(["account", "password", folder, name]) == 0
    assert passwords.is_right(register, own.id, "另一把伞在门后 2027")
    assert run(["account", "disable", folder, name]) == 0
    assert not by_name(register, name).active
    assert run(["account", "disable", folder, name, "--undo"]) == 0
    assert by_name(register, name).active
    done = [line["action"] for line in audit.read(register, adcode="", limit=4)]
    assert done == ["account.enable", "account.disable", "account.password", "account.add"]


@pytest.mark.parametrize(
    ("arguments", "password", "sign"),
    [
        (["add", "TOWN", "li"], "short\n", "密码应为"),
        (["add", "TOWN", "li"], "", "密码应为"),
        (["add", "TOWN", "l i"], "x", "账号名"),
        (["add", "TOWN", "li", "--role", "root"], "x", "root"),
        (["add", "TOWN", "li", "--role", "county"], "x", "330802"),
        (["password", "TOWN", "nobody"], "x", "nobody"),
        (["disable", "TOWN", "nobody"], "x", "nobody"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    app, register, typed, capsys, arguments, password, sign
):
    folder = str(app.extensions["city"].path)
    before = register.seq()
    typed(password)
    given = [folder if a == "TOWN" else a for a in arguments]
    assert run(["account", *given, "--lang", "zh"]) == 2
    error = capsys.readouterr().err
    assert sign in error
    assert "Traceback" not in error
    assert register.seq() == before


def test_a_password_that_is_no_text_is_told(app, register, monkeypatch, capsys):
    own = signed_in.account(register, name=fresh())
    city = str(app.extensions["city"].path)
    for how in ("strict", "surrogateescape"):
        piped = io.TextIOWrapper(io.BytesIO(b"\xff\xfe-no-text\n"), "utf-8", how)
        monkeypatch.setattr("sys.stdin", piped)
        assert run(["account", "password", city, own.name]) != 0
        assert "UTF-8" in capsys.readouterr().err


def test_a_password_is_never_an_argument(app, capsys):
    folder = str(app.extensions["city"].path)
    assert run(["account", "add", folder, "li", "--password", "x", "--lang", "en"]) == 2
    assert run(["account", "add", folder, "li", "my-password", "--lang", "en"]) == 2


def test_accounts_in_json(app, register, capsys):

    folder = str(app.extensions["city"].path)
    assert run(["account", "list", folder, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {one["id"] for one in listed} == {a.id for a in accounts.accounts(register)}
    assert "argon2" not in str(listed)
