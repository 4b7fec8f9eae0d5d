"""The inspectors' phone, in a real Chromium: whose it is, what it keeps, how it is renewed."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest
from inspect_field import API, COUNTS, DRAFT, FINISH, engine, field, settled, until  # noqa: F401
from pages_town import chromium, own_town, town  # noqa: F401
from signed_in import cheap_hashes  # noqa: F401

from stationmap.store import Change, passwords

pytestmark = pytest.mark.chromium

NOTHING = {"drafts": 0, "unsent": 0, "photos": 0}


def test_somebody_else_on_the_same_phone_neither_sees_nor_sends_it(field):  # noqa: F811
    mine, theirs = field.inspector(), field.inspector()
    phone = field.phone(mine)
    page = phone.page()
    field.down()
    draft = engine(page, DRAFT, "P0", 1)
    engine(page, FINISH, draft)
    field.up()
    phone.sign_in(theirs)
    page.close()
    page = phone.page()
    assert engine(page, "(store) => store.account.id") == theirs.id
    assert engine(page, COUNTS) == NOTHING
    other = engine(page, DRAFT, "P40", 0)
    engine(page, FINISH, other)
    settled(page, other)
    assert [row["inspector_id"] for row in field.inspections()] == [theirs.id]
    page.close()
    phone.sign_in(mine)
    page = phone.page()
    settled(page, draft)
    by = {row["id"]: row["inspector_id"] for row in field.inspections()}
    assert by == {other: theirs.id, draft: mine.id}


def test_a_window_left_open_takes_in_nothing_of_who_signed_in_since(field):  # noqa: F811
    mine, theirs = field.inspector(), field.inspector()
    phone = field.phone(mine)
    page = phone.page()
    fresh = "async (store) => (await store.sites('all')).fresh"
    assert engine(page, fresh) is True
    phone.sign_in(theirs)
    assert engine(page, fresh) is False
    phone.sign_in(mine)
    assert engine(page, fresh) is True


def test_a_window_that_keeps_nothing_says_so(field):  # noqa: F811
    phone = field.phone(field.inspector())
    phone.context.add_init_script(
        "Object.defineProperty(IDBFactory.prototype, 'open', {value() { throw new Error('no'); }})"
    )
    page = phone.page()
    page.get_by_text("无痕窗口").wait_for()


def test_a_picture_that_nobody_can_open_is_refused_in_a_sentence(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page()
    draft = engine(page, DRAFT, "P0", 0)
    said = engine(
        page,
        """(store, [id]) => store.addPhoto(id, "visit#1", new File(["ftypheic"], "a.heic"))
          .then(() => "kept", (error) => error.message)""",
        draft,
    )
    assert "JPEG" in said
    assert engine(page, COUNTS)["photos"] == 0


def test_todays_round_and_its_last_visits_are_taken_along(field):  # noqa: F811
    own = field.inspector()
    page = field.phone(own).page()
    before = engine(page, DRAFT, "P40", 1)
    engine(page, FINISH, before)
    settled(page, before)
    day = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    round_ = {"day": day, "inspector_id": own.id, "adcode": "330802", "stations": ["P40", "P0"]}
    change = Change("round", str(uuid.uuid4()), round_)
    field.register.write([change], action=str(uuid.uuid4()), by="cli", kind="rounds")

    # another phone, on which nothing but the list was ever opened
    phone = field.phone(own)
    page = phone.page()
    phone.ready(page)
    until(page, "async (store) => (await store.kept('P0'))?.lines")
    [photo] = until(page, "async (store) => (await store.kept('P40'))?.lines['visit#1'].photos")
    until(page, "async (store, id) => (await store.missingThumbs([id])).length === 0", photo)
    field.down()
    page.reload()
    page.get_by_role("link", name="有礼点40").click()
    page.get_by_role("heading", name="有礼点40").wait_for()
    assert engine(page, "(store) => store.site('P40')")["fresh"] is False
    address = engine(page, "(store, [id]) => store.photoUrl(id)", photo)
    assert address.startswith("blob:")
    wide = """async (address) => {
      const picture = new Image();
      picture.src = address;
      await picture.decode();
      return picture.naturalWidth;
    }"""
    assert page.evaluate(wide, address) > 100


def test_a_network_that_swallows_all_does_not_keep_a_form_from_opening(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page("/inspect/#/s/P0")
    phone.ready(page)
    engine(page, DRAFT, "P0", 0)
    field.wire.rule = lambda method, path, n: "held"
    page.reload()
    page.get_by_role("heading", name="有礼点0").wait_for()
    assert engine(page, COUNTS)["drafts"] == 1


def test_a_new_version_waits_and_takes_no_draft_with_it(field, monkeypatch):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page()
    phone.ready(page)
    page.reload()
    draft = engine(page, DRAFT, "P0", 1)
    monkeypatch.setattr("web.inspect._version", lambda: "another")
    page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
    with page.expect_navigation():
        page.get_by_role("button", name="现在更新").click()
    page.locator("#main[aria-busy]").wait_for(state="detached")
    names = page.evaluate("caches.keys()")
    assert "inspect-another" in names
    assert sum(name.startswith("inspect-") and name != "inspect-tiles" for name in names) == 1
    assert engine(page, COUNTS) == {"drafts": 1, "unsent": 0, "photos": 1}
    engine(page, FINISH, draft)
    settled(page, draft)


def test_nothing_of_an_account_is_in_the_shared_cache(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page("/inspect/#/s/P0")
    phone.ready(page)
    kept = page.evaluate(
        """async () => {
          const paths = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const { url } of await cache.keys()) paths.push(new URL(url).pathname);
          }
          return paths;
        }"""
    )
    assert kept
    assert not [path for path in kept if path.startswith((API, "/inspect/photos"))]


@pytest.mark.parametrize("same", [True, False], ids=["the same", "another"])
def test_who_begins_to_sign_in_sees_without_a_network_only_what_is_theirs(field, same):  # noqa: F811
    own = field.inspector()
    phone = field.phone(own)
    page = phone.page()
    phone.ready(page)
    engine(page, DRAFT, "P0", 0)
    phone.context.clear_cookies()
    page.goto(f"{field.address}/login")
    page.get_by_label("账号").fill(own.name if same else "别人")
    page.get_by_label("密码").fill("what ever it is")
    field.down()
    page.get_by_role("button", name="登录").click()
    page.wait_for_timeout(500)
    page = phone.page()
    nobody, theirs = page.get_by_text("本机还不知道您是谁"), page.get_by_text("未提交 1")
    (theirs if same else nobody).first.wait_for()
    assert (nobody.is_visible(), theirs.count() > 0) == (not same, same)


def test_who_signs_in_again_is_back_where_they_were(field, cheap_hashes):  # noqa: F811
    own = field.inspector()
    passwords.set_password(field.register, own.id, "四个字的口令 2026", now=dt.datetime.now(dt.UTC))
    phone = field.phone(own)
    page = phone.page("/inspect/#/s/P40")
    engine(page, DRAFT, "P40", 0)
    phone.context.clear_cookies()
    page.reload()
    page.get_by_role("link", name="登录").first.click()
    page.get_by_label("账号").fill(own.name)
    page.get_by_label("密码").fill("四个字的口令 2026")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("heading", name="有礼点40").wait_for()
    assert engine(page, COUNTS)["drafts"] == 1


def test_who_has_a_password_of_somebody_elses_is_told_to_choose_one(field):  # noqa: F811
    own = field.inspector()
    passwords.set_password(field.register, own.id, "给您的口令 2026", now=None)
    page = field.phone(own).page()
    page.get_by_text("请先在“我的账号”中设置自己的密码").wait_for()
    assert page.get_by_role("link", name="我的账号").get_attribute("href") == "/account"


def test_who_signs_out_is_told_what_is_not_submitted(field):  # noqa: F811
    own = field.inspector()
    phone = field.phone(own)
    page = phone.page()
    engine(page, DRAFT, "P0", 0)
    page.goto(f"{field.address}/account")
    menu = page.locator(".account-menu")
    menu.locator("summary").click()
    menu.get_by_role("button", name="退出登录").click()
    menu.get_by_text("还有 1 份检查没有提交").wait_for()
    menu.get_by_role("button", name="仍然退出").click()
    page.wait_for_url("**/login*")
    # what is there waits for them, and nobody else is asked about it
    phone.sign_in(field.inspector())
    page.goto(f"{field.address}/account")
    menu.locator("summary").click()
    menu.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login*")
    phone.sign_in(own)
    page = phone.page()
    assert engine(page, COUNTS)["drafts"] == 1


def test_a_page_without_an_encrypted_connection_says_what_it_needs(field):  # noqa: F811
    phone = field.phone(field.inspector())
    phone.context.add_init_script(
        "Object.defineProperty(window, 'isSecureContext', { get: () => false })"
    )
    page = phone.page()
    page.get_by_text("https").wait_for()
