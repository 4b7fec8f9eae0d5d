"""Visits: a submission enters once and whole, with its photos, its order and its decision."""

import datetime as dt
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import small_city

from stationmap.city import City, orders, sent, visits
from stationmap.errors import Conflict, InputError, RegisterError
from stationmap.inspections import Checklist
from stationmap.store import Change
from stationmap.store.accounts import Account

NOW = dt.datetime(2026, 3, 5, 4, 0, tzinfo=dt.UTC)
INSPECTOR = Account("a1", "督查员", "inspector", "", None, active=True)
OTHER = Account("a2", "另一人", "inspector", "", None, active=True)
UNIT = Account("u1", "单位", "unit", "330802", "U1", active=True)
PICTURE = visits.Picture("0" * 64, 1000, 640, 480)
ALL = [f"Q-C8#{n}" for n in range(1, 6)] + ["Q-C9#1", "visit#1", "visit#2"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_city.make(tmp_path_factory.mktemp("visits"))


@pytest.fixture
def city(made, tmp_path):
    """A city of its own register."""
    import shutil

    shutil.copytree(made.path, tmp_path / "town")
    return City.open(tmp_path / "town")


def new():
    return str(uuid.uuid4())


def form(city, *, failed=(), station="A1", **more):
    return {
        "id": new(),
        "station_id": station,
        "checklist": Checklist.of_pack(city.pack).id,
        "visit": "call",
        "claimed_at": "2026-03-05T03:50:00+00:00",
        "sent_at": NOW.isoformat(),
        "answers": {key: "not_met" if key in failed else "met" for key in ALL},
        **more,
    }


def send(city, asked, *, by=INSPECTOR, now=NOW, pictures=lambda _: PICTURE):
    return visits.submit(
        city.register, city.now(), sent.read(asked), by=by, pictures=pictures, now=now
    )


def order(*lines, **more):
    return {"id": new(), "lines": list(lines), "due": "2026-03-20", **more}


def test_a_visit_is_kept_with_its_photos_and_its_order(city):
    photo = new()
    asked = form(city, failed=["Q-C8#1"], photos={"Q-C8#1": [photo]}, order=order("Q-C8#1"))
    done = send(city, asked)
    assert not done.again
    assert done.failed == ["Q-C8#1"]
    assert done.inspection["result"] == "not_met"
    assert done.inspection["at"] == "2026-03-05T03:50:00.000+00:00"
    assert (done.order["state"], done.order["lines"]) == ("open", ["Q-C8#1"])
    kept = city.register.get("photo", photo)
    assert (kept["inspection_id"], kept["line"]) == (asked["id"], "Q-C8#1")
    assert city.register.action(asked["id"]).events == 4  # the edition, too


def test_what_is_sent_again_is_answered_by_its_first_receipt(city):
    asked = form(city, failed=["Q-C8#1"], order=order("Q-C8#1"))
    first = send(city, asked)
    seq = city.register.seq()
    later = NOW + dt.timedelta(hours=3)
    again = send(city, {**asked, "sent_at": later.isoformat()}, now=later)
    assert again == replace(first, again=True)
    assert city.register.seq() == seq


def test_another_content_under_the_same_id_is_a_conflict(city):
    asked = form(city)
    send(city, asked)
    with pytest.raises(Conflict):
        send(city, {**asked, "note": "别的"})


def test_a_missing_photo_keeps_everything_out(city):
    photo = new()
    with pytest.raises(visits.MissingPhotosError) as caught:
        send(city, form(city, photos={"Q-C8#1": [photo]}), pictures=lambda _: None)
    assert caught.value.params["missing"] == [photo]
    assert city.register.rows("inspection") == []


def test_a_second_order_leaves_out_what_was_ordered_already(city):
    send(city, form(city, failed=["Q-C8#1"], order=order("Q-C8#1")))
    both = form(city, failed=["Q-C8#1", "Q-C8#2"], order=order("Q-C8#1", "Q-C8#2"))
    done = send(city, both, by=OTHER)
    assert done.order["lines"] == ["Q-C8#2"]
    assert [note.template[:4] for note in done.notes] == ["Some"]
    assert len(done.others) == 1


def test_two_at_once_order_each_line_once(city):
    forms = [form(city, failed=["Q-C8#1"], order=order("Q-C8#1")) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda asked: send(city, asked), forms))
    orders = city.register.rows("rectification")
    assert [row["lines"] for row in orders] == [["Q-C8#1"]]
    assert len(city.register.rows("inspection")) == 8


def test_a_re_inspection_closes_an_order_or_returns_it(city):
    first = send(city, form(city, failed=["Q-C8#1", "Q-C8#2"], order=order("Q-C8#1", "Q-C8#2")))
    again = {"answers": {"Q-C8#1": "met", "Q-C8#2": "not_met"}, "order_id": first.order["id"]}
    assert send(city, form(city) | again).decided == (first.order["id"], "returned")
    due = city.register.get("rectification", first.order["id"])["due"]
    assert due == "2026-03-20"
    part = {"answers": {"Q-C8#1": "met"}, "order_id": first.order["id"]}
    assert send(city, form(city) | part).decided == (first.order["id"], "returned")
    both = {"answers": {"Q-C8#1": "met", "Q-C8#2": "met"}, "order_id": first.order["id"]}
    closing = send(city, form(city) | both)
    assert closing.decided == (first.order["id"], "closed")
    assert (
        city.register.get("rectification", first.order["id"])["closed_by"]
        == (closing.inspection["id"])
    )


@pytest.mark.parametrize(
    ("claimed", "told", "at"),
    [
        ("2026-03-05T03:50:00+00:00", "2026-03-05T04:00:00+00:00", "2026-03-05T03:50"),
        # a clock that is off by as much when it sends
        ("1970-01-01T00:05:00+00:00", "1970-01-01T00:15:00+00:00", "2026-03-05T03:50"),
        ("2030-01-01T00:05:00+00:00", "2030-01-01T00:15:00+00:00", "2026-03-05T03:50"),
        # no longer as far off as it was: nothing can be told
        ("1970-01-01T00:05:00+00:00", "2026-03-05T04:00:00+00:00", "2026-03-05T04:00"),
        ("gestern", "heute", "2026-03-05T04:00"),
        # two days without a network
        ("2026-03-03T03:50:00+00:00", "2026-03-05T04:00:00+00:00", "2026-03-03T03:50"),
    ],
)
def test_the_visit_is_dated_by_the_servers_clock(city, claimed, told, at):
    done = send(city, form(city, claimed_at=claimed, sent_at=told))
    assert done.inspection["at"][:16] == at
    assert done.inspection["claimed_at"] == claimed
    wrong = not claimed.startswith("2026")
    assert bool(done.inspection["clock"]) == wrong
    late = at.startswith("2026-03-03")
    assert bool(done.notes) == wrong or late
    assert [note.template[:15] for note in done.notes] == ["This visit was "] or not late


def test_a_visit_that_waited_long_in_a_drawer_overrules_nobody(city):
    send(city, form(city), by=OTHER)
    old = form(city, failed=["visit#1"], claimed_at="2026-01-02T03:50:00+00:00")
    assert send(city, old).inspection["at"][:10] == "2026-01-02"
    assert city.now().idle(dt.date(2026, 3, 5)) == frozenset()


def test_an_edition_that_changed_meanwhile_keeps_the_visit_in_its_own_words(city):
    asked = form(city)
    visits_before = city.register
    visits_before.write(
        [visits.edition(Checklist.of_pack(city.pack))], action=new(), by="system", kind="edition"
    )
    pack = city.path / "packs" / "quzhou-2018.toml"
    pack.write_text(pack.read_text("utf-8").replace("一把雨伞", "两把雨伞"), "utf-8")
    done = send(city, asked)
    assert "newer edition" in str(done.notes[0])
    kept = Checklist.of_content(city.register.get("checklist", asked["checklist"])["content"])
    assert kept.by_key["Q-C8#1"].text["zh"] == "一把雨伞"


@pytest.mark.parametrize(
    "wrong",
    [
        {"answers": {"Q-C8#99": "met"}},
        {"answers": {"Q-C8#1": "not_applicable"}},
        {"visit": "self"},
        {"visit": "covert", "signed_post": "站长"},
        {"id": "1"},
        {"checklist": "0" * 32},
        {"answers": {"Q-C8#1": "perhaps"}},
        {"note": "长" * 1001},
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(city, wrong):
    with pytest.raises(InputError) as caught:
        send(city, form(city) | wrong)
    told = caught.value.render("zh")
    assert "\n" not in told
    # nothing of the program's own words
    assert not re.search("String|Input|signed_post|claimed_at", told), told
    assert city.register.rows("inspection") == []


def test_a_note_that_is_too_long_is_named_in_the_readers_words(city):
    with pytest.raises(InputError) as caught:
        send(city, form(city, note="长" * 1001))
    assert "备注：超过 1000 个字" in caught.value.render("zh")
    with pytest.raises(InputError) as caught:
        send(city, form(city) | {"answers": {"Q-C8#1": "not_applicable"}})
    assert "雨伞" in caught.value.render("zh")
    assert "雨伞" not in caught.value.render("en")


def test_who_sends_an_old_picture_as_a_new_one_is_told(city):
    def pictures(photo):
        return replace(PICTURE, sha256=names[photo] * 64)

    names = {new(): "a", new(): "b", new(): "b"}
    one, two, three = names
    asked = form(city, failed=["Q-C8#1"], photos={"Q-C8#1": [one]}, order=order("Q-C8#1"))
    own = send(city, asked, pictures=pictures).order["id"]
    names[three] = "a"
    again = form(city) | {"answers": {"Q-C8#1": "met"}, "order_id": own}
    told = send(city, again | {"photos": {"Q-C8#1": [two, three]}}, pictures=pictures).notes
    assert [(note.template[:7], note.params) for note in told] == [("{count}", {"count": 1})]


def test_a_line_without_an_answer_is_not_the_same_as_last_time(city):
    asked = form(city) | {"answers": {"visit#1": "met"}, "same": ["visit#1", "Q-C8#1"]}
    done = send(city, asked)
    assert done.inspection["details"]["same"] == ["visit#1"]
    assert send(city, asked).again


def test_a_units_own_check_orders_and_judges_nothing(city):
    done = send(city, form(city, failed=["Q-C8#1"], visit="self"), by=UNIT)
    assert done.order is None
    assert city.now().inspections() is None


def test_effective_coverage_believes_the_newest_judgement_of_each_line(city):
    today = dt.date(2026, 3, 5)
    assert city.now().idle(today) == frozenset()
    first = send(city, form(city, failed=["Q-C8#1", "Q-C8#2"], order=order("Q-C8#1", "Q-C8#2")))
    assert city.now().idle(today) == {"A1"}
    built, effective = (city.now().spacing(effective=e).summary() for e in (False, True))
    assert built["stations_counted"] - effective["stations_counted"] == 1
    # one of two put right heals neither
    half = {"answers": {"Q-C8#1": "met"}, "order_id": first.order["id"]}
    send(city, form(city) | half)
    assert city.now().idle(today) == {"A1"}
    both = {"answers": {"Q-C8#1": "met", "Q-C8#2": "met"}, "order_id": first.order["id"]}
    send(city, form(city) | both)
    assert city.now().idle(today) == frozenset()
    assert city.now().spacing(effective=True).summary() == city.now().spacing().summary()


def reinspect(city, order_id, state, *, at, by=INSPECTOR, now=NOW):
    again = {"answers": {"Q-C8#1": state}, "order_id": order_id, "claimed_at": at}
    return send(city, form(city) | again | {"sent_at": now.isoformat()}, by=by, now=now)


def ordered(city):
    return send(city, form(city, failed=["Q-C8#1"], order=order("Q-C8#1"))).order["id"]


def test_a_re_inspection_that_arrives_after_a_newer_one_decides_nothing(city):
    own = ordered(city)
    assert reinspect(city, own, "not_met", at="2026-03-05T03:58:00+00:00").decided[1] == "returned"
    late = reinspect(city, own, "met", at="2026-03-05T03:55:00+00:00", by=OTHER)
    assert late.decided == (own, "returned")
    assert reinspect(city, own, "met", at="2026-03-05T03:59:00+00:00").decided[1] == "closed"


def test_a_units_own_check_neither_settles_its_order_nor_blocks_who_does(city):
    own = ordered(city)
    check = form(city, claimed_at="2026-03-05T03:58:00+00:00")
    check |= {"visit": "self", "order_id": own, "answers": {"Q-C8#1": "met"}}
    with pytest.raises(InputError):
        send(city, check, by=UNIT)
    # one that an earlier version took
    done = send(city, {**check, "order_id": None}, by=UNIT)
    kept = Change("inspection", done.inspection["id"], {"order_id": own})
    city.register.write([kept], action=new(), by="c", kind="edit")
    again = reinspect(city, own, "met", at="2026-03-05T03:55:00+00:00")
    assert again.decided == (own, "closed")
    assert again.decides
    order = city.register.get("rectification", own)
    told = orders.story(city.register, city.now(), order)
    assert [row["id"] for row in told.again] == [again.inspection["id"]]


def test_an_order_is_not_re_inspected_at_another_station(city):
    own = ordered(city)
    with pytest.raises(InputError):
        send(city, form(city, station="A2", order_id=own))
    assert city.register.get("rectification", own)["state"] == "open"


def test_an_order_goes_to_the_stations_unit_whatever_the_phone_says(city):
    owner = {"unit_id": "U1", "unit": "本单位", "supervising_unit": "主管"}
    city.register.write([Change("station", "A1", owner)], action=new(), by="c", kind="edit")
    other = {"unit_id": "U9", "unit": "别县单位", "supervising_unit": "别的主管"}
    done = send(city, form(city, failed=["Q-C8#1"], order=order("Q-C8#1", **other)))
    assert {name: done.order[name] for name in owner} == owner


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-03-05", "2026-03-05"),
        ("2027-03-06", "2027-03-06"),
        ("2026-03-04", "2026-03-20"),
        ("1970-01-16", "2026-03-20"),
        ("2027-03-07", "2026-03-20"),
        ("9999-12-31", "2026-03-20"),
    ],
)
def test_the_deadline_of_an_order_is_within_a_year_by_the_citys_day(city, asked, due):
    done = send(city, form(city, failed=["Q-C8#1"], order=order("Q-C8#1", due=asked)))
    assert done.order["due"] == due
    assert bool(done.notes) == (asked != due)


def test_what_a_later_visit_found_right_is_not_ordered_by_one_that_arrives_late(city):
    half = form(city, failed=["Q-C8#2"])
    send(city, half, by=OTHER)
    both = ["Q-C8#1", "Q-C8#2"]
    early = form(city, failed=both, order=order(*both), claimed_at="2026-03-05T03:00:00+00:00")
    done = send(city, early)
    assert done.order["lines"] == ["Q-C8#2"]
    assert [note.template[:13] for note in done.notes] == ["A later visit"]
    send(city, form(city))
    assert send(city, early) == replace(done, again=True)


def test_a_failing_re_inspection_never_shortens_the_time_that_was_given(city):
    asked = form(city, failed=["Q-C8#1"], order=order("Q-C8#1", due="2026-06-30"))
    own = send(city, asked).order["id"]
    assert reinspect(city, own, "not_met", at="2026-03-05T03:59:00+00:00").decided[1] == "returned"
    assert city.register.get("rectification", own)["due"] == "2026-06-30"


def test_a_re_inspection_that_decides_nothing_says_so(city):
    own = ordered(city)
    part = send(city, form(city) | {"answers": {"Q-C8#2": "met"}, "order_id": own})
    assert (part.decided, part.decides) == ((own, "open"), False)
    assert reinspect(city, own, "met", at="2026-03-05T03:59:00+00:00").decides
    late = reinspect(city, own, "not_met", at="2026-03-05T03:59:30+00:00", by=OTHER)
    assert (late.decided, late.decides) == ((own, "closed"), False)
    assert "anew" in str(late.notes[-1])


def test_orders_that_never_stand_still_are_tried_again_later(city, monkeypatch):
    def restless(_rows, _station):
        return [{"id": new(), "version": 1, "lines": [], "state": "open"}]

    monkeypatch.setattr(visits, "unsettled", restless)
    with pytest.raises(RegisterError):
        send(city, form(city))
    assert city.register.rows("inspection") == []


def test_what_was_seen_before_the_unit_answered_does_not_return_its_answer(city):
    own = ordered(city)
    row = city.register.get("rectification", own)
    answer = {"text": "已修", "label": "", "photos": {}, "pictures": lambda _: None}
    shared = {"version": row["version"], "action": new(), "by": UNIT, "now": NOW}
    orders.answer(city.register, row, **answer, **shared)
    later = NOW + dt.timedelta(hours=1)
    early = reinspect(city, own, "not_met", at="2026-03-05T03:55:00+00:00", now=later)
    assert early.decided == (own, "answered")
    at = "2026-03-05T04:30:00+00:00"
    assert reinspect(city, own, "not_met", at=at, now=later).decided == (own, "returned")


def test_an_order_that_a_voided_visit_closed_waits_again(city):
    own = ordered(city)
    closing = reinspect(city, own, "met", at="2026-03-05T03:59:00+00:00")
    assert closing.decided == (own, "closed")
    visits.void(city.register, closing.inspection["id"], reason="走错站", action=new(), by="c")
    row = city.register.get("rectification", own)
    assert (row["state"], row["closed_by"], row["decided_at"]) == ("open", None, None)
    course = city.register.history("rectification", own)[::-1]
    assert [orders.step_of(event) for event in course] == ["issued", "closed", "reopened"]
    assert reinspect(city, own, "met", at="2026-03-05T03:59:30+00:00").decided == (own, "closed")


def test_the_receipt_is_there_also_when_the_station_is_gone(city):
    asked = form(city, failed=["Q-C8#1"])
    first = send(city, asked)
    gone = Change("station", "A1", None)
    city.register.write([gone], action=new(), by="c", kind="edit")
    assert send(city, asked) == replace(first, again=True)


def test_the_day_of_two_visits_is_the_citys(city):
    # half past seven and half past eight in the morning, which are two days in UTC
    early = send(city, form(city, claimed_at="2026-03-04T23:30:00+00:00"))
    later = send(city, form(city, claimed_at="2026-03-05T00:30:00+00:00"), by=OTHER)
    assert [row["id"] for row in later.others] == [early.inspection["id"]]


def test_own_visits_do_not_crowd_out_those_of_others(city):
    theirs = send(city, form(city), by=OTHER)
    for _ in range(21):
        mine = send(city, form(city))
    assert [row["id"] for row in mine.others] == [theirs.inspection["id"]]


def test_with_the_first_inspection_the_facts_of_all_stations_are_judged(city):
    far = dt.date(2040, 1, 1)
    assert city.now().idle(far) == frozenset()
    send(city, form(city))
    every = {f"A{k}" for k in range(6)}
    assert city.now().idle(far) == City.open(city.path).now().idle(far) == every


def test_a_line_that_is_no_longer_asked_of_a_station_fails_it_no_more(city):
    send(city, form(city) | {"answers": {"Q-C9#1": "not_met"}})
    today = dt.date(2026, 3, 5)
    assert city.now().idle(today) == {"A1"}
    kind = Change("station", "A1", {"type": "home"})
    city.register.write([kind], action=new(), by="c", kind="edit")
    assert city.now().idle(today) == frozenset()


def test_a_voided_inspection_judges_no_more(city):
    done = send(city, form(city, failed=["visit#1"]))
    assert city.now().idle(dt.date(2026, 3, 5)) == {"A1"}
    visits.void(city.register, done.inspection["id"], reason="走错站", action=new(), by="c")
    assert city.now().idle(dt.date(2026, 3, 5)) == frozenset()
    with pytest.raises(InputError):
        visits.void(city.register, done.inspection["id"], reason="再", action=new(), by="c")


def test_a_late_arrival_overwrites_nothing_newer(city):
    send(city, form(city))
    late = form(city, failed=["Q-C8#1"], claimed_at="2026-03-04T03:00:00+00:00")
    send(city, late, by=OTHER)
    assert city.now().idle(dt.date(2026, 3, 5)) == frozenset()


def test_supplies_beyond_number_are_refused(city):
    with pytest.raises(InputError):
        sent.read(form(city, supplies={str(n): {} for n in range(101)}))


def test_a_deadline_that_is_no_day_is_refused(city):
    asked = form(city, failed=["Q-C8#1"], order=order("Q-C8#1", due="2026-02-30"))
    with pytest.raises(InputError):
        send(city, asked)


def test_an_order_of_a_station_that_names_its_unit_is_that_units(city):
    def enter(*units):
        rows = [Change("unit", own, {"name": "某街道", "adcode": code}) for own, code in units]
        city.register.write(rows, action=new(), by="c", kind="edit")

    named = Change("station", "A1", {"unit": "某街道", "unit_id": None, "adcode": "330802"})
    city.register.write([named], action=new(), by="c", kind="edit")
    enter(("U7", "330802"), ("U8", "330803"))
    done = send(city, form(city, failed=["Q-C8#1"], order=order("Q-C8#1")))
    assert (done.order["unit_id"], done.order["unit"]) == ("U7", "某街道")
    assert done.inspection["unit_id"] == "U7"
    # two of that name in the county: whose it is nobody can tell
    enter(("U9", "330802"))
    later = send(city, form(city, failed=["Q-C8#2"], order=order("Q-C8#2")))
    assert (later.order["unit_id"], later.order["unit"]) == (None, "某街道")


def test_a_visit_before_the_one_that_ordered_closes_nothing(city):
    first = send(city, form(city, failed=["Q-C8#1"], order=order("Q-C8#1")))
    early = {"answers": {"Q-C8#1": "met"}, "order_id": first.order["id"]}
    before = form(city, claimed_at="2026-03-04T03:00:00+00:00") | early
    assert send(city, before).decided[:2] == (first.order["id"], "open")
    assert city.register.get("rectification", first.order["id"])["state"] == "open"
