"""What a register promises, method by method, the same on SQLite and on PostGIS."""

import datetime as dt
import random
import threading

import pandas as pd
import pytest
import shapely
from registers import contents, fill, mark

from stationmap.errors import Conflict, InputError
from stationmap.store import Change, Register, backup, models, snapshot
from stationmap.store.verify import verify


def write(register, *changes, kind="edit", **options):
    return register.write(changes, action=mark(), by="a1", kind=kind, **options)


def station(id="S1", **columns):  # noqa: A002
    return Change("station", id, {"name": "一号站", **columns})


# -- writing


def test_a_write_is_there_with_its_receipt(register):
    receipt = write(register, station(geometry=(118.86, 28.97), demonstration=True))
    row = register.get("station", "S1")
    assert (receipt.seq, receipt.events, receipt.again) == (1, 1, False)
    assert (row["name"], row["geometry"], row["demonstration"]) == ("一号站", (118.86, 28.97), True)
    assert (row["version"], row["created"], row["address"]) == (1, 1, None)
    assert register.seq() == 1
    assert dt.datetime.fromisoformat(receipt.at).utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    ("entity", "column", "given", "stored"),
    [
        ("station", "geometry", shapely.Point(-179.999999999, 89.1), (-179.999999999, 89.1)),
        ("station", "geometry", shapely.Point(), None),
        ("station", "source_lon", 118.123456789012345, 118.123456789012345),
        ("station", "source_row", 7.0, 7),
        ("station", "source_row", pd.NA, None),
        ("station", "opened_on", dt.date(2026, 5, 1), "2026-05-01"),
        ("station", "opened_on", pd.Timestamp("2026-05-01"), "2026-05-01"),
        ("station", "opened_on", pd.NaT, None),
        ("station", "name", '𠮷’;--"%s:x\n', '𠮷’;--"%s:x\n'),
        ("station", "name", float("nan"), None),
        ("station", "demonstration", False, False),
        ("unit", "headcount", float("inf"), None),
        ("unit", "headcount", 12, 12.0),
        ("count", "value", 0.1 + 0.2, 0.1 + 0.2),
        ("count", "value", -1e-300, -1e-300),
        ("import_source", "record", {"b": [1, None, {"a": "中"}]}, {"b": [1, None, {"a": "中"}]}),
    ],
)
def test_values_come_back_as_they_were_given(register, entity, column, given, stored):
    write(register, Change(entity, "x", {column: given}))
    found = register.get(entity, "x")[column]
    assert found == stored
    assert type(found) is type(stored)
    assert verify(register.engine).sound


def test_a_check_of_a_write_sees_what_the_one_before_it_wrote(register):
    start, refused = threading.Barrier(4), []

    def none_yet(rows):
        if rows("closure", station_id="S1"):
            raise InputError("there is one")

    def announce(number):
        start.wait()
        change = Change("closure", f"K{number}", {"station_id": "S1", "reason": str(number)})
        try:
            write(register, change, only_if=none_yet)
        except InputError:
            refused.append(number)

    threads = [threading.Thread(target=announce, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(register.rows("closure", station_id="S1")) == 1
    assert len(refused) == 3


def test_what_was_written_is_not_checked_again(register):
    def never(rows):
        assert not rows("station")

    action = mark()
    receipts = [
        register.write([station()], action=action, by="a1", kind="edit", only_if=never)
        for _ in range(2)
    ]
    assert [one.again for one in receipts] == [False, True]


def test_what_no_database_stores_is_refused(register):
    for name in ("a\0b", "a\ud800b"):
        with pytest.raises(InputError, match="cannot be stored"):
            write(register, station(name=name))
    assert register.seq() == 0


def test_columns_that_the_register_fills_cannot_be_given(register):
    for column in ("id", "version", "created", "no_such"):
        with pytest.raises(KeyError):
            write(register, Change("station", "S1", {column: 1}))


def test_columns_that_are_not_named_stay(register):
    write(register, station(address="府山路1号"))
    write(register, Change("station", "S1", {"phone": "0570"}))
    row = register.get("station", "S1")
    assert (row["address"], row["phone"], row["created"], row["version"]) == (
        ("府山路1号", "0570", 1, 2)
    )


def test_what_stands_already_makes_no_event(register):
    write(register, station(geometry=(1, 2)))
    receipt = write(register, station(geometry=(1.0, 2.0), address=None))
    assert (receipt.events, receipt.seq, register.seq()) == (0, 1, 1)
    assert register.get("station", "S1")["version"] == 1


def test_a_row_is_removed_and_its_history_stays(register):
    write(register, station())
    write(register, Change("station", "S1", None))
    assert register.get("station", "S1") is None
    assert [event.after is None for event in register.history("station", "S1")] == [True, False]
    assert write(register, Change("station", "S1", None)).events == 0


def test_the_same_action_again_answers_the_first_receipt(register):
    action = mark()
    first = register.write([station()], action=action, by="a1", kind="edit", note="一")
    write(register, station(name="改"))
    again = register.write([station()], action=action.upper(), by="a2", kind="edit", note="二")
    assert (again.again, again.seq, again.at, again.events) == (True, first.seq, first.at, 1)
    assert register.get("station", "S1")["name"] == "改"


def test_the_same_action_with_other_content_is_a_conflict(register):
    action = mark()
    register.write([station()], action=action, by="a1", kind="edit")
    for changes, kind in (([station(name="别")], "edit"), ([station()], "move"), ([], "edit")):
        with pytest.raises(Conflict, match="other content"):
            register.write(changes, action=action, by="a1", kind=kind)
    assert register.seq() == 1


def test_an_action_must_be_a_uuid_and_name_a_row_once(register):
    with pytest.raises(InputError, match="no mark of an action"):
        register.write([station()], action="1", by="a1", kind="edit")
    with pytest.raises(ValueError, match="once"):
        write(register, station(), station(name="二"))
    assert register.seq() == 0


def test_a_stale_edit_gets_all_three_versions_and_nothing_is_written(register):
    write(register, station(address="旧址", geometry=(1, 2)))
    write(register, station(address="别人的"))
    with pytest.raises(Conflict) as stale:
        write(register, Change("unit", "U1", {"name": "x"}), Change(
            "station", "S1", {"address": "我的"}, expects=1
        ))  # fmt: skip
    params = stale.value.params
    assert (params["entity"], params["id"]) == ("station", "S1")
    assert params["yours"] == {"address": "我的"}
    assert (params["current"]["address"], params["current"]["version"]) == ("别人的", 2)
    assert (params["base"]["address"], params["base"]["geometry"]) == ("旧址", (1.0, 2.0))
    assert "S1" in stale.value.render("zh")
    assert register.get("unit", "U1") is None
    assert register.seq() == 2


def test_what_must_not_exist_yet_or_is_gone_is_a_conflict_too(register):
    write(register, station())
    with pytest.raises(Conflict):
        write(register, Change("station", "S1", {"name": "新"}, expects=0))
    write(register, Change("station", "S1", None, expects=1))
    with pytest.raises(Conflict) as gone:
        write(register, Change("station", "S1", {"name": "改"}, expects=1))
    assert gone.value.params["current"] is None
    assert gone.value.params["base"]["name"] == "一号站"


def test_a_current_version_is_accepted(register):
    write(register, Change("station", "S1", {"name": "新"}, expects=0))
    write(register, Change("station", "S1", {"name": "改"}, expects=1))
    assert register.get("station", "S1")["name"] == "改"


def test_many_rows_are_written_and_read_by_id(register):
    rows = [Change("station", f"S{n:05}", {"name": f"站{n}"}) for n in range(2500)]
    assert write(register, *rows, kind="import").events == 2500
    again = write(register, *rows[:1200], *[Change("station", f"S{n:05}", None)
                                            for n in range(2000, 2500)])  # fmt: skip
    assert again.events == 500
    assert len(register.rows("station")) == 2000


# -- what source said, beside what is edited by hand


def test_an_edit_by_hand_remembers_what_the_source_said(register):
    brought = {"name": "一号站", "brought": {}, "source": "表.xlsx"}
    write(register, Change("station", "S1", brought), kind="import")
    write(register, Change("station", "S1", {"name": "改"}))
    write(register, Change("station", "S1", {"name": "再改"}))
    assert register.get("station", "S1")["brought"] == {"name": "一号站"}
    write(register, Change("station", "S1", {"name": "一号站"}))
    assert register.get("station", "S1")["brought"] == {}


# -- history and undo


def test_history_is_newest_first_and_in_pages(register):
    for n in range(5):
        write(register, station(address=f"{n}号"), note=f"第{n}次")
    newest, second = register.history("station", "S1", limit=2)
    assert (newest.before, newest.after) == ({"address": "3号"}, {"address": "4号"})
    assert (newest.note, newest.by, newest.kind) == ("第4次", "a1", "edit")
    rest = register.history("station", "S1", before=second.seq)
    assert [event.seq for event in rest] == [3, 2, 1]
    assert rest[-1].before is None


def test_actions_are_found_by_kind_by_whom_and_in_pages(register):
    marks = fill(register)
    newest = register.actions()
    assert [action.id for action in newest] == marks[::-1]
    assert [action.id for action in register.actions(kinds=["import"])] == marks[:1]
    assert {action.by for action in register.actions(by="a1")} == {"a1"}
    assert [a.id for a in register.actions(before=newest[-1].seq + 1)] == marks[:1]
    assert register.action(marks[0]).note == "第一批"
    assert register.action(mark()) is None
    events = register.events(marks[0])
    assert len(events) == register.action(marks[0]).events
    assert register.events(marks[0], offset=2, limit=3) == events[2:5]


def test_an_undo_puts_everything_back(register):
    fill(register)
    leave = ("action", "event", "head")
    before = {name: [row[:-2] for row in rows] for name, rows in contents(
        register, leave_out=leave).items()}  # fmt: skip
    done = mark()
    changes = [
        Change("station", "S0", {"name": "x", "geometry": None}),
        Change("station", "S3", None),
        Change("station", "S99", {"name": "新"}),
        Change("contact", "S99", {}),
    ]
    register.write(changes, action=done, by="a1", kind="edit")
    receipt = register.undo(done, action=mark(), by="a2")
    assert (receipt.events, receipt.kept) == (4, [])
    after = {name: [row[:-2] for row in rows] for name, rows in contents(
        register, leave_out=leave).items()}  # fmt: skip
    assert after == before
    assert register.action(done).undone_by == receipt.action
    assert register.action(receipt.action).undoes == done
    assert verify(register.engine).sound


def test_an_undo_can_be_undone_and_asked_twice(register):
    write(register, station(address="旧"))
    done, undo = mark(), mark()
    register.write([station(address="新")], action=done, by="a1", kind="edit")
    first = register.undo(done, action=undo, by="a1")
    assert register.undo(done, action=undo, by="a1").again
    assert register.get("station", "S1")["address"] == "旧"
    with pytest.raises(Conflict, match="undone already"):
        register.undo(done, action=mark(), by="a1")
    register.undo(first.action, action=mark(), by="a1")
    assert register.get("station", "S1")["address"] == "新"
    assert register.action(done).undone_by is None


def test_an_undo_does_not_take_away_what_was_changed_since(register):
    done = mark()
    register.write([station("A"), station("B")], action=done, by="a1", kind="import")
    write(register, Change("station", "A", {"name": "手改"}))
    with pytest.raises(Conflict, match="changed since") as changed:
        register.undo(done, action=mark(), by="a1")
    assert changed.value.params["current"]["name"] == "手改"
    assert register.get("station", "B") is not None
    receipt = register.undo(done, action=mark(), by="a1", keep_changed=True)
    assert receipt.kept == [("station", "A")]
    assert register.get("station", "A")["name"] == "手改"
    assert register.get("station", "B") is None


def test_there_is_nothing_to_undo_of_what_never_was(register):
    with pytest.raises(InputError, match="no action"):
        register.undo(mark(), action=mark(), by="a1")


# -- reading


def test_rows_are_found_by_their_columns_in_the_order_they_came(register):
    for one in ("B", "A", "C"):
        write(register, station(one, status="active" if one != "C" else "closed"))
    assert [row["id"] for row in register.rows("station", status="active")] == ["B", "A"]
    assert register.rows("station", status="x' OR 1=1") == []


def test_stations_are_searched(register):
    rows = [
        station("1", name="府山 有礼点", adcode="330802", status="active", type="point",
                geometry=(118.86, 28.97)),
        station("2", name="Coffee 100%", adcode="330803", unit_id="U1", unit="妇联",
                geometry=(118.88, 28.97)),
        station("3", name="待定位", address="府山路3号", adcode="330802"),
    ]  # fmt: skip
    write(register, *rows)
    found = lambda **by: [row["id"] for row in register.find_stations(**by)[1]]  # noqa: E731
    assert sorted(found()) == ["1", "2", "3"]
    assert sorted(found(words="府山")) == ["1", "3"]
    assert found(words="COFFEE 妇") == ["2"]
    assert found(words="100%") == ["2"]
    assert found(words="0_") == []
    assert sorted(found(adcode="330802")) == ["1", "3"]
    assert sorted(found(adcode="3308")) == ["1", "2", "3"]
    assert found(status="active", type="point") == ["1"]
    assert found(unit_id="U1") == ["2"]
    assert found(placed=False) == ["3"]
    assert sorted(found(placed=True)) == ["1", "2"]
    assert found(bbox=(118.85, 28.96, 118.87, 28.98)) == ["1"]
    assert found(bbox=(118.86, 28.97, 118.86, 28.97)) == ["1"]
    write(register, Change("station", "1", {"geometry": (118.9, 28.97)}))
    assert found(bbox=(118.85, 28.96, 118.87, 28.98)) == []
    assert found(bbox=(118.89, 28.96, 118.91, 28.98)) == ["1"]
    pages = [register.find_stations(offset=n, limit=1) for n in range(3)]
    assert [total for total, _ in pages] == [3, 3, 3]
    assert len({rows[0]["id"] for _, rows in pages}) == 3


def test_a_snapshot_holds_nothing_private(register):
    fill(register)
    assert set(register.snapshot().frames) == set(models.ENTITIES) - models.PRIVATE
    assert {"contact", "account", "application", "remark"} <= models.PRIVATE
    assert {"photo", "rectification", "draw", "round"} <= models.PRIVATE
    seen = set(register.snapshot().frames["inspection"].columns)
    assert not seen & {"details", "inspector_id", "claimed_at", "clock"}


def equal(one, other) -> bool:
    return one.seq == other.seq and all(
        one.frames[name].equals(other.frames[name])
        and (one.frames[name].dtypes == other.frames[name].dtypes).all()
        for name in one.frames
    )


def test_a_patched_snapshot_is_the_one_read_anew(register):
    fill(register)
    before = register.snapshot()
    assert register.snapshot(before) is before
    write(register, Change("contact", "S0", {"phone": "139"}), Change("station", "S3", None))
    write(register, station("S9", geometry=(1, 2)), Change("station", "S0", {"phone": "1"}))
    after = register.snapshot(before)
    assert equal(after, register.snapshot())
    assert after.changed["station"] == {"S0", "S3", "S9"}
    assert after.frames["unit"] is before.frames["unit"]
    assert list(before.frames["station"]["id"]) != list(after.frames["station"]["id"])


def test_a_snapshot_after_very_many_changes_is_read_anew(register, monkeypatch):
    monkeypatch.setattr(snapshot, "FEW", 5)
    before = register.snapshot()
    write(register, *[station(f"S{n}") for n in range(6)])
    after = register.snapshot(before)
    assert after.changed is None
    assert equal(after, register.snapshot())


def test_a_snapshot_does_not_outlive_a_restore(register, tmp_path):
    fill(register)
    made = backup.backup(register.engine, tmp_path / "saved.sqlite")
    write(register, Change("station", "S0", {"name": "前"}))
    before, state = register.snapshot(), register.state()
    address = register.engine.url.render_as_string(hide_password=False)
    backup.restore(address, made.file, aside=tmp_path / "aside")
    write(register, Change("station", "S3", {"name": "后"}))
    assert register.seq() == before.seq
    assert register.state() != state
    after = register.snapshot(before)
    assert equal(after, register.snapshot())
    assert "前" not in set(after.frames["station"]["name"])


def test_the_state_changes_with_events_alone(register):
    write(register, station())
    state = register.state()
    write(register, station())
    assert register.state() == state
    write(register, station(name="二"))
    assert register.state() != state


# -- all together, and several at once


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_done_the_register_is_what_a_plain_dictionary_would_be(register, seed):
    luck = random.Random(seed)
    model: dict[tuple[str, str], dict] = {}
    states: dict[str, dict] = {}
    seen = register.snapshot()
    for _ in range(40):
        keys = {(luck.choice(["station", "unit", "contact"]), f"r{luck.randrange(6)}")
                for _ in range(luck.randrange(1, 5))}  # fmt: skip
        column = {"station": "address", "unit": "platform_id", "contact": "note"}
        changes = []
        after = {key: dict(row) for key, row in model.items()}
        for entity, one in keys:
            if luck.random() < 0.25:
                changes.append(Change(entity, one, None))
                after.pop((entity, one), None)
            else:
                value = luck.choice([None, "甲", "乙", "丙"])
                changes.append(Change(entity, one, {column[entity]: value}))
                after.setdefault((entity, one), {})[column[entity]] = value
        action = mark()
        register.write(changes, action=action, by="a1", kind="edit")
        states[action], model = model, after
        if luck.random() < 0.3:
            register.undo(action, action=mark(), by="a1")
            model = states[action]
        found = {
            (entity, row["id"]): row[column[entity]]
            for entity in column
            for row in register.rows(entity)
        }
        assert found == {key: next(iter(row.values()), None) for key, row in model.items()}
        if luck.random() < 0.3:
            seen = register.snapshot(seen)
            assert equal(seen, register.snapshot())
    assert verify(register.engine).problems == []


def test_threads_share_one_register(register):
    write(register, Change("unit", "U1", {"headcount": 0}))
    failures: list[Exception] = []

    def add() -> None:
        for _ in range(5):
            while True:
                row = register.get("unit", "U1")
                change = {"headcount": row["headcount"] + 1}
                try:
                    write(register, Change("unit", "U1", change, expects=row["version"]))
                    break
                except Conflict:
                    continue
                except Exception as error:
                    failures.append(error)
                    return

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert register.get("unit", "U1")["headcount"] == 20


def test_a_register_opened_twice_is_one(register):
    other = Register.open(register.engine.url.render_as_string(hide_password=False))
    write(register, station())
    assert other.get("station", "S1")["name"] == "一号站"
    write(other, station(name="改"))
    assert register.snapshot().frames["station"]["name"].tolist() == ["改"]
    other.close()


def test_nothing_is_under_an_id_that_no_database_stores(register):
    assert register.get("remark", "a\0") is None


@pytest.mark.parametrize(
    ("entity", "after"),
    [
        ("contact", {"person": "值班岗"}),
        ("closure", {"station_id": "S9", "from_date": "2026-11-22", "reason": "停电"}),
        ("remark", {"station_id": "S9", "text": "没有雨伞", "state": "open"}),
    ],
)
def test_a_station_that_is_used_does_not_go_with_the_list_that_brought_it(register, entity, after):
    both = [Change("station", own, {"name": own, "type": "point"}, 0) for own in ("S8", "S9")]
    brought = register.write(both, action=mark(), by="cli", kind="import")
    row_id = "S9" if entity == "contact" else "N1"
    register.write([Change(entity, row_id, after, 0)], action=mark(), by="cli", kind="edit")
    with pytest.raises(Conflict):
        register.undo(brought.action, action=mark(), by="cli")
    done = register.undo(brought.action, action=mark(), by="cli", keep_changed=True)
    assert done.kept == [("station", "S9")]
    assert register.get("station", "S8") is None
    assert register.get("station", "S9") is not None


def test_a_list_takes_back_the_contacts_that_it_brought(register):
    brought = register.write(
        [
            Change("station", "S9", {"name": "九", "type": "point"}, 0),
            Change("contact", "S9", {"person": "值班岗"}, 0),
        ],
        action=mark(),
        by="cli",
        kind="import",
    )
    register.undo(brought.action, action=mark(), by="cli")
    assert register.get("station", "S9") is None
    assert register.get("contact", "S9") is None
