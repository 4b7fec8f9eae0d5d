"""Open-data files that were written once, kept for a while, and sent from there."""

import shutil
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import BoundedSemaphore, Lock

from flask import Response, abort, current_app
from flask.sansio.blueprints import BlueprintSetupState

MOST_FILES = 24
MOST_BYTES = 2 * 1024**3
# the one that is written, and those that wait for it: the map itself needs threads too
_PLACES = 3


class KeptFiles:
    """A folder of temporary files that goes with the program; the longest unasked go first.

    Parameters
    ----------
    most_files, most_bytes : int
        What it holds at most; the file that was written last stays whatever its size.
    places : int
        How many files may be written or waited for at once.
    """

    def __init__(
        self,
        *,
        most_files: int = MOST_FILES,
        most_bytes: int = MOST_BYTES,
        places: int = _PLACES,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="stationmap-open-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._most_files, self._most_bytes = most_files, most_bytes
        self._kept: OrderedDict[Hashable, Path] = OrderedDict()
        self._number = 0
        self._lock, self._writing = Lock(), Lock()
        self._places = BoundedSemaphore(places)

    def send(
        self,
        key: Hashable,
        write: Callable[[Path], None],
        *,
        ending: str,
        send: Callable[[Path], Response],
    ) -> Response:
        """Send the file of a key; it is written first where it is not there.

        Parameters
        ----------
        key : hashable
            All that the file hangs on.
        write : callable
            Takes the path to write to.
        ending : str
            Of the file, without a dot.
        send : callable
            Takes the path, and opens or reads it before it returns.

        Raises
        ------
        ServiceUnavailable
            As many files as may are being written or waited for.
        """
        found = self._sent(key, send)
        if found is not None:
            return found
        if not self._places.acquire(blocking=False):
            abort(503)
        try:
            with self._writing:
                # whoever was before may have wanted the same
                found = self._sent(key, send)
                if found is not None:
                    return found
                self._number += 1
                path = self._folder / f"{self._number}.{ending}"
                try:
                    write(path)
                except BaseException:
                    path.unlink(missing_ok=True)
                    raise
                return self._take(key, path, send)
        finally:
            self._places.release()

    def _sent(self, key: Hashable, send: Callable[[Path], Response]) -> Response | None:
        with self._lock:
            path = self._kept.get(key)
            if path is None:
                return None
            self._kept.move_to_end(key)
            return send(path)

    def _take(self, key: Hashable, path: Path, send: Callable[[Path], Response]) -> Response:
        with self._lock:
            self._kept[key] = path
            size = sum(one.stat().st_size for one in self._kept.values())
            while len(self._kept) > 1 and (
                len(self._kept) > self._most_files or size > self._most_bytes
            ):
                _, oldest = self._kept.popitem(last=False)
                size -= oldest.stat().st_size
                # whoever is being sent it holds it open and gets it whole
                oldest.unlink()
            return send(path)


def kept_files() -> KeptFiles:
    """Return the files that this application keeps."""
    found: KeptFiles = current_app.extensions["open_kept"]
    return found


def keep_files(state: BlueprintSetupState) -> None:
    """Give an application its own files; for `Blueprint.record`."""
    state.app.extensions.setdefault("open_kept", KeptFiles())
