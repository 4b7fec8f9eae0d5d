"""Whoever is killed at whatever moment: what was acknowledged stands, once, and all of it holds."""

import json
import random
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgis import server
from registers import BACKENDS, mark

from stationmap.store import Change, Register, models
from stationmap.store.verify import verify

WRITERS = Path(__file__).with_name("writers.py")


class Crew:
    """Writers on one register, each in a process of its own."""

    def __init__(self, pipe: subprocess.Popen) -> None:
        self._pipe = pipe
        self.asked: dict[int, list] = {}  # what each is about to write, by process
        self.done: list[str] = []
        self.alive: list[int] = []
        self.told: list[list] = []

    def start(self, kind: str, **order) -> int:
        self._say("start " + json.dumps({"as": kind, **order}))
        pid = self.until("started")
        self.alive.append(pid)
        return pid

    def kill(self, pid: int) -> list | None:
        """Kill a writer; give what it had asked for and was not acknowledged."""
        self._say(f"kill {pid}")
        self.until("gone", pid)
        self.alive.remove(pid)
        return self.asked.pop(pid, None)

    def until(self, word: str, pid: int | None = None) -> int:
        """Take in what writers tell until one of them says a word."""
        while True:
            teller, said, *rest = self._pipe.stdout.readline().decode().rstrip("\n").split(" ", 2)
            assert said != "failed", rest
            if said == "ask":
                self.asked[int(teller)] = json.loads(rest[0])
            elif said == "done":
                self.asked.pop(int(teller), None)
                self.done.append(rest[0])
            elif said == "conflict":
                self.told.append(json.loads(rest[0]))
            if said == word and pid in (None, int(teller)):
                return int(teller)

    def _say(self, line: str) -> None:
        self._pipe.stdin.write(line.encode() + b"\n")
        self._pipe.stdin.flush()


@contextmanager
def crew(address: str):
    command = [sys.executable, str(WRITERS), address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as pipe:
        made = Crew(pipe)
        try:
            yield made
        finally:
            for pid in list(made.alive):
                made.kill(pid)


def counted(register: Register) -> None:
    register.write(
        [Change("unit", "counter", {"name": "计数", "headcount": 0})],
        action=mark(),
        by="a1",
        kind="edit",
    )


def assert_exactly_once(register: Register, acknowledged: list[str], *, kills: int) -> None:
    with register.reading() as connection:
        chosen = sa.select(models.action.c.id).order_by(models.action.c.number)
        actions = connection.execute(chosen).scalars().all()[1:]
        stations = connection.execute(sa.select(models.station.c.name)).scalars().all()
    assert len(set(acknowledged)) == len(acknowledged) > kills / 4
    assert set(acknowledged) <= set(actions)
    assert Counter(stations) == Counter(actions)
    assert register.get("unit", "counter")["headcount"] == len(actions)
    # a killed writer can have written one more than it lived to tell
    assert len(actions) - len(acknowledged) <= kills
    assert verify(register.engine).problems == []


def pause(luck: random.Random, *, most: int) -> None:
    """Let a moment pass that differs each time, in which anything may happen."""
    for _ in range(int(luck.random() ** 2 * most)):
        pass


@pytest.mark.parametrize("kind", BACKENDS)
def test_two_hundred_kills_under_load_lose_nothing_and_double_nothing(kind, request, tmp_path):
    address = (
        f"sqlite:///{tmp_path / 'register.sqlite'}"
        if kind == "sqlite"
        else request.getfixturevalue("postgis_address")()
    )
    register = Register.open(address)
    counted(register)
    register.close()
    luck = random.Random(20261122)
    with crew(address) as writers:
        for _ in range(4):
            writers.start("count")
        for _ in range(200):
            # somebody has just written or is about to: kill anybody, at once or a little later
            writers.until(luck.choice(["ask", "ask", "done"]))
            victim = luck.choice(writers.alive)
            pause(luck, most=40_000)
            left = writers.kill(victim)
            # the next one asks once more what the killed one had asked
            writers.start("count", **({"ask": left} if left else {}))
        for pid in list(writers.alive):
            writers.kill(pid)
        acknowledged = writers.done
    register = Register.open(address)
    assert_exactly_once(register, acknowledged, kills=204)
    register.close()


@pytest.mark.postgis
def test_a_server_that_crashes_under_load_loses_nothing_and_doubles_nothing():
    luck = random.Random(7)
    with server() as postgres:
        with postgres.connect() as connection:
            connection.execute("CREATE DATABASE city")
        address = postgres.url("city")
        register = Register.open(address)
        counted(register)
        register.close()
        with crew(address) as writers:
            for _ in range(4):
                writers.start("count")
            for _ in range(4):
                for _ in range(luck.randrange(20, 60)):
                    writers.until("ask")
                postgres.stop()
                postgres.start()
            for _ in range(40):
                writers.until("done")
            for pid in list(writers.alive):
                writers.kill(pid)
            acknowledged = writers.done
        register = Register.open(address)
        assert_exactly_once(register, acknowledged, kills=4)
        register.close()


@pytest.mark.parametrize("kind", BACKENDS)
def test_an_import_that_is_killed_leaves_all_or_nothing(kind, request, tmp_path):
    address = (
        f"sqlite:///{tmp_path / 'register.sqlite'}"
        if kind == "sqlite"
        else request.getfixturevalue("postgis_address")()
    )
    Register.open(address).close()
    luck = random.Random(3)
    seen = Counter()
    with crew(address) as writers:
        for number in range(24):
            rows = 200 * (number + 1)
            pid = writers.start("import", name=f"第{number}次", rows=rows)
            writers.until("ready")
            if number % 8 == 7:
                writers.until("done")
            else:
                pause(luck, most=3_000_000)
            writers.kill(pid)
            told = f"第{number}次" in writers.done
            register = Register.open(address)
            names = Counter(row["name"] for row in register.rows("station"))
            written = names.get(f"第{number}次", 0)
            assert written in (0, rows)
            assert len(names) <= 1
            assert written or not told
            seen[bool(written)] += 1
            register.close()
    register = Register.open(address)
    assert verify(register.engine).problems == []
    register.close()
    assert min(seen[True], seen[False]) > 0
