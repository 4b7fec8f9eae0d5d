"""Whether a register on SQLite was written to, told at hardly any cost."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import sqlalchemy as sa

Mark = tuple[int, int, int, int]


class Watch:
    """A connection that only looks whether others have committed; safe to share between threads.

    Parameters
    ----------
    url : sqlalchemy.URL
        The register's address.
    """

    def __init__(self, url: sa.URL) -> None:
        self._path = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._last: tuple[Mark | None, str] = (None, "")

    def mark(self) -> Mark | None:
        """Return what stays as long as nobody commits; None where that cannot be told.

        A file put in the place of the register, or written to by other means, has another mark.
        """
        if self._path is None:
            return None
        try:
            found = self._path.stat()
            with self._lock:
                connection, file = self._connection, (found.st_dev, found.st_ino)
                if connection is None or self._file != file:
                    connection = self._open(self._path, file)
                version = connection.execute("PRAGMA data_version").fetchone()[0]
        except (OSError, sqlite3.Error):
            self.close()
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns, version

    def kept(self, read: Callable[[], str]) -> str:
        """Return what `read` returned, read again only when somebody may have committed."""
        # taken first: what is committed while we read has another mark, and is read next time
        mark = self.mark()
        if mark is None or mark != self._last[0]:
            found = read()
            self._last = (mark, found)
            return found
        return self._last[1]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self, path: Path, file: tuple[int, int]) -> sqlite3.Connection:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._file = None, file
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=0.0,
            isolation_level=None,
            check_same_thread=False,
        )
        return self._connection
