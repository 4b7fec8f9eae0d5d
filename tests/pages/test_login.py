"""Signing in and out: who gets in, for how long, and that nothing typed is lost on the way."""

import datetime as dt
import re
import shutil
import sqlite3

import pytest
import signed_in
from pages_town import CHROMIUM, chromium, serve, town  # noqa: F401
from signed_in import cheap_hashes  # noqa: F401
from test_pages import Elements

from stationmap.errors import RegisterError
from stationmap.store import audit, backend, passwords, sessions
from web import login
from web.app import create_app

NOON = dt.datetime(2026, 3, 5, 4, 0, tzinfo=dt.UTC)
GOOD = "伞在门口的红桶里 2026"


class Clock:
    """A clock that the test turns."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now

    def turn(self, **time):
        self.now += dt.timedelta(**time)


@pytest.fixture(scope="module")
def shared_app(town, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("login") / "town"
    shutil.copytree(town.path, folder)
    return create_app(folder)


@pytest.fixture
def app(shared_app, cheap_hashes, monkeypatch):  # noqa: F811
    monkeypatch.setitem(shared_app.config, "CLOCK", Clock())
    return shared_app


@pytest.fixture
def register(app):
    return app.extensions["city"].register


@pytest.fixture
def own(register):
    made = signed_in.account(register)
    passwords.set_password(register, made.id, GOOD, now=NOON)
    return made


def sign_in(client, own, *, password=GOOD, **options):
    form = {"name": own.name, "password": password, **options.pop("form", {})}
    # a test has an address of its own, so that its failures are not another's
    options.setdefault("environ_overrides", {"REMOTE_ADDR": "127.0.0.1"})
    token = signed_in.token(client)
    return client.post("/login", data={"csrf_token": token, **form}, **options)


def outcomes(register, action):
    return [line["outcome"] for line in audit.read(register, adcode="", action=action)]


# ------------------------------------------------------------------- getting in


def test_the_right_password_leads_to_where_the_role_begins(app, register):
    for role, path in (
        ("city", "/manage/stations"),
        ("county", "/manage/stations"),
        ("unit", "/home"),
        ("planner", "/account"),
        ("inspector", "/inspect/"),
    ):
        own = signed_in.account(register, role=role, adcode="330802", unit_id="u")
        passwords.set_password(register, own.id, GOOD, now=NOON)
        client = app.test_client()
        answer = sign_in(client, own)
        assert (answer.status_code, answer.location) == (303, path), role
        assert client.get("/account").status_code == 200


def test_a_page_asked_for_is_shown_after_signing_in(app, own):
    client = app.test_client()
    answer = client.get("/manage/audit?action=login&first=2026-01-01")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    asked = re.search(r'name="next" value="([^"]+)"', page)[1].replace("&amp;", "&")
    answer = sign_in(client, own, form={"next": asked})
    assert answer.location == "/manage/audit?action=login&first=2026-01-01"
    assert client.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=1",
        " //evil.example",
        "evil.example",
        "",
    ],
)
def test_nobody_is_sent_to_another_server(app, own, elsewhere):
    answer = sign_in(app.test_client(), own, form={"next": elsewhere})
    assert answer.location == "/manage/stations"
    assert "evil" not in app.test_client().get("/login", query_string={"next": elsewhere}).text


def test_a_wrong_password_and_an_unknown_name_get_the_same_sentence(app, own, register):
    client, pages = app.test_client(), set()
    for name, password in ((own.name, "not-the-one"), ("nobody", GOOD)):
        token = signed_in.token(client)
        form = {"csrf_token": token, "name": name, "password": password}
        answer = client.post("/login", data=form)
        assert answer.status_code == 401
        assert password not in answer.text
        pages.add(re.search(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)[1])
        assert client.get("/account").status_code == 303
    assert len(pages) == 1
    assert "账号或密码不对" in pages.pop()
    assert outcomes(register, "login")[:2] == ["wrong", "wrong"]
    last = audit.read(register, adcode="", action="login", limit=2)
    assert [line["account_id"] for line in last] == [None, own.id]


def test_who_guesses_is_asked_to_wait_and_gets_in_later(app, own):
    client = app.test_client()
    there = {"environ_overrides": {"REMOTE_ADDR": "127.0.0.9"}}
    for _ in range(passwords.FREE["name"]):
        assert sign_in(client, own, password="wrong", **there).status_code == 401
    answer = sign_in(client, own, **there)
    assert answer.status_code == 429
    assert "分钟后再试" in answer.text
    app.config["CLOCK"].turn(minutes=16)
    assert sign_in(client, own, **there).status_code == 303


def test_what_is_typed_as_a_name_stays_text(app):
    hostile = '"><img src=x onerror=alert(1)>{{7*7}}'
    client = app.test_client()
    token = signed_in.token(client)
    page = client.post("/login", data={"csrf_token": token, "name": hostile, "password": "x"}).text
    assert "<img src=x" not in page
    assert [a for t, a in Elements(page).found if t == "input" and a.get("value") == hostile]


def test_the_sign_in_form_needs_its_token(app, own):
    client = app.test_client()
    answer = client.post("/login", data={"name": own.name, "password": GOOD})
    assert answer.status_code == 403
    assert client.get("/account").status_code == 303


# ------------------------------------------------------------------- the cookie


def cookies(answer):
    return [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("stationmap-")]


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(app, own):
    (cookie,) = cookies(sign_in(app.test_client(), own))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie  # it goes with the browser


def test_over_https_the_cookie_travels_only_there(app, own):
    client = app.test_client()
    https = {"base_url": "https://map.example", "headers": {"Referer": "https://map.example/login"}}
    page = client.get("/login", base_url="https://map.example")
    token = re.search(r'csrf_token" value="([^"]+)"', page.text)[1]
    form = {"csrf_token": token, "name": own.name, "password": GOOD}
    answer = client.post("/login", data=form, **https)
    assert answer.status_code == 303
    assert "Secure" in cookies(answer)[0]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("map.example", "10.0.0.5"),
        ("10.0.0.1:8000", "10.0.0.5"),
        ("localhost", "10.0.0.5"),
        ("map.example", "127.0.0.1"),
    ],
)
def test_no_password_is_taken_over_plain_http_from_elsewhere(app, own, host, address):
    client = app.test_client()
    there = {"base_url": f"http://{host}", "environ_overrides": {"REMOTE_ADDR": address}}
    page = client.get("/login", **there)
    assert page.status_code == 403
    assert "https" in page.text
    assert 'type="password"' not in page.text
    near = signed_in.token(client)
    form = {"csrf_token": near, "name": own.name, "password": GOOD}
    answer = client.post("/login", data=form, **there)
    assert answer.status_code == 403
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "localhost"])
def test_on_the_servers_own_computer_plain_http_is_enough(app, host):
    page = app.test_client().get("/login", base_url=f"http://{host}")
    assert page.status_code == 200


def test_residents_get_no_cookie_and_the_data_do_not_vary_by_one(app):
    client = app.test_client()
    for path in ("/", "/api/v1/summary", "/api/v1/streets", "/healthz"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert not answer.headers.getlist("Set-Cookie"), path
        if path != "/":
            assert "Cookie" not in answer.headers.get("Vary", ""), path


# ------------------------------------------------------------------- sessions


def test_a_session_of_before_is_not_the_one_after_signing_in(app, own, register):
    client = app.test_client()
    signed_in.token(client)
    before = client.get_cookie(signed_in.cookie_name(client)).value
    sign_in(client, own)
    first = client.get_cookie(signed_in.cookie_name(client)).value
    assert first != before
    sign_in_again = signed_in.account(register)
    passwords.set_password(register, sign_in_again.id, GOOD, now=NOON)
    sign_in(client, sign_in_again)
    stolen = app.test_client()
    stolen.set_cookie(signed_in.cookie_name(stolen), first)
    assert stolen.get("/account").status_code == 303  # ended, though the cookie is ours


def test_a_cookie_kept_from_before_signing_out_is_worth_nothing(app, own):
    client = app.test_client()
    sign_in(client, own)
    kept = client.get_cookie(signed_in.cookie_name(client)).value
    answer = signed_in.post(client, "/logout")
    assert answer.status_code == 303
    assert "您已退出登录" in client.get(answer.location).text
    replay = app.test_client()
    replay.set_cookie(signed_in.cookie_name(replay), kept)
    assert replay.get("/account").status_code == 303


def test_a_cookie_that_is_changed_is_worth_nothing(app, own):
    client = app.test_client()
    sign_in(client, own)
    good = client.get_cookie(signed_in.cookie_name(client)).value
    for number in range(0, len(good), 7):
        letter = "A" if good[number] != "A" else "B"
        forged = app.test_client()
        forged.set_cookie(
            signed_in.cookie_name(forged), good[:number] + letter + good[number + 1 :]
        )
        assert forged.get("/account").status_code == 303, number


def test_a_disabled_account_is_out_at_once(app, own, register):
    client = app.test_client()
    sign_in(client, own)
    assert client.get("/account").status_code == 200
    administrator = signed_in.client(app)
    answer = signed_in.post(administrator, f"/manage/accounts/{own.id}/state", {"active": "0"})
    assert answer.status_code == 303
    assert client.get("/account").status_code == 303
    assert sign_in(app.test_client(), own).status_code == 401


def test_an_idle_session_ends_and_a_used_one_ends_in_the_evening(app, own):
    idle, used, clock = app.test_client(), app.test_client(), app.config["CLOCK"]
    sign_in(idle, own)
    sign_in(used, own)
    for _ in range(11):
        clock.turn(hours=1)
        assert used.get("/account").status_code == 200
    assert idle.get("/account").status_code == 303
    clock.turn(hours=1)
    assert used.get("/account").status_code == 303


def test_what_an_open_page_asks_by_itself_keeps_no_session_alive(app, own):
    client, clock = app.test_client(), app.config["CLOCK"]
    sign_in(client, own)
    script = {"Sec-Fetch-Dest": "empty"}
    for _ in range(5):
        clock.turn(minutes=20)
        assert client.get("/account", headers=script).status_code == 200
    clock.turn(minutes=20)
    answer = client.get("/account", headers=script)
    assert answer.status_code == 401  # no sign-in page for a script to stumble over
    assert client.get("/account").status_code == 303


def test_a_password_reset_while_it_was_looked_at_signs_nobody_in(app, own, monkeypatch):
    looked_at = passwords.sign_in

    def reset_meanwhile(register, *args, **options):
        found = looked_at(register, *args, **options)
        passwords.set_password(register, own.id, passwords.one_time(), now=None)
        sessions.end(register, own.id)
        return found

    monkeypatch.setattr(passwords, "sign_in", reset_meanwhile)
    client = app.test_client()
    assert sign_in(client, own).status_code == 401
    assert client.get("/account").status_code == 303


def test_a_register_that_is_being_written_delays_one_page_at_most(app, own, monkeypatch):
    client, asked = app.test_client(), []
    sign_in(client, own)

    def busy(*_, **__):
        asked.append(1)
        raise RegisterError("busy", why="busy")

    monkeypatch.setattr(sessions, "note", busy)
    for _ in range(5):
        assert client.get("/account").status_code == 200
    assert len(asked) == 1
    app.config["CLOCK"].turn(minutes=2)
    client.get("/account")
    assert len(asked) == 2


def test_a_crowd_at_the_door_does_not_take_the_map_s_threads(app, own):
    held = [login._PLACES.acquire(blocking=False) for _ in range(4)]
    try:
        assert all(held)
        client = app.test_client()
        answer = sign_in(client, own)
        assert answer.status_code == 429
        assert "几秒后再试" in answer.text
        inside = signed_in.client(app, own=own)
        form = {"present": GOOD, "password": "x", "again": "x"}
        assert signed_in.post(inside, "/account/password", form).status_code == 429
    finally:
        for _ in held:
            login._PLACES.release()
    assert sign_in(client, own).status_code == 303


def test_one_sees_ones_sessions_and_ends_them(app, own):
    clients = [app.test_client() for _ in range(3)]
    for number, client in enumerate(clients):
        sign_in(client, own, headers={"User-Agent": f"Browser-{number}"})
    page = clients[0].get("/account").text
    assert all(f"Browser-{number}" in page for number in range(3))
    ids = re.findall(r'name="session" value="(\w+)"', page)
    assert len(ids) == 2
    other = signed_in.client(app)
    signed_in.post(other, "/account/sessions/end", {"session": ids[0]})
    states = [client.get("/account").status_code for client in clients]
    assert states == [200, 200, 200]  # nobody ends another's
    signed_in.post(clients[0], "/account/sessions/end", {"session": ids[0]})
    assert sorted(client.get("/account").status_code for client in clients) == [200, 200, 303]
    signed_in.post(clients[0], "/account/sessions/end")
    assert [client.get("/account").status_code for client in clients] == [200, 303, 303]


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(app, own, register):
    here, there = app.test_client(), app.test_client()
    sign_in(here, own)
    sign_in(there, own)
    new = "三把雨伞和一只旧水壶"
    for present, typed, again, sentence in (
        ("wrong", new, new, "现用密码不对"),
        (GOOD, new, new + "x", "不一致"),
        (GOOD, "短", "短", "密码应为"),
    ):
        form = {"present": present, "password": typed, "again": again}
        answer = signed_in.post(here, "/account/password", form)
        assert answer.status_code == 400
        assert sentence in answer.text
        assert typed not in answer.text
    form = {"present": GOOD, "password": new, "again": new}
    assert signed_in.post(here, "/account/password", form).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert sign_in(app.test_client(), own).status_code == 401
    assert sign_in(app.test_client(), own, password=new).status_code == 303
    assert outcomes(register, "password")[:2] == ["done", "wrong"]


def test_who_guesses_the_present_password_is_asked_to_wait(app, own):
    here, form = signed_in.client(app, own=own), {"password": GOOD, "again": GOOD}

    def tried(present):
        return signed_in.post(here, "/account/password", {**form, "present": present}).status_code

    assert [tried(f"wrong {n}") for n in range(5)] == [400] * 5
    assert tried(GOOD) == 429
    assert sign_in(app.test_client(), own).status_code == 303
    app.config["CLOCK"].turn(minutes=1)
    assert tried(GOOD) == 303
    assert tried("wrong") == 400  # counted anew


def test_a_password_handed_over_is_changed_before_anything_else(app, register):
    own = signed_in.account(register)
    first = passwords.one_time()
    passwords.set_password(register, own.id, first, now=None)
    client = app.test_client()
    sign_in(client, own, password=first)
    for path in ("/manage/accounts", "/manage/audit", "/manage/stations"):
        assert client.get(path).location == "/account"
    assert "请先改成自己的密码" in client.get("/account").text
    form = {"present": first, "password": GOOD, "again": GOOD}
    signed_in.post(client, "/account/password", form)
    assert client.get("/manage/accounts").status_code == 200


# ------------------------------------------------------------------- answers


def test_what_is_shown_to_those_signed_in_is_kept_nowhere(app):
    client = signed_in.client(app)
    for path in (
        "/account",
        "/manage/accounts",
        "/manage/audit",
        "/manage/audit/log.csv",
        "/login",
    ):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


def test_an_expired_session_says_so_and_leads_back_to_the_form(app, own):
    client = app.test_client()
    sign_in(client, own)
    token = signed_in.token(client)
    app.config["CLOCK"].now += sessions.IDLE
    answer = client.post(
        "/manage/accounts/new",
        data={"csrf_token": token, "name": "li"},
        headers={"Referer": "http://localhost/manage/accounts/new"},
    )
    assert answer.status_code == 401
    assert "登录已过期" in answer.text
    assert 'href="/login?next=/manage/accounts/new"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_role_that_may_not_is_told_and_logged(app, register):
    client = signed_in.client(app, role="inspector")
    answer = client.get("/manage/accounts")
    assert answer.status_code == 403
    assert "没有这项权限" in answer.text
    line = audit.read(register, adcode="", action="refused", limit=1)[0]
    assert (line["account_id"], line["object"], line["outcome"]) == (
        client.account.id,
        "/manage/accounts",
        "account.manage",
    )


def test_each_role_sees_its_own_places_in_the_navigation(app):
    seen = {}
    for role in ("city", "county", "unit", "planner", "inspector"):
        client = signed_in.client(app, role=role, adcode="330802", unit_id="u")
        page = client.get("/account").text
        nav = page.split('class="manage-nav"', 1)[1].split("</nav>", 1)[0]
        seen[role] = set(re.findall(r'href="([^"]+)"', nav))
    assert "/manage/accounts" in seen["city"] & seen["county"]
    assert "/home" in seen["unit"]
    for role in ("unit", "planner", "inspector"):
        assert not {"/manage/accounts", "/manage/audit", "/manage/import"} & seen[role]
    assert all("/" in places for places in seen.values())


def test_in_english_the_pages_stay_english(app):
    client = signed_in.client(app)
    page = client.get("/account?lang=en").text
    links = re.findall(r'(?:href|action)="(/(?!static)[^"]*)"', page)
    assert len(links) > 5
    assert [link for link in links if "lang=" not in link] == []
    assert not re.search(r"[\u4e00-\u9fff]", page.replace("中文", "").replace("礼城", ""))


def test_the_map_leads_to_the_sign_in_page_and_back_to_work(app):
    assert 'href="/login"' in app.test_client().get("/").text
    client = signed_in.client(app)
    page = client.get("/").text
    assert 'href="/manage/stations"' in page
    assert client.account.name in page


def test_before_the_first_account_the_page_says_how_to_make_it(town, tmp_path):  # noqa: F811
    shutil.copytree(town.path, tmp_path / "town")
    app = create_app(tmp_path / "town")
    page = app.test_client().get("/login").text
    assert "stationmap account add town 账号名" in page
    assert 'type="password"' not in page
    signed_in.account(app.extensions["city"].register)
    page = app.test_client().get("/login").text
    assert "account add" not in page
    assert 'type="password"' in page


def test_a_locked_register_is_said_and_the_map_goes_on(town, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(backend, "WAIT_S", 0.1)
    shutil.copytree(town.path, tmp_path / "town")
    app = create_app(tmp_path / "town")
    own = signed_in.account(app.extensions["city"].register)
    client, known = app.test_client(), signed_in.client(app, own=own)
    token = signed_in.token(client)
    with sqlite3.connect(tmp_path / "town" / "register.sqlite") as other:
        other.execute("BEGIN IMMEDIATE")
        form = {"csrf_token": token, "name": own.name, "password": GOOD}
        answer = client.post("/login", data=form)
        assert answer.status_code == 503
        assert re.search(r"[\u4e00-\u9fff]", answer.text)
        assert known.get("/account").status_code == 200
        assert client.get("/").status_code == 200
        other.rollback()


# ------------------------------------------------------------------- in a browser


@pytest.mark.chromium
def test_a_draft_survives_a_session_that_expires(town, tmp_path, chromium):  # noqa: F811
    shutil.copytree(town.path, tmp_path / "town")
    served = serve(tmp_path / "town")
    try:
        draft_survives(served, create_app(tmp_path / "town"), chromium)
    finally:
        served.close()


def draft_survives(served, app, chromium):  # noqa: F811
    register = app.extensions["city"].register
    own = signed_in.account(register, name="li")
    passwords.set_password(register, own.id, GOOD, now=NOON)
    context = chromium.new_context()
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(served.address + "/manage/accounts/new")
    page.fill("#name", "li")
    page.fill("#password", GOOD)
    page.click("main button[type=submit]")
    page.fill("#name", "kecheng.wang")
    page.select_option("#role", "county")
    sessions.end(register, own.id)
    page.click("main button[type=submit]")
    assert "登录已过期" in page.inner_text("h1")
    page.click("text=登录 >> nth=-1")
    page.fill("#name", "li")
    page.fill("#password", GOOD)
    page.click("main button[type=submit]")
    page.wait_for_selector(".draft-said")
    assert page.url.endswith("/manage/accounts/new")
    assert page.input_value("#name") == "kecheng.wang"
    assert page.input_value("#role") == "county"
    page.select_option("#adcode", "330802")
    page.click("main form[data-draft] button[type=submit]:not(.draft-said button)")
    page.wait_for_selector(".one-time code")
    assert page.evaluate("Object.keys(sessionStorage).filter(k => k.startsWith('draft:'))") == []
    stored = page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert GOOD not in stored
    assert not faults
    context.close()
