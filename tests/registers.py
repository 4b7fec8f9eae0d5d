"""Registers to test with, on SQLite and on a real PostGIS: each test has one of its own."""

import datetime as dt
import itertools
import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from postgis import Server, postgis_server

from stationmap.store import Change, Register, models

__all__ = [
    "address",
    "contents",
    "fill",
    "mark",
    "postgis_address",
    "postgis_database",
    "postgis_server",
    "postgis_template",
    "register",
]

_NUMBERS = itertools.count(1)


def mark() -> str:
    """Return a new id of an action."""
    return str(uuid.uuid4())


@pytest.fixture
def postgis_database(postgis_server: Server) -> Iterator[Callable[[str], str]]:
    """Make databases after a template; gives their addresses."""
    made = []

    def new(template: str) -> str:
        name = f"register_{next(_NUMBERS)}"
        with postgis_server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return postgis_server.url(name)

    yield new
    with postgis_server.connect() as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgis_address(postgis_database) -> Callable[[], str]:
    """Make databases that are empty but for PostGIS; gives their addresses."""
    return lambda: postgis_database("spatial")


@pytest.fixture(scope="session")
def postgis_template(postgis_server: Server) -> str:
    """Name of a database with an empty register, which is quicker copied than made."""
    with postgis_server.connect() as connection:
        connection.execute("CREATE DATABASE ready TEMPLATE spatial")
    Register.open(postgis_server.url("ready")).close()
    return "ready"


BACKENDS = ["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)]


@pytest.fixture(params=BACKENDS)
def address(request, tmp_path) -> str:
    """Address of a register that is not made yet, on one backend after the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'register.sqlite'}"
    return request.getfixturevalue("postgis_address")()


@pytest.fixture(params=BACKENDS)
def register(request, tmp_path) -> Iterator[Register]:
    """A new register, on one backend after the other."""
    if request.param == "sqlite":
        made = Register.open(tmp_path / "register.sqlite")
    else:
        template = request.getfixturevalue("postgis_template")
        made = Register.open(request.getfixturevalue("postgis_database")(template))
    yield made
    made.close()


def fill(register: Register, *, stations: int = 6) -> list[str]:
    """Write something of everything, changed, removed and undone; gives the actions' ids."""
    marks = [mark() for _ in range(7)]
    places = {f"S{n}": (118.86 + n / 1000, 28.97) for n in range(stations)}
    rows = [
        Change(
            "station", one, {"name": f"站点 {one}", "geometry": at, "demonstration": one == "S1"}
        )
        for one, at in places.items()
    ]
    rows += [
        Change("station", "无处", {"name": "待定位", "source": "一表.xlsx", "source_lon": 118.9}),
        Change("contact", "S0", {"person": "张三", "phone": "13800000000"}),
        Change("unit", "U1", {"name": "市妇联", "headcount": 12.5, "civilised": True}),
        Change("project", "P1", {"station_id": "S1", "name": "义诊"}),
        Change("activity", "A1", {"station_id": "S1", "date": dt.date(2026, 5, 1), "hours": 2}),
        Change("count", "C1", {"subject": "330802", "period": "2026Q3", "value": 0.1 + 0.2}),
        Change("exemption", "E1", {"rule_id": "Q-S1", "from_m": 0, "to_m": 12.3}),
        Change("import_source", "stations:一表.xlsx", {"record": {"read": 3, "rows": [1, None]}}),
    ]
    register.write(rows, action=marks[0], by="cli", kind="import", note="第一批")
    steps = [
        [Change("station", "S0", {"name": "改名", "phone": "0570-1234567"})],
        [Change("station", "S1", {"geometry": (118.87, 28.98)}), Change("station", "S2", None)],
        [Change("closure", "K1", {"station_id": "S1", "from_date": "2026-11-22", "to_date": None})],
        [Change("account", "a1", {"name": "admin", "role": "city", "adcode": "", "active": True})],
    ]
    for number, changes in enumerate(steps, start=1):
        register.write(changes, action=marks[number], by="a1", kind="edit")
    register.undo(marks[2], action=marks[5], by="a1")
    register.undo(marks[5], action=marks[6], by="a1")
    with register.writing() as connection:
        connection.execute(
            sa.insert(models.secret).values(account_id="a1", password_hash="x", changed_at="t")
        )
        connection.execute(sa.insert(models.setting).values(name="key", value="k"))
        connection.execute(sa.insert(models.audit).values(at="t", action="login", account_id="a1"))
        connection.execute(
            sa.insert(models.session).values(
                token_sha256="h", id="s", account_id="a1", created_at="t", seen_at="t",
                expires_at="t",
            )
        )  # fmt: skip
    return marks


def contents(register: Register, *, leave_out: tuple[str, ...] = ()) -> dict[str, list[tuple]]:
    """Every row of every table, to be compared."""
    with register.reading() as connection:
        return {
            name: sorted(map(tuple, connection.execute(sa.select(table)).all()), key=repr)
            for name, table in models.metadata.tables.items()
            if name not in leave_out
        }
