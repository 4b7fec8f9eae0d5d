"""Several programs at one row at once: no edit is lost, and each loser gets both versions."""

from registers import fill
from test_kills import crew

from stationmap.store import Register
from stationmap.store.verify import verify

WRITERS, TIMES = 6, 12


def test_no_edit_is_lost_and_every_loser_gets_both_versions(register):
    fill(register)
    address = register.engine.url.render_as_string(hide_password=False)
    with crew(address) as writers:
        for number in range(WRITERS):
            writers.start("edit", name=f"w{number}", times=TIMES)
        for _ in range(WRITERS):
            writers.until("over")
        conflicts = writers.told
    marks = register.get("station", "S0")["address"].split()[1:]
    assert sorted(marks) == sorted(f"w{n}-{k}" for n in range(WRITERS) for k in range(TIMES))
    assert sorted(marks) == sorted(writers.done)
    # each writer's own marks stand in the order in which it made them
    for number in range(WRITERS):
        own = [mark for mark in marks if mark.startswith(f"w{number}-")]
        assert own == [f"w{number}-{k}" for k in range(TIMES)]
    assert len(conflicts) >= WRITERS
    for read, told in conflicts:
        assert told["yours"]["address"].startswith(str(read["address"]))
        assert told["base"].get("address") == read["address"]
        assert told["current"]["version"] > read["version"]
        assert told["current"]["address"].startswith(str(read["address"]))
        assert told["current"]["address"] != read["address"]
    by = {event.by for event in register.history("station", "S0", limit=1000)}
    assert by >= {f"w{number}" for number in range(WRITERS)}
    assert verify(register.engine).sound


def test_a_register_is_opened_by_many_at_once_while_it_is_new(address):
    with crew(address) as writers:  # opened first by the crew itself
        for number in range(4):
            writers.start("import", name=f"n{number}", rows=3)
        for _ in range(4):
            writers.until("done")
    register = Register.open(address)
    assert register.seq() == 12
    assert verify(register.engine).sound
    register.close()
