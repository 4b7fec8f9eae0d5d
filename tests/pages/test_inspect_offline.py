"""Inspections without a network, in a real Chromium: nothing is lost, nothing sent twice."""

import pytest
from inspect_field import COUNTS, DRAFT, FINISH, engine, field, settled, until  # noqa: F401
from pages_town import chromium, own_town, town  # noqa: F401

pytestmark = pytest.mark.chromium

NOTHING = {"drafts": 0, "unsent": 0, "photos": 0}
REFUSE = "(s, [id]) => s.change(id, (one) => { one.answers['no-such-line'] = 'met'; })"
MEND = "(s, [id]) => s.change(id, (one) => { delete one.answers['no-such-line']; })"
REFUSED = "async (store) => (await store.outbox()).find((one) => one.state === 'refused')"


def test_cut_while_open_and_killed_before_it_comes_back_submits_once_and_whole(field, tmp_path):  # noqa: F811
    own = field.inspector()
    phone = field.phone(own, tmp_path / "phone")
    page = phone.page("/inspect/#/s/P0")
    phone.ready(page)
    field.down()
    draft = engine(page, DRAFT, "P0", 3)
    assert engine(page, FINISH, draft) == draft
    phone.kill()

    # without a network the pages open again, and say what waits
    phone = field.phone(folder=tmp_path / "phone")
    page = phone.page()
    assert engine(page, COUNTS) == {"drafts": 0, "unsent": 1, "photos": 3}
    assert page.get_by_text("未提交 1").first.is_visible()
    # the session did not outlive the browser: what waits stays until its owner is back
    phone.sign_in(own)
    field.wire.rule = lambda method, path, n: "after" if method == "POST" and n == 1 else None
    field.up()
    page.reload()
    field.wire.reached("POST", "/visits")
    # it is there, the phone does not know it yet, and is killed once more
    phone.kill()
    assert [row["id"] for row in field.inspections()] == [draft]

    phone = field.phone(own, tmp_path / "phone")
    page = phone.page()
    receipt = settled(page, draft)
    assert receipt["number"]
    assert engine(page, COUNTS) == NOTHING
    assert [row["id"] for row in field.inspections()] == [draft]
    pictures = field.photos()
    assert len(pictures) == 3
    assert {picture.size for picture in pictures.values()} == {(1600, 1200)}


def test_two_windows_share_one_draft_and_submit_it_once(field):  # noqa: F811
    phone = field.phone(field.inspector())
    one, other = phone.page(), phone.page()
    ids = [engine(page, DRAFT, "P0", 0) for page in (one, other)]
    assert ids[0] == ids[1]
    both = "(store, [id]) => store.change(id, (draft) => { draft.answers[KEY] = 'met'; })"
    engine(one, both.replace("KEY", '"Q-C1#1"'), ids[0])
    engine(other, both.replace("KEY", '"Q-C1#2"'), ids[0])
    draft = engine(one, "(store, [id]) => store.find(id)", ids[0])
    assert {"Q-C1#1", "Q-C1#2", "visit#1", "visit#2"} == set(draft["answers"])

    # both press the button; it is begun in each before it is done in either
    for page in (one, other):
        page.evaluate("(id) => { window.pressed = window.kept.finish(id); }", ids[0])
    for page in (one, other):
        assert page.evaluate("window.pressed.then((one) => one.id)") == ids[0]
    settled(one, ids[0])
    assert len(field.inspections()) == 1
    assert len(field.wire.sent("POST", "/visits")) == 1

    late = """(store, [id]) => store.change(id, (draft) => { draft.note = "晚了"; })
      .then(() => "", (error) => error.message)"""
    assert "已经提交" in engine(other, late, ids[0])


def test_windows_that_open_a_station_at_the_same_moment_find_one_draft(field):  # noqa: F811
    phone = field.phone(field.inspector())
    pages = [phone.page() for _ in range(3)]
    for page in pages:
        engine(page, COUNTS)
        page.evaluate(
            "() => { window.made = Promise.all([1, 2, 3].map(() => kept.draft('P40'))); }"
        )
    found = [page.evaluate("window.made.then((all) => all.map(({ id }) => id))") for page in pages]
    assert len({one for ids in found for one in ids}) == 1


def test_an_answer_that_is_lost_is_asked_for_again_and_counts_once(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page()
    field.wire.rule = lambda method, path, n: (
        "after" if method in {"POST", "PATCH"} and n == 1 else None
    )
    draft = engine(page, DRAFT, "P0", 1)
    engine(page, FINISH, draft)
    receipt = settled(page, draft)
    assert receipt["again"] is True
    assert len(field.wire.sent("POST", "/visits")) == 2
    assert len(field.inspections()) == len(field.photos()) == 1


def test_a_photo_goes_on_where_it_broke_off(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page()
    broken = []

    def third_piece(method, path, number):
        if method == "PATCH" and number >= 2 and not broken:
            broken.append(path)
            return "before"
        return None

    field.wire.rule = third_piece
    draft = engine(page, DRAFT, "P0", 1)
    engine(page, FINISH, draft)
    settled(page, draft)
    offsets = [int(offset) for _, _, offset in field.wire.sent("PATCH")]
    assert broken
    assert offsets.count(0) == 1, "begun anew"
    assert len(offsets) > 2
    [picture] = field.photos().values()
    assert picture.size == (1600, 1200)


def test_a_session_that_ended_keeps_all_and_asks_to_sign_in(field):  # noqa: F811
    own = field.inspector()
    phone = field.phone(own)
    page = phone.page()
    phone.context.clear_cookies()
    draft = engine(page, DRAFT, "P0", 1)
    engine(page, FINISH, draft)
    page.get_by_role("link", name="登录").first.wait_for()
    page.reload()
    page.locator("#main[aria-busy]").wait_for(state="detached")
    assert engine(page, COUNTS) == {"drafts": 0, "unsent": 1, "photos": 1}
    assert field.inspections() == []
    phone.sign_in(own)
    page.reload()
    settled(page, draft)
    assert len(field.inspections()) == len(field.photos()) == 1


def test_other_content_under_the_same_id_is_kept_beside_it(field):  # noqa: F811
    own = field.inspector()
    first = field.phone(own)
    page = first.page()
    draft = engine(page, DRAFT, "P0", 1)
    copied = engine(page, "(store, [id]) => store.find(id)", draft)
    engine(page, FINISH, draft)
    settled(page, draft)

    # a phone whose storage is a copy, such as one set up from a backup
    second = field.phone(own)
    page = second.page()
    work = """async (store, [copied]) => {
      await store.write(["drafts"], ({ drafts }) => {
        drafts.put({ ...copied, photos: {}, note: "写得不一样" });
      });
      await store.finish(copied.id);
    }"""
    engine(page, work, copied)
    receipt = until(page, "async (store) => (await store.receipts())[0]")
    assert receipt["id"] != draft
    assert any("两份都保留" in note for note in receipt["notes"])
    notes = {row["id"]: row["details"]["note"] for row in field.inspections()}
    assert notes == {draft: "门口有积水", receipt["id"]: "写得不一样"}


def test_what_the_server_refuses_stays_with_its_sentence_and_can_be_mended(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page()
    draft = engine(page, DRAFT, "P0", 1)
    engine(page, REFUSE, draft)
    engine(page, FINISH, draft)
    waiting = until(page, REFUSED)
    assert waiting["problem"]
    assert engine(page, COUNTS) == {"drafts": 0, "unsent": 1, "photos": 1}
    assert engine(page, "(store, [id]) => store.reopen(id)", draft) is True
    engine(page, MEND, draft)
    engine(page, FINISH, draft)
    settled(page, draft)
    assert len(field.inspections()) == len(field.photos()) == 1


def test_a_full_phone_says_so_and_keeps_what_it_had(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page()
    draft = engine(page, DRAFT, "P0", 1)
    page.evaluate(
        """() => {
          window.room = IDBObjectStore.prototype.put;
          IDBObjectStore.prototype.put = function (value) {
            if (value.blob) throw new DOMException("no room", "QuotaExceededError");
            return window.room.call(this, value);
          };
        }"""
    )
    said = engine(
        page,
        """async (store, [id]) => store.addPhoto(id, "visit#2", await picture(9))
          .then(() => "kept", (error) => error.message)""",
        draft,
    )
    assert "空间不足" in said
    page.evaluate("() => { IDBObjectStore.prototype.put = window.room; }")
    kept = engine(page, "(store, [id]) => store.find(id)", draft)
    assert list(kept["photos"]) == ["visit#1"]
    engine(page, FINISH, draft)
    settled(page, draft)
    assert len(field.photos()) == 1


def test_a_phone_without_any_room_opens_and_submits_what_it_has(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page()
    phone.ready(page)
    field.down()
    draft = engine(page, DRAFT, "P0", 1)
    engine(page, FINISH, draft)
    phone.context.add_init_script(
        """IDBObjectStore.prototype.put = function () {
          throw new DOMException("no room", "QuotaExceededError");
        };"""
    )
    field.up()
    page.reload()
    until(page, "async (store) => (await store.counts()).unsent === 0")
    assert len(field.inspections()) == len(field.photos()) == 1
    assert engine(page, COUNTS) == NOTHING


def test_a_window_that_sleeps_while_it_sends_is_passed_by(field):  # noqa: F811
    phone = field.phone(field.inspector())
    asleep, awake = phone.page(), phone.page()
    # it has the turn to send, and never gives it back
    hold = """(store) => {
      const name = `inspect-send:${store.account.id}`;
      navigator.locks.request(name, { steal: true }, () => new Promise(() => {})).catch(() => {});
    }"""
    engine(asleep, hold)
    draft = engine(awake, DRAFT, "P0", 1)
    engine(awake, FINISH, draft)
    awake.evaluate(
        """() => {
          const real = Date.now;
          Date.now = () => real() + 3_600_000;
          dispatchEvent(new Event("online"));
        }"""
    )
    settled(awake, draft)
    assert len(field.inspections()) == len(field.photos()) == 1


def test_what_the_server_cannot_digest_holds_nothing_else_up(field):  # noqa: F811
    phone = field.phone(field.inspector())
    page = phone.page()
    field.down()
    first, second = (engine(page, DRAFT, station, 0) for station in ("P0", "P40"))
    for draft in (first, second):
        engine(page, FINISH, draft)

    def broken(route):
        if first in (route.request.post_data or ""):
            route.fulfill(status=500, content_type="application/json", body="{}")
        else:
            route.continue_()

    phone.context.route("**/visits", broken)
    field.up()
    page.reload()
    settled(page, second)
    assert engine(page, COUNTS)["unsent"] == 1
    phone.context.unroute("**/visits")
    page.reload()
    settled(page, first)
    assert {row["id"] for row in field.inspections()} == {first, second}


def test_what_is_mended_keeps_its_day_and_stands_beside_a_newer_draft(field):  # noqa: F811
    page = field.phone(field.inspector()).page()
    first = engine(page, DRAFT, "P0", 1)
    engine(page, REFUSE, first)
    engine(page, FINISH, first)
    claimed = until(page, REFUSED)["visit"]["claimed_at"]
    second = engine(page, DRAFT, "P0", 0)
    assert second != first
    assert engine(page, "(store, [id]) => store.reopen(id)", first) is True
    assert engine(page, COUNTS) == {"drafts": 2, "unsent": 0, "photos": 1}
    engine(page, MEND, first)
    again = engine(page, "(store, [id]) => store.finish(id)", first)
    assert again["visit"]["claimed_at"] == claimed
    settled(page, first)
    engine(page, FINISH, second)
    settled(page, second)
    assert {row["id"] for row in field.inspections()} == {first, second}
    assert engine(page, "(store, [id]) => store.reopen(id)", second) is False


def test_a_line_takes_so_many_photos_whoever_adds_them(field):  # noqa: F811
    page = field.phone(field.inspector()).page()
    draft = engine(page, DRAFT, "P0", 0)
    full = """(s, [id]) => s.change(id, (one) => {
      one.photos["visit#1"] = Array.from({ length: 20 }, () => crypto.randomUUID());
    })"""
    engine(page, full, draft)
    more = """async (store, [id]) => store.addPhoto(id, "visit#1", await picture(1, 40, 30))
      .then(() => "kept", (error) => error.message)"""
    assert "最多 20 张" in engine(page, more, draft)
    assert engine(page, COUNTS)["photos"] == 0


def test_whoever_was_not_announced_sends_no_signature(field):  # noqa: F811
    page = field.phone(field.inspector()).page()
    draft = engine(page, DRAFT, "P0", 0)
    sign = """async (store, [id]) => {
      await store.addPhoto(id, "signature", await picture(1, 40, 30));
      await store.change(id, (one) => { one.visit = "covert"; one.signed_post = "站长"; });
    }"""
    engine(page, sign, draft)
    engine(page, FINISH, draft)
    settled(page, draft)
    [visit] = field.inspections()
    assert visit["visit"] == "covert"
    assert visit["details"]["signature"] is None
    assert engine(page, COUNTS) == NOTHING
    assert field.photos() == {}
