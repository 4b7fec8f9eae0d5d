"""Orders: states, deadlines and questions to the register, apart from any page."""

import datetime as dt
import itertools
import uuid

import pytest

from stationmap.errors import InputError
from stationmap.inspections import orders
from stationmap.inspections.checklist import LETTERS
from stationmap.store import Change
from stationmap.store import orders as stored
from stationmap.store.orders import Asked

TODAY = dt.date(2026, 3, 5)
AT = "2026-03-05T04:00:00.000+00:00"


def order(state="open", due="2026-03-20", **more):
    return {"state": state, "due": due, "lines": ["a", "b"], "created": 7, **more}


def test_an_order_is_decided_by_all_of_its_lines():
    for found in itertools.product((*LETTERS, None), repeat=3):
        answers = {
            key: state
            for key, state in zip(("a", "b", "other"), found, strict=True)
            if state is not None
        }
        own = found[:2]
        if "not_met" in own:
            want = orders.RETURNED
        elif set(own) <= {"met", "not_applicable"}:
            want = orders.CLOSED
        else:
            want = None
        assert orders.decide(["a", "b"], answers) == want


def test_an_order_of_no_lines_is_never_closed():
    assert orders.decide([], {"a": "met"}) is None


@pytest.mark.parametrize(
    ("state", "due", "days"),
    [
        ("open", "2026-03-05", 0),
        ("open", "2026-03-04", 1),
        ("returned", "2026-02-28", 5),
        ("answered", "2026-02-01", 0),
        ("closed", "2026-02-01", 0),
        ("open", "2026-03-06", 0),
    ],
)
def test_an_order_is_overdue_from_the_day_after_its_deadline(state, due, days):
    assert orders.overdue(order(state, due), TODAY) == days


def test_no_step_of_a_person_closes_an_order():
    for state in orders.STATES:
        row = order(state)
        for step in (
            lambda row: orders.answered(row, answer="x", at=AT),
            lambda row: orders.returned(row, reason="x", due="2026-03-30", today=TODAY, at=AT),
            lambda row: orders.extended(row, reason="x", due="2026-03-30", today=TODAY, at=AT),
        ):
            try:
                after = {**row, **step(row)}
            except InputError:
                continue
            assert state != orders.CLOSED
            assert after["state"] != orders.CLOSED


def test_only_an_answered_order_can_be_returned():
    for state in orders.STATES:
        assert orders.may(order(state), orders.RETURN, role="county") == (state == "answered")
        assert not orders.may(order(state), orders.RETURN, role="unit")


@pytest.mark.parametrize("due", ["", "x", "2026-02-30", "2026-03-04", "2027-03-07", "9999-12-31"])
def test_a_deadline_that_is_none_is_refused(due):
    with pytest.raises(InputError):
        orders.deadline(due, today=TODAY)


def test_more_time_is_a_later_day():
    with pytest.raises(InputError):
        orders.extended(order(), reason="x", due="2026-03-20", today=TODAY, at=AT)
    after = orders.extended(order(), reason="x", due="2026-03-21", today=TODAY, at=AT)
    assert after["due"] == "2026-03-21"
    assert "state" not in after


# -- in the register -------------------------------------------------------------------------


def entered(into):
    rows = [
        ("A", "330802", "U1", "open", "2026-03-01"),
        ("B", "330802", "U1", "returned", "2026-02-01"),
        ("C", "330803001", "U2", "answered", "2026-01-01"),
        ("D", "330803", "U2", "closed", "2026-01-01"),
        ("E", None, None, "open", "2026-04-01"),
    ]
    changes = [
        Change(
            "rectification",
            own,
            {
                "adcode": adcode,
                "unit_id": unit,
                "unit": unit and f"单位{unit}",
                "state": state,
                "due": due,
                "lines": ["x"],
                "issued_at": f"2026-01-0{n}T00:00:00.000+00:00",
                "decided_at": AT if state == "closed" else None,
            },
        )
        for n, (own, adcode, unit, state, due) in enumerate(rows, start=1)
    ]
    into.write(changes, action=str(uuid.uuid4()), by="cli", kind="inspect")


def ids(found):
    return [row["id"] for row in found[1]]


def test_lists_are_filtered_and_paged_by_the_database(register):
    entered(register)
    assert ids(stored.find(register, Asked())) == ["B", "A", "E", "C", "D"]
    assert ids(stored.find(register, Asked(adcode="330803"))) == ["C", "D"]
    assert ids(stored.find(register, Asked(unit_id="U1"))) == ["B", "A"]
    assert ids(stored.find(register, Asked(states=("open",)))) == ["A", "E"]
    assert ids(stored.find(register, Asked(late_on="2026-03-01"))) == ["B"]
    assert ids(stored.find(register, Asked(late_on="2026-03-02"))) == ["B", "A"]
    assert stored.find(register, Asked(), offset=1, limit=2)[0] == 5
    assert ids(stored.find(register, Asked(), offset=1, limit=2)) == ["A", "E"]
    period = Asked(since="2026-01-02T00:00:00.000+00:00", until="2026-01-04T00:00:00.000+00:00")
    assert ids(stored.find(register, period)) == ["B", "C"]
    assert [row["id"] for row in stored.each(register, Asked(), at_once=2)] == list("ABCDE")


def test_counts_by_county_and_unit_sum_to_the_lists(register):
    entered(register)
    rows = stored.standing(register, Asked(), today="2026-03-05")
    found = {(row["county"], row["unit_id"]): row for row in rows}
    assert found.keys() == {("330802", "U1"), ("330803", "U2"), ("", None)}
    west = found["330802", "U1"]
    assert (west["open"], west["returned"], west["late"]) == (1, 1, 2)
    assert (west["oldest"], west["unit"]) == ("2026-02-01", "单位U1")
    assert found["330803", "U2"]["late"] == 0
    assert sum(row[state] for row in rows for state in orders.STATES) == 5
