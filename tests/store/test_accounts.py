"""Accounts, passwords, sessions and the log, on both databases and by a clock of the test's own."""

import datetime as dt
import threading
import uuid

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from stationmap.errors import Conflict, InputError
from stationmap.store import accounts, audit, models, passwords, sessions
from stationmap.store.accounts import Account
from stationmap.store.events import Change
from stationmap.store.passwords import SignInError, TooSoonError

NOON = dt.datetime(2026, 3, 5, 4, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
GOOD = "伞在门口的红桶里 2026"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hashes that cost next to nothing: what is tried here is not argon2."""
    monkeypatch.setattr(
        passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


def write(register, changes):
    register.write(changes, action=str(uuid.uuid4()), by="cli", kind="account")
    return changes[0].id


def make(register, name="li", *, role="city", adcode="", unit_id=None, password=GOOD):
    columns = accounts.checked(register, name=name, role=role, adcode=adcode, unit_id=unit_id)
    own = write(register, [accounts.creation(register, columns, action=str(uuid.uuid4()))])
    if password:
        passwords.set_password(register, own, password, now=NOON)
    return accounts.by_name(register, name)


def attempt(register, name, password, *, address="10.0.0.1", at=NOON):
    return passwords.sign_in(register, name, password, address=address, now=at)[0]


# ------------------------------------------------------------------- scope


@pytest.mark.parametrize(
    ("role", "adcode", "unit_id", "row", "reached"),
    [
        ("city", "", None, (None, None), True),
        ("city", "", None, ("330802", "u1"), True),
        ("county", "330802", None, ("330802", None), True),
        ("county", "330802", None, ("330802001", "u1"), True),
        ("county", "330802", None, ("330803", "u1"), False),
        ("county", "330802", None, ("33080", None), False),
        ("county", "330802", None, (None, "u1"), False),
        ("inspector", "330802", None, ("330802", None), True),
        ("inspector", "330802", None, ("330803", None), False),
        ("planner", "", None, (None, None), True),
        ("unit", "330802", "u1", ("330803", "u1"), True),
        ("unit", "330802", "u1", ("330802", "u2"), False),
        ("unit", "330802", "u1", ("330802", None), False),
        ("unit", "330802", None, ("330802", None), False),
        ("nobody", "", None, ("330802", "u1"), False),
    ],
)
def test_an_account_covers_its_scope_and_nothing_else(role, adcode, unit_id, row, reached):
    own = Account("a", "li", role, adcode, unit_id, active=True)
    assert own.covers(*row) is reached


# ------------------------------------------------------------------- accounts


def test_an_account_is_made_found_and_kept_as_an_event(register):
    own = make(register, "ＬＩ.wei", role="county", adcode="330802")
    assert (own.name, own.role, own.adcode, own.active) == ("li.wei", "county", "330802", True)
    assert accounts.by_name(register, "Li.Wei") == own
    assert register.history("account", own.id)[0].after["name"] == "li.wei"
    assert GOOD not in str(register.history("account", own.id))


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "x"},
        {"name": "li wei"},
        {"name": "<b>li</b>"},
        {"name": "l" * 41},
        {"role": "root"},
        {"role": "county", "adcode": ""},
        {"role": "county", "adcode": "33"},
        {"role": "planner", "adcode": "柯城区"},
        {"role": "unit", "unit_id": "no such unit"},
        {"role": "unit", "unit_id": None},
    ],
)
def test_what_makes_no_account_is_refused_with_a_sentence(register, asked):
    with pytest.raises(InputError) as error:
        accounts.checked(
            register, **{"name": "li", "role": "city", "adcode": "", "unit_id": None, **asked}
        )
    assert error.value.render("zh") != error.value.render("en")


def test_a_units_account_takes_the_place_of_its_unit(register):
    write(register, [Change("unit", "u1", {"name": "府山街道", "adcode": "330802001"})])
    write(
        register, [Change("station", "s1", {"unit_id": "u2", "unit": "某局", "adcode": "330803"})]
    )
    assert [(u.id, u.adcode) for u in accounts.units(register)] == [
        ("u1", "330802001"),
        ("u2", "330803"),
    ]
    own = make(register, role="unit", adcode="999999", unit_id="u1", password="")
    assert (own.adcode, own.unit_id) == ("330802001", "u1")


def test_a_name_belongs_to_one_account_however_it_is_written(register):
    make(register, "li", password="")
    with pytest.raises(InputError, match="already"):
        make(register, "ＬＩ", password="")


def test_of_two_who_make_one_name_at_once_one_is_refused(register):
    columns = accounts.checked(register, name="li", role="city", adcode="", unit_id=None)
    # both looked before either wrote
    made = [accounts.creation(register, columns, action=str(uuid.uuid4())) for _ in range(4)]
    start, refused = threading.Barrier(len(made)), []

    def send(change):
        start.wait()
        try:
            write(register, [change])
        except InputError as error:
            refused.append(error.render("zh"))

    threads = [threading.Thread(target=send, args=(change,)) for change in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accounts.accounts(register)) == 1
    assert len(refused) == len(made) - 1
    assert all("li" in sentence for sentence in refused)


def test_a_name_given_up_and_taken_is_not_given_back_by_an_undo(register):
    own = make(register, password="")
    renamed = str(uuid.uuid4())
    changes = accounts.alteration(register, own, {"name": "li.wei"}, expects=None)
    register.write(changes, action=renamed, by="cli", kind="account")
    make(register, "li", password="")
    with pytest.raises(InputError, match="already"):
        register.undo(renamed, action=str(uuid.uuid4()), by="cli")


def test_of_two_accounts_of_one_name_from_before_each_can_be_disabled(register):
    make(register, password="")
    with register.writing() as connection:
        row = dict(connection.execute(sa.select(models.account)).mappings().one())
        connection.execute(sa.insert(models.account), [{**row, "id": "twin"}])
    twin = next(one for one in accounts.accounts(register) if one.id == "twin")
    write(register, [Change("account", twin.id, {"active": False})])
    assert [one.active for one in accounts.accounts(register)].count(False) == 1


def test_the_same_form_sent_twice_makes_one_account(register):
    columns = accounts.checked(register, name="li", role="city", adcode="", unit_id=None)
    action = str(uuid.uuid4())
    receipts = [
        register.write(
            [accounts.creation(register, columns, action=action)],
            action=action,
            by="cli",
            kind="account",
        )
        for _ in range(2)
    ]
    assert [r.again for r in receipts] == [False, True]
    assert len(accounts.accounts(register)) == 1


def test_the_last_administrator_of_the_city_stays(register):
    first, county = (
        make(register, password=""),
        make(register, "wu", role="county", adcode="330802"),
    )
    for columns in ({"active": False}, {"role": "planner"}):
        with pytest.raises(InputError, match="only account"):
            accounts.alteration(register, first, columns, expects=None)
    make(register, "zhou", password="")
    assert accounts.alteration(register, first, {"active": False}, expects=None)
    assert accounts.alteration(register, county, {"active": False}, expects=None)


def test_of_two_administrators_who_disable_each_other_at_once_one_stays(register):
    one, other = make(register, password=""), make(register, "zhou", password="")
    asked = [
        accounts.alteration(register, own, {"active": False}, expects=None) for own in (one, other)
    ]
    write(register, asked[0])
    with pytest.raises(Conflict):
        write(register, asked[1])
    assert [a.name for a in accounts.accounts(register) if a.active] == ["zhou"]


# ------------------------------------------------------------------- passwords


def test_only_a_hash_of_a_password_is_kept(register, monkeypatch):
    monkeypatch.undo()
    own = make(register)
    with register.reading() as connection:
        kept = connection.execute(sa.select(models.secret)).one()
    assert kept.password_hash.startswith("$argon2id$")
    # no less than OWASP asks: 46 MiB and one pass, or more passes over less
    assert int(kept.password_hash.split("m=")[1].split(",")[0]) >= 47_104
    assert GOOD not in str(kept)
    assert passwords.is_right(register, own.id, GOOD)
    assert not passwords.is_right(register, own.id, GOOD + " ")
    assert not passwords.is_right(register, "nobody", GOOD)


@pytest.mark.parametrize(
    "weak",
    ["短", "123456789", "1234567890", "aaaaaaaaaaaa", "li-wei-2026", "PASSWORD123", "x" * 129],
)
def test_a_weak_password_is_refused(weak):
    with pytest.raises(InputError):
        passwords.require_strong(weak, name="wei")


def test_passwords_handed_over_are_strong_and_differ():
    made = {passwords.one_time() for _ in range(50)}
    assert len(made) == 50
    for one in made:
        passwords.require_strong(one, name="li")


def test_the_right_password_signs_in_and_a_wrong_one_reads_like_an_unknown_name(register):
    own = make(register)
    assert attempt(register, " LI ", GOOD) == own
    sentences = set()
    for name, password in (("li", "wrong"), ("nobody", GOOD), ("", "")):
        with pytest.raises(SignInError) as error:
            attempt(register, name, password)
        sentences.add(error.value.render("zh"))
    assert len(sentences) == 1


def test_a_disabled_account_reads_like_a_wrong_password(register):
    make(register)
    other = make(register, "zhou")
    write(register, accounts.alteration(register, other, {"active": False}, expects=None))
    with pytest.raises(SignInError):
        attempt(register, "zhou", GOOD)


def failures(register, name, *, times, address="10.0.0.1", at=NOON):
    for _ in range(times):
        with pytest.raises(SignInError):
            attempt(register, name, "wrong", address=address, at=at)


def test_guessing_at_a_name_waits_longer_and_longer_but_never_for_good(register):
    make(register)
    free = passwords.FREE["name"]
    failures(register, "li", times=free)
    waits, at = [], NOON
    for _ in range(12):
        # within the wait even the right password is not looked at, from anywhere
        with pytest.raises(TooSoonError):
            attempt(register, "li", GOOD, address="10.9.9.9", at=at)
        with register.reading() as connection:
            chosen = sa.select(sa.func.max(models.attempt.c.until))
            until = dt.datetime.fromisoformat(connection.execute(chosen).scalar())
        waits.append(until - at)
        at = until
        failures(register, "li", times=1, address=f"10.0.1.{len(waits)}", at=at)
    assert waits[:3] == [dt.timedelta(seconds=s) for s in (5, 10, 20)]
    assert waits == sorted(waits)
    assert max(waits) == passwords.LONGEST_WAIT["name"]
    at += passwords.LONGEST_WAIT["name"]
    assert attempt(register, "li", GOOD, at=at).name == "li"
    # and the count begins anew
    failures(register, "li", times=free - 1, at=at)
    assert attempt(register, "li", GOOD, at=at).name == "li"


def test_an_unknown_name_waits_as_a_known_one_does(register):
    for name in ("li", "nobody"):
        failures(register, name, times=passwords.FREE["name"])
        with pytest.raises(TooSoonError):
            attempt(register, name, "wrong")


def test_one_address_cannot_try_many_names(register):
    make(register)
    free = passwords.FREE["address"]
    for number in range(free):
        failures(register, f"name{number}", times=1)
    with pytest.raises(TooSoonError):
        attempt(register, "li", GOOD)
    assert attempt(register, "li", GOOD, address="10.0.0.2").name == "li"
    assert attempt(register, "li", GOOD, at=NOON + passwords.LONGEST_WAIT["address"]).name == "li"


def test_one_who_can_sign_in_does_not_clear_the_address_for_guessing(register):
    make(register)
    for number in range(passwords.FREE["address"] - 1):
        failures(register, f"name{number}", times=1)
        assert attempt(register, "li", GOOD).name == "li"
    failures(register, "another", times=1)
    with pytest.raises(TooSoonError):
        attempt(register, "li", GOOD)


def test_guesses_at_the_same_time_each_count(register):
    make(register)
    looked, free = [], passwords.FREE["name"]

    def guess(number):
        try:
            attempt(register, "li", "wrong", address=f"10.0.2.{number}")
        except SignInError:
            looked.append(number)
        except TooSoonError:
            pass

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(3 * free)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked) == free


def test_failures_are_forgotten_and_names_that_were_typed_are_not_kept(register):
    failures(register, "my-password-by-mistake", times=passwords.FREE["name"])
    with register.reading() as connection:
        rows = connection.execute(sa.select(models.attempt)).all()
    assert len(rows) == 2
    assert "mistake" not in str(rows)
    assert "10.0.0.1" not in str(rows)
    failures(register, "x", times=1, at=NOON + passwords.FORGOTTEN + MINUTE)
    with register.reading() as connection:
        assert {r.failures for r in connection.execute(sa.select(models.attempt))} == {1}


# ------------------------------------------------------------------- sessions


def begin(register, own, *, at=NOON):
    return sessions.begin(register, own.id, address="10.0.0.1", agent="Firefox", now=at)


def test_a_password_that_was_replaced_meanwhile_begins_no_session(register):
    own = make(register)
    ask = {"address": "10.0.0.1", "now": NOON}
    found, mark = passwords.sign_in(register, "li", GOOD, **ask)
    assert sessions.begin(register, found.id, agent="Firefox", password=mark, **ask)
    # the right one was looked at, then it was reset and all sessions ended
    passwords.set_password(register, own.id, passwords.one_time(), now=None)
    sessions.end(register, own.id)
    assert sessions.begin(register, found.id, agent="Firefox", password=mark, **ask) is None
    assert sessions.of_account(register, own.id, now=NOON) == []


def test_a_session_is_found_by_its_token_and_only_its_hash_is_kept(register):
    own = make(register)
    token = begin(register, own)
    found = sessions.find(register, token, now=NOON + MINUTE)
    assert found.account == own
    assert not found.must_change
    with register.reading() as connection:
        assert token not in str(connection.execute(sa.select(models.session)).all())
    assert sessions.find(register, token + "x", now=NOON) is None
    assert begin(register, own) != token


def test_a_session_ends_when_it_is_not_used(register):
    token = begin(register, make(register))
    assert sessions.find(register, token, now=NOON + sessions.IDLE - MINUTE)
    assert sessions.find(register, token, now=NOON + sessions.IDLE) is None


def test_a_session_that_is_used_ends_in_the_end(register):
    own = make(register)
    token, at = begin(register, own), NOON
    while at < NOON + sessions.ABSOLUTE:
        found = sessions.find(register, token, now=at)
        assert found, at
        sessions.note(register, found.session, now=at)
        at += dt.timedelta(hours=1)
    assert sessions.find(register, token, now=at) is None
    begin(register, own, at=at)
    with register.reading() as connection:
        assert len(connection.execute(sa.select(models.session)).all()) == 1


def test_using_a_session_writes_seldom(register):
    token = begin(register, make(register))
    found = sessions.find(register, token, now=NOON)
    sessions.note(register, found.session, now=NOON + sessions.NOTED - dt.timedelta(seconds=1))
    assert sessions.find(register, token, now=NOON).session.seen_at == found.session.seen_at


def test_ended_sessions_and_those_of_disabled_accounts_are_over(register):
    make(register)
    own = make(register, "zhou")
    here, there, third = (begin(register, own) for _ in range(3))
    kept = sessions.find(register, here, now=NOON).session.id
    gone = sessions.find(register, there, now=NOON).session.id
    assert sessions.end(register, "somebody else", session_id=gone) == 0
    assert sessions.end(register, own.id, session_id=gone) == 1
    assert sessions.find(register, there, now=NOON) is None
    assert sessions.end(register, own.id, keep=kept) == 1
    assert sessions.find(register, third, now=NOON) is None
    assert [s.id for s in sessions.of_account(register, own.id, now=NOON)] == [kept]
    write(register, accounts.alteration(register, own, {"active": False}, expects=None))
    assert sessions.find(register, here, now=NOON) is None


def test_a_change_of_role_holds_at_once(register):
    make(register)
    own = make(register, "zhou", role="county", adcode="330802")
    token = begin(register, own)
    write(register, accounts.alteration(register, own, {"adcode": "330803"}, expects=None))
    assert sessions.find(register, token, now=NOON).account.adcode == "330803"


def test_a_password_that_somebody_else_chose_must_be_changed(register):
    own = make(register)
    passwords.set_password(register, own.id, passwords.one_time(), now=None)
    token = begin(register, own)
    assert sessions.find(register, token, now=NOON).must_change
    passwords.set_password(register, own.id, GOOD, now=NOON)
    assert not sessions.find(register, token, now=NOON).must_change


def test_the_signing_key_is_made_once(register):
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(sessions.signing_key(register)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1
    assert len(made[0]) == 64


# ------------------------------------------------------------------- the log


def line(register, *, at=NOON, account=None, action="login", subject="", outcome="done"):
    audit.write(
        register,
        at=at,
        account=account,
        action=action,
        subject=subject,
        outcome=outcome,
        address="10.0.0.1",
    )


def test_the_log_is_kept_six_months_and_more_but_not_for_ever(register):
    for day in range(0, 800, 5):
        line(register, at=NOON + dt.timedelta(days=day), subject=str(day))
        oldest = int(audit.read(register, adcode="", limit=1000)[-1]["object"])
        assert day - oldest >= min(day, 183)
        assert day - oldest <= audit.KEPT.days
    assert audit.KEPT.days >= 183


def test_lines_are_read_within_scope_by_who_what_and_when(register):
    own = Account("a1", "li", "county", "330802", None, active=True)
    other = Account("a2", "wu", "unit", "330802001", "u1", active=True)
    far = Account("a3", "he", "county", "330803", None, active=True)
    for number, account in enumerate((own, other, far, None)):
        action = "login" if number % 2 else "export"
        line(register, account=account, at=NOON + number * MINUTE, action=action)

    def who(**asked):
        return [found["account_id"] for found in audit.read(register, **asked)]

    assert who(adcode="") == [None, "a3", "a2", "a1"]
    assert who(adcode="330802") == ["a2", "a1"]
    assert who(adcode="330803") == ["a3"]
    assert who(adcode="%") == []
    assert who(adcode="", action="login") == [None, "a2"]
    assert who(adcode="", account_id="a1") == ["a1"]
    text = (NOON + MINUTE).isoformat(timespec="milliseconds")
    assert who(adcode="", first=text) == [None, "a3", "a2"]
    assert who(adcode="", last=text) == ["a1"]
    newest = audit.read(register, adcode="", limit=1)[0]["seq"]
    assert who(adcode="", before=newest, limit=2) == ["a3", "a2"]


def test_a_line_stays_one_line(register):
    line(register, subject="a\r\n2026-01-01 login done\x1b[31m" + "x" * 1000)
    subject = audit.read(register, adcode="")[0]["object"]
    assert subject.isprintable()
    assert len(subject) <= audit.LONGEST


def test_secrets_are_no_events(register):
    own = make(register)
    begin(register, own)
    line(register, account=own)
    assert {e.entity for a in register.actions() for e in register.events(a.id)} == {"account"}
