"""Scenarios in the register: kept, migrated, verified and backed up like all else, and private."""

import sqlalchemy as sa
from registers import contents, mark

from stationmap.store import Change, Register, backend, backup, migrate, models
from stationmap.store.verify import verify

ROW = {
    "name": "方案一",
    "note": "先补主干道",
    "rule_id": "Q-S1",
    "changes": [{"station_id": "new-1", "lon": 118.87, "lat": 28.95, "type": "point"}],
    "adcode": "330802",
    "by_id": "a1",
    "at": "2026-11-22T08:00:00.000+00:00",
    "published": False,
}
ID = "6f0c1c43-1a11-5d0a-9a5c-0d6c5f3d8a11"


def write(register, after, **options):
    change = Change("scenario", ID, after)
    return register.write([change], action=mark(), by="a1", kind="scenario", **options)


def test_a_scenario_is_kept_changed_deleted_and_had_back(register):
    write(register, ROW)
    write(register, {"published": True, "adopted": {"new-1": "S-1"}})
    row = register.get("scenario", ID)
    assert {name: row[name] for name in ROW} == ROW | {"published": True}
    assert row["adopted"] == {"new-1": "S-1"}
    gone = write(register, None)
    assert register.get("scenario", ID) is None
    register.undo(gone.action, action=mark(), by="a1")
    assert register.get("scenario", ID)["changes"] == ROW["changes"]
    assert verify(register.engine).sound


def test_a_scenario_changes_nothing_that_the_map_shows(register):
    write(register, ROW)
    held, state = register.snapshot(), register.state()
    write(register, {"name": "方案二"})
    assert register.snapshot(held) is held
    assert register.state() == state
    assert "scenario" not in held.frames


def test_verify_tells_a_scenario_that_is_not_what_its_events_make(register):
    write(register, ROW)
    with register.writing() as connection:
        connection.execute(sa.update(models.scenario).values(published=True))
    (problem,) = verify(register.engine).problems
    assert "scenario" in str(problem)
    assert "published" in str(problem)


def test_a_backup_holds_the_scenarios(register, tmp_path):
    write(register, ROW)
    held = contents(register)["scenario"]
    made = backup.backup(register.engine, tmp_path / "out" / "saved.sqlite")
    write(register, None)
    there = register.engine.url.render_as_string(hide_password=False)
    backup.restore(there, made.file, aside=tmp_path / "aside")
    again = Register.open(there)
    assert contents(again)["scenario"] == held
    assert again.get("scenario", ID)["name"] == ROW["name"]
    assert verify(again.engine).sound
    again.close()


def test_a_register_of_before_gets_the_table_and_keeps_what_it_held(address):
    engine = backend.engine_of(address)
    migrate.up(engine, to="0003")
    older = Register(engine)
    change = Change("station", "S1", {"name": "站", "geometry": (118.8, 28.9)})
    older.write([change], action=mark(), by="cli", kind="edit")
    assert not sa.inspect(engine).has_table("scenario")
    engine.dispose()
    register = Register.open(address)
    assert register.get("station", "S1")["name"] == "站"
    assert register.rows("scenario") == []
    write(register, ROW)
    assert verify(register.engine).sound
    register.close()
