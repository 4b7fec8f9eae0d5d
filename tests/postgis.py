"""A real PostgreSQL server with PostGIS, made for one test session and thrown away."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def postgis() -> Iterator[psycopg.Connection]:
    """Connection to an empty database that has PostGIS; skips where there is no server."""
    binaries = _binaries()
    need(binaries, "PostgreSQL's server is not installed")
    assert binaries is not None
    need(os.geteuid() != 0 or shutil.which("runuser"), "PostgreSQL cannot run as root here")
    # a socket's path must stay short: not below pytest's own folders
    home = Path(tempfile.mkdtemp(prefix="pg"))
    data = home / "data"
    try:
        if os.geteuid() == 0:
            shutil.chown(home, USER)
        _run(binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8")
        options = f"-k {home} -c listen_addresses='' -F"
        _run(binaries / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
        try:
            with psycopg.connect(host=str(home), user=USER, autocommit=True) as connection:
                known = "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'"
                need(connection.execute(known).fetchone() == (1,), "PostGIS is not installed")
                connection.execute("CREATE EXTENSION postgis")
                yield connection
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)
