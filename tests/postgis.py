"""A real PostgreSQL server with PostGIS, made for one test session and thrown away."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from conftest import need

USER = "postgres"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    if not found and beside:
        found = [Path(beside)]
    return found[-1].parent if found else None


def _run(*command: str | Path) -> None:
    """Run as a user that PostgreSQL accepts: it refuses root."""
    if os.geteuid() == 0:
        command = ("runuser", "-u", USER, "--", *command)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


class Server:
    """A server of our own on a socket; it can be stopped at once and started again."""

    def __init__(self, binaries: Path, home: Path) -> None:
        self._binaries, self.home = binaries, home

    def make(self) -> None:
        """Make its data folder and start it."""
        if os.geteuid() == 0:
            shutil.chown(self.home, USER)
        data = self.home / "data"
        _run(
            *(self._binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync"),
            *("-E", "UTF8"),
        )
        self.start()

    def start(self) -> None:
        """Start it; what it was busy with when it was stopped is as if it had not begun."""
        options = f"-k {self.home} -c listen_addresses='' -F"
        self._control("-w", "-l", self.home / "log", "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once, whoever is connected: as if it had crashed."""
        self._control("-m", "immediate", "stop")

    def connect(self, database: str = USER) -> psycopg.Connection:
        """Connect to one of its databases; every statement is a transaction."""
        return psycopg.connect(host=str(self.home), user=USER, dbname=database, autocommit=True)

    def url(self, database: str) -> str:
        """Address of one of its databases, as it stands in a city's settings."""
        return f"postgresql://{USER}@/{database}?host={self.home}"

    def _control(self, *arguments: str | Path) -> None:
        _run(self._binaries / "pg_ctl", "-D", self.home / "data", *arguments)


@contextmanager
def server() -> Iterator[Server]:
    """Start a server that knows PostGIS; skips where there is none."""
    binaries = _binaries()
    need(binaries, "PostgreSQL's server is not installed")
    assert binaries is not None
    need(os.geteuid() != 0 or shutil.which("runuser"), "PostgreSQL cannot run as root here")
    # a socket's path must stay short: not below pytest's own folders
    home = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        made = Server(binaries, home)
        made.make()
        try:
            with made.connect() as connection:
                known = "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'"
                need(connection.execute(known).fetchone() == (1,), "PostGIS is not installed")
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[Server]:
    """A server whose database ``spatial`` is a template with PostGIS; skips where there is none."""
    with server() as made:
        with made.connect() as connection:
            connection.execute("CREATE DATABASE spatial")
        with made.connect("spatial") as connection:
            connection.execute("CREATE EXTENSION postgis")
        yield made


@pytest.fixture(scope="session")
def postgis() -> Iterator[psycopg.Connection]:
    """Connection to an empty database that has PostGIS; skips where there is no server."""
    with server() as made, made.connect() as connection:
        connection.execute("CREATE EXTENSION postgis")
        yield connection
