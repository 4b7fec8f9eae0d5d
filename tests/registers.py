"""Registers to test with, on SQLite and on a real PostGIS: each test has one of its own."""

import itertools
import uuid
from collections.abc import Callable, Iterator

import pytest
from postgis import Server, postgis_server

from stationmap.store import Register

__all__ = ["address", "mark", "postgis_address", "postgis_server", "register"]

_NUMBERS = itertools.count(1)


def mark() -> str:
    """Return a new id of an action."""
    return str(uuid.uuid4())


@pytest.fixture
def postgis_address(postgis_server: Server) -> Iterator[Callable[[], str]]:
    """Make databases that are empty but for PostGIS; gives their addresses."""
    made = []

    def new() -> str:
        name = f"register_{next(_NUMBERS)}"
        with postgis_server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE spatial")
        made.append(name)
        return postgis_server.url(name)

    yield new
    with postgis_server.connect() as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def address(request, tmp_path) -> str:
    """Address of a register that is not made yet, on one backend after the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'register.sqlite'}"
    return request.getfixturevalue("postgis_address")()


@pytest.fixture
def register(address: str) -> Iterator[Register]:
    """A new register, on one backend after the other."""
    made = Register.open(address)
    yield made
    made.close()
