"""Photos beside the register: verified with it, put away with its backups, and brought back.

Beside a backup ``FOLDER/name.sqlite`` the photos stand in ``FOLDER/photos``, each once whichever
backups name it.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from stationmap.city.photos import Photos
from stationmap.errors import RegisterError
from stationmap.store import backend, models
from stationmap.store.verify import Verification


def named(engine: Engine) -> dict[str, str]:
    """Return the photos that a register names: id → digest of its picture."""
    table = models.photo
    with backend.reading(engine) as connection:
        rows = connection.execute(sa.select(table.c.id, table.c.sha256))
        return {row.id: row.sha256 for row in rows}


def named_in(file: Path) -> dict[str, str]:
    """Return the photos that a backup names; none in one from before there were photos."""
    try:
        with closing(
            sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as raw:
            return dict(raw.execute("SELECT id, sha256 FROM photo"))
    except sqlite3.Error:
        # what is wrong with the file itself is told by whoever verifies it
        return {}


def beside(file: Path) -> Photos:
    """Return the photos that belong to the backups in a file's folder."""
    return Photos(file.parent)


def look_at(photos: Photos, names: Mapping[str, str], found: Verification) -> None:
    """Add to a verification what does not hold of the pictures that are named."""
    for problem in photos.problems(names):
        found.add(problem.template, **problem.params)


def put_away(city: Path, names: Mapping[str, str], *, file: Path) -> int:
    """Copy the city's pictures to stand beside a backup; return how many were not there yet.

    Raises
    ------
    RegisterError
        There is no room for them.
    """
    return _copied(Photos(city), names, to=beside(file))


def bring_back(city: Path, *, file: Path) -> int:
    """Copy the pictures that a backup names back into a city; return how many it did not have.

    Raises
    ------
    RegisterError
        There is no room for them.
    """
    return _copied(beside(file), named_in(file), to=Photos(city))


def _copied(photos: Photos, names: Mapping[str, str], *, to: Photos) -> int:
    try:
        return photos.copy(set(names.values()), to=to)
    except RegisterError as error:
        raise RegisterError(
            "the photos could not be copied: the disk is full or cannot be written; the register "
            "is as it was: make room, then try again",
            why=error.params["why"],
        ) from error
