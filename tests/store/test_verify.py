"""What is wrong in a register is found and told wherever it is; a sound one is said to be so."""

import pytest
import sqlalchemy as sa
from registers import fill

from stationmap.store import Change, Register, models
from stationmap.store.verify import SHOWN, verify


def test_a_register_that_was_only_written_to_is_sound(register):
    marks = fill(register)
    found = verify(register.engine)
    assert found.sound, [str(p) for p in found.problems]
    assert found.actions == len(marks)
    assert found.events == register.seq()
    assert found.rows == sum(len(register.rows(name)) for name in models.ENTITIES)


def test_an_empty_register_is_sound(register):
    assert verify(register.engine).sound


TAMPERING = {
    "an event's content": (
        "UPDATE event SET after = replace(after, '改名', '改了') WHERE after LIKE '%改名%'",
        "or what it changed is not as it was written",
    ),
    "who did it": ("UPDATE action SET by = 'a2' WHERE number = 3", "action 3"),
    "when it was done": ("UPDATE action SET at = '2020' WHERE number = 2", "action 2"),
    "what it is said to be": ("UPDATE action SET note = '' WHERE number = 1", "action 1"),
    "a hash": ("UPDATE action SET hash = 'f' WHERE number = 4", "action 4"),
    "an event gone": ("DELETE FROM event WHERE seq = 2", "before event 3 events are missing"),
    "an action gone": ("DELETE FROM action WHERE number = 2", "before action 3"),
    "the last action gone": (
        "DELETE FROM action WHERE number = (SELECT max(number) FROM action)",
        "not the one that the register notes as its last",
    ),
    "an event added": (
        "INSERT INTO event VALUES (900, 99, 'unit', 'U9', NULL, '{\"name\":\"x\"}')",
        "event 900 belongs to no action",
    ),
    "an event of no kind": (
        "UPDATE event SET entity = 'ghost' WHERE seq = 1",
        "event 1 is of a kind that this program does not know",
    ),
    "an event that is no JSON": ("UPDATE event SET after = '{' WHERE seq = 1", "event 1 cannot be"),
    "a row changed": ("UPDATE station SET name = 'x' WHERE id = 'S3'", "station S3"),
    "a row emptied": ("UPDATE unit SET headcount = NULL", "unit U1 is not what"),
    "a place moved": (
        """UPDATE station SET geometry = (SELECT geometry FROM station WHERE id = 'S4')
        WHERE id = 'S5'""",
        "(geometry)",
    ),
    "a row removed": ("DELETE FROM contact", "contact S0 is missing"),
    "a row added": (
        "INSERT INTO project (id, name, created, version) VALUES ('P0', 'x', 1, 1)",
        "project P0 is there, though no event makes it",
    ),
    "a version": ("UPDATE account SET version = 1", "account a1 is not what"),
    "where the events stand": ("UPDATE head SET seq = seq + 1", "the register notes as its last"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_what_was_tampered_with_is_found(register, what):
    fill(register)
    statement, said = TAMPERING[what]
    with register.writing() as connection:
        assert connection.execute(sa.text(statement)).rowcount == 1
    found = verify(register.engine)
    assert any(said in str(problem) for problem in found.problems), list(map(str, found.problems))
    assert all(problem.render("zh") != str(problem) for problem in found.problems)


def test_a_place_that_the_tree_of_places_does_not_know_is_found(tmp_path):
    register = Register.open(tmp_path / "register.sqlite")
    fill(register)
    with register.writing() as connection:
        connection.exec_driver_sql(
            "DELETE FROM station_rtree WHERE number = (SELECT created FROM station WHERE id = 'S3')"
        )
        connection.exec_driver_sql("INSERT INTO station_rtree VALUES (999, 1, 1, 1, 1)")
    said = [str(problem) for problem in verify(register.engine).problems]
    register.close()
    assert said == [
        "station S3 is not found at its place",
        "station #999 is not found at its place",
    ]


def test_many_faults_are_counted_and_the_first_told(register):
    rows = [Change("unit", f"U{n:03}", {"name": f"单位{n}"}) for n in range(60)]
    register.write(rows, action="c0ffee00-0000-4000-8000-000000000000", by="cli", kind="import")
    with register.writing() as connection:
        connection.execute(sa.update(models.unit).values(name="x"))
    found = verify(register.engine)
    assert (found.count, len(found.problems)) == (60, SHOWN)
