"""Two stations that become one in the register, and where their ids lead."""

import uuid

import pytest
import small_city

from stationmap.city import station_merge
from stationmap.errors import Conflict, InputError
from stationmap.store import Change, Register
from stationmap.store.verify import verify


@pytest.fixture
def register(tmp_path):
    made = Register.open(tmp_path / "register.sqlite")
    rows = [
        Change("station", name, {"name": name, "hours": "9:00-17:00", "hours_source": name})
        for name in ("A", "B", "C", "D")
    ]
    write(made, *rows)
    yield made
    made.close()


def write(register, *changes, kind="edit", note=""):
    return register.write(list(changes), action=str(uuid.uuid4()), by="cli", kind=kind, note=note)


def merge(register, keep, drop, *of_other):
    rows = [register.get("station", name) for name in (keep, drop)]
    changes = station_merge.changes(register, keep=rows[0], drop=rows[1], of_other=set(of_other))
    return write(register, *changes, kind=station_merge.MERGE, note=keep)


def test_columns_that_belong_together_are_taken_together(register):
    write(register, Change("station", "B", {"geometry": (118.9, 28.9), "adcode": "330803"}))
    merge(register, "A", "B", "hours", "geometry")
    row = register.get("station", "A")
    assert (row["hours_source"], row["geometry"], row["adcode"]) == ("B", (118.9, 28.9), "330803")
    assert row["name"] == "A"


def test_everything_that_refers_to_the_merged_one_goes_along(register):
    write(
        register,
        Change("project", "p", {"station_id": "B"}),
        Change("activity", "a", {"station_id": "B"}),
        Change("closure", "c", {"station_id": "B"}),
        Change("restock", "r", {"station_id": "B"}),
        Change("application", "ap", {"station_id": "B"}),
        Change("remark", "re", {"station_id": "B"}),
        Change("exemption", "e", {"subject_id": "B"}),
        Change("station", "C", {"parent_id": "B"}),
    )
    assert station_merge.followers(register, "B") == 8
    merge(register, "A", "B")
    assert station_merge.followers(register, "B") == 0
    assert station_merge.followers(register, "A") == 8


def test_a_station_below_its_double_is_not_its_own_superior(register):
    write(register, Change("station", "A", {"parent_id": "B"}))
    merge(register, "A", "B")
    assert register.get("station", "A")["parent_id"] is None


def test_a_contact_is_kept_or_taken_never_lost_unasked(register):
    write(register, Change("contact", "B", {"person": "乙"}))
    merge(register, "A", "B")
    assert register.get("contact", "A")["person"] == "乙"
    write(register, Change("contact", "C", {"person": "丙"}))
    merge(register, "A", "C")
    assert register.get("contact", "A")["person"] == "乙"
    write(register, Change("contact", "D", {"person": "丁"}))
    merge(register, "A", "D", "contact")
    assert register.get("contact", "A")["person"] == "丁"
    assert register.rows("contact", person="丙") == []


def test_merges_of_merges_lead_to_the_last_one(register):
    merge(register, "B", "A")
    merge(register, "C", "B")
    last = merge(register, "D", "C")
    assert [station_merge.merged_into(register, one) for one in "ABCD"] == ["D", "D", "D", None]
    register.undo(last.action, action=str(uuid.uuid4()), by="cli")
    assert [station_merge.merged_into(register, one) for one in "AB"] == ["C", "C"]
    assert station_merge.merged_into(register, "C") is None


def test_what_was_taken_out_otherwise_leads_nowhere(register):
    write(register, Change("station", "A", None))
    assert station_merge.merged_into(register, "A") is None
    assert station_merge.merged_into(register, "NONE") is None


def test_a_station_is_not_merged_with_itself(register):
    row = register.get("station", "A")
    with pytest.raises(InputError, match="itself"):
        station_merge.changes(register, keep=row, drop=row, of_other=set())


def test_a_list_that_still_has_both_does_not_bring_the_merged_one_back(tmp_path):
    city = small_city.make(tmp_path)
    merge(city.register, "A0", "A1")
    report = city.import_file("stations", tmp_path / "list.csv", datum="wgs84")
    assert [line.id for line in report.diff.removed_by_hand] == ["A1"]
    assert city.register.get("station", "A1") is None
    assert station_merge.merged_into(city.register, "A1") == "A0"
    assert len(city.stations()) == 5


def test_what_was_kept_of_two_does_not_go_with_the_list_that_brought_it(register):
    rows = [Change("station", name, {"name": name}, expects=0) for name in ("L1", "L2", "L3")]
    brought = write(register, *rows, kind="import").action
    one = merge(register, "L1", "L2")  # nothing of L1 is different after it
    assert {e.id for e in register.changed_since(brought)} == {"L1", "L2"}
    with pytest.raises(Conflict):
        register.undo(brought, action=str(uuid.uuid4()), by="cli")
    receipt = register.undo(brought, action=str(uuid.uuid4()), by="cli", keep_changed=True)
    assert set(receipt.kept) == {("station", "L1"), ("station", "L2")}
    assert register.get("station", "L1") is not None
    assert register.get("station", "L3") is None
    # and a merge that was taken back holds nothing
    register.undo(receipt.action, action=str(uuid.uuid4()), by="cli")
    register.undo(one.action, action=str(uuid.uuid4()), by="cli")
    assert "L1" not in {e.id for e in register.changed_since(brought)}


def test_an_undo_over_what_was_changed_puts_everything_back(register):
    rows = [Change("station", name, {"name": name}, expects=0) for name in ("L1", "L2", "L3")]
    changed = Change("station", "A", {"hours": "1"}), Change("station", "B", {"hours": "1"})
    brought = write(register, *rows, *changed, kind="import").action
    write(register, Change("station", "L3", {"name": "x"}), Change("station", "A", {"hours": "2"}))
    write(register, Change("station", "B", None))
    merge(register, "L1", "L2")
    receipt = register.undo(brought, action=str(uuid.uuid4()), by="cli", over=True)
    assert [register.get("station", name) for name in ("L1", "L2", "L3")] == [None] * 3
    assert register.get("station", "A")["hours"] == "9:00-17:00"
    assert receipt.kept == [("station", "B")]


def test_an_undo_of_everything_leaves_nothing_with_a_station_that_is_gone(register):
    lists = [Change("station", name, {"name": name}, expects=0) for name in ("L1", "L2", "L3")]
    brought = write(register, *lists, kind="import").action
    write(
        register,
        Change("project", "of-L2", {"station_id": "L2"}),
        Change("project", "of-A", {"station_id": "A"}),
        Change("contact", "A", {"person": "甲"}),
        Change("station", "B", {"parent_id": "A"}),
    )
    merge(register, "L1", "L2")
    merge(register, "L3", "A")
    merge(register, "L1", "L3")  # so that A is L1 now, by way of L3
    assert register.get("project", "of-A")["station_id"] == "L1"
    receipt = register.undo(brought, action=str(uuid.uuid4()), by="cli", over=True)
    assert [register.get("station", name) for name in ("L1", "L2", "L3")] == [None] * 3
    # what others had brought is as if it had never been merged
    assert register.get("station", "A")["name"] == "A"
    assert register.get("project", "of-A")["station_id"] == "A"
    assert register.get("station", "B")["parent_id"] == "A"
    assert {row["id"]: row["person"] for row in register.rows("contact")} == {"A": "甲"}
    # and what belongs to a station of the list waits for the list to come again
    assert register.get("project", "of-L2")["station_id"] == "L2"
    assert verify(register.engine).sound
    register.undo(receipt.action, action=str(uuid.uuid4()), by="cli")
    assert register.get("project", "of-A")["station_id"] == "L1"
    assert register.get("station", "A") is None
