"""Photos of a city: received in pieces, made anew, kept under the digest of what they show.

``CITY/photos/ab/ab12….jpg`` is a picture, ``ab12….thumb.jpg`` its small one; both hold nothing but
pixels. ``CITY/photos/incoming/<account>/<id>/`` is one on its way: the bytes as the phone has them,
and a record of what they are to be. A picture is on the disk, synced, before its record says so;
the record stays until a row of the register names the picture.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from stationmap.city import pictures
from stationmap.city.pictures import UnreadablePhotoError
from stationmap.city.versions import replace_file
from stationmap.city.visits import Picture
from stationmap.errors import Conflict, InputError, RegisterError

FOLDER = "photos"
MAX_BYTES = 25_000_000
"""Of a photo as the phone has it."""
MAX_PIECE = 1_000_000
MAX_WAITING = 500
"""Photos of one account that no inspection names yet."""
MAX_UNDERWAY = 1_000_000_000
"""Bytes of those of them that are not here as a whole."""
KEPT_S = 30 * 86_400
"""Seconds for which a photo that nothing names is kept."""

THUMB = ".thumb"
_INCOMING, _DATA, _RECORD, _LOCK = "incoming", "data", "record.json", "lock"
_SHA256 = re.compile("[0-9a-f]{64}")
_ACCOUNT = re.compile(r"[\w.-]{1,64}")


class TooLargeError(InputError):
    """A photo has more bytes than are taken."""


@dataclass(frozen=True)
class Incoming:
    """A photo on its way.

    Attributes
    ----------
    id : str
        The UUID that the phone gave it.
    size : int
        Bytes that the phone has.
    sha256 : str
        Of these bytes.
    taken_at : str or None
        When it was taken, as the phone says.
    offset : int
        Bytes that have arrived.
    picture : Picture or None
        What it became once all of it was here.
    """

    id: str
    size: int
    sha256: str
    taken_at: str | None
    offset: int = 0
    picture: Picture | None = None


class Photos:
    """The photos of the city in a folder; any number of programs may use them at once."""

    def __init__(self, city: Path) -> None:
        self._folder = city / FOLDER

    # -- what is kept ------------------------------------------------------------------------

    def path(self, sha256: str, *, thumb: bool = False) -> Path:
        """Return where a picture stands, whether it is there or not."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(sha256)
        return self._folder / sha256[:2] / f"{sha256}{THUMB if thumb else ''}.jpg"

    def keep(self, data: bytes, *, taken_at: str | None = None) -> Picture:
        """Make a picture of a file's bytes anew and keep it, on the disk for good.

        Raises
        ------
        UnreadablePhotoError
            It is no photo that can be read.
        RegisterError
            There is no room for it.
        """
        made = pictures.remade(data)
        sha256 = hashlib.sha256(made.full).hexdigest()
        with _room(), self._alone():
            self._store(made, sha256)
        return Picture(sha256, len(made.full), made.width, made.height, taken_at)

    def _store(self, made: pictures.Made, sha256: str) -> None:
        for path, data in (
            (self.path(sha256, thumb=True), made.thumb),
            (self.path(sha256), made.full),
        ):
            if _has(path, data):
                os.utime(path)  # not to be swept as an old one
                continue
            _make(path.parent)
            replace_file(path, data)

    def take_in(
        self, data: bytes, *, photo_id: str, by: str, taken_at: str | None = None
    ) -> Incoming:
        """Take a whole photo at once, as `begin` and `append` do piece by piece."""
        sha256 = hashlib.sha256(data).hexdigest()
        found = self.begin(photo_id, by=by, size=len(data), sha256=sha256, taken_at=taken_at)
        while found.picture is None:
            piece = data[found.offset : found.offset + MAX_PIECE]
            found = self.append(photo_id, piece, by=by, offset=found.offset)
        return found

    # -- what is on its way ------------------------------------------------------------------

    def begin(
        self, photo_id: str, *, by: str, size: int, sha256: str, taken_at: str | None = None
    ) -> Incoming:
        """Say what photo is to come; said again, answers how much of it is here.

        Parameters
        ----------
        photo_id : str
            A UUID, the phone's.
        by : str
            Id of the account: nobody else sees or continues it.
        size : int
            Bytes.
        sha256 : str
            Of the bytes, hexadecimal.
        taken_at : str, optional
            An instant, as the phone says.

        Raises
        ------
        Conflict
            Another photo was begun under this id.
        TooLargeError
        InputError
            The digest or the size is none, or too many photos wait.
        RegisterError
            There is no room for it.
        """
        if size > MAX_BYTES:
            raise TooLargeError(
                "This photo has {size} MB; up to {limit} MB can be taken. It stays on the device: "
                "take it anew with a smaller picture size.",
                size=-(-size // 1_000_000),
                limit=MAX_BYTES // 1_000_000,
            )
        if size <= 0 or not _SHA256.fullmatch(sha256):
            raise InputError(
                "This photo was announced without its size or its digest; it stays on the device. "
                "Load the page anew and send it again."
            )
        asked = Incoming(_uuid(photo_id), size, sha256, taken_at)
        folder = self._place(photo_id, by)
        found = self.incoming(photo_id, by=by)
        if found is None:
            waiting, underway = self._waiting(by)
            if waiting >= MAX_WAITING or underway + size > MAX_UNDERWAY:
                raise InputError(
                    "{count} photos of yours wait for their inspections already; submit these "
                    "first. This one stays on the device.",
                    count=waiting,
                )
            with _room():
                _make(folder)
                os.chmod(self._folder, 0o700)  # noqa: PTH101 - not for everybody's eyes
                with _held(folder):
                    if not (folder / _RECORD).exists():
                        _write(folder, asked)
            found = self.incoming(photo_id, by=by) or asked
        if (found.size, found.sha256) != (size, sha256):
            raise Conflict(
                "another photo was sent under this id; what was sent first stands, and this one "
                "stays on the device",
                entity="photo",
                id=photo_id,
                yours=None,
                current=None,
                base=None,
            )
        return found

    def incoming(self, photo_id: str, *, by: str) -> Incoming | None:
        """Return a photo of an account that nothing names yet; None where there is none."""
        folder = self._place(photo_id, by)
        try:
            record = json.loads((folder / _RECORD).read_bytes())
        except FileNotFoundError:
            return None
        picture = record["picture"]
        if picture is not None and record["done"] and self.path(picture["sha256"]).is_file():
            return Incoming(
                _uuid(photo_id),
                record["size"],
                record["sha256"],
                record["taken_at"],
                offset=record["size"],
                picture=Picture(**picture),
            )
        here = folder / _DATA
        offset = here.stat().st_size if here.exists() else 0
        return Incoming(
            _uuid(photo_id), record["size"], record["sha256"], record["taken_at"], offset=offset
        )

    def append(self, photo_id: str, piece: bytes, *, by: str, offset: int) -> Incoming:
        """Take one piece of a photo; with the last one it is made anew and kept.

        Bytes that are here already are passed over, so that a piece may be sent again.

        Parameters
        ----------
        photo_id, by : str
            See `begin`.
        piece : bytes
        offset : int
            Where in the photo the piece begins; a piece beyond what is here is not taken.

        Returns
        -------
        Incoming
            As it is now.

        Raises
        ------
        KeyError
            Nothing was begun under this id.
        UnreadablePhotoError
            All of it is here, and it is no photo that can be read, or not the one that was
            announced; nothing of it is kept.
        RegisterError
            There is no room for it; what has arrived stays.
        """
        folder = self._place(photo_id, by)
        if not folder.is_dir():
            raise KeyError(photo_id)
        with _room(), _held(folder):
            found = self.incoming(photo_id, by=by)
            if found is None:
                raise KeyError(photo_id)
            if found.picture is not None or not 0 <= offset <= found.offset:
                return found
            fresh = piece[found.offset - offset : found.size - offset]
            if fresh:
                with (folder / _DATA).open("ab") as stream:
                    stream.write(fresh)
                found = replace(found, offset=found.offset + len(fresh))
            return self._made(found, folder) if found.offset >= found.size else found

    def _made(self, found: Incoming, folder: Path) -> Incoming:
        """Make the picture of a photo that is here as a whole, and keep it."""
        data = (folder / _DATA).read_bytes()
        if hashlib.sha256(data).hexdigest() != found.sha256:
            (folder / _DATA).unlink()
            raise UnreadablePhotoError(
                "This photo did not arrive as it was sent; it stays on the device and is sent once "
                "more."
            )
        try:
            made = pictures.remade(data)
        except UnreadablePhotoError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        sha256 = hashlib.sha256(made.full).hexdigest()
        picture = Picture(sha256, len(made.full), made.width, made.height, found.taken_at)
        done = replace(found, picture=picture)
        # the record names the picture before it stands, so that the sweep finds it
        _write(folder, done, done=False)
        with self._alone():
            self._store(made, sha256)
        _write(folder, done)
        (folder / _DATA).unlink()
        return done

    def picture(self, photo_id: str, *, by: str) -> Picture | None:
        """Return what a photo of an account became, for a row to name; None where it is not here.

        It is not swept for as long as a new one is not.
        """
        try:
            _uuid(photo_id)
        except InputError:
            return None
        folder = self._place(photo_id, by)
        if not folder.is_dir():
            return None
        with _room(), self._alone(shared=True):
            found = self.incoming(photo_id, by=by)
            if found is None or found.picture is None:
                return None
            try:
                for path in (folder / _RECORD, *self._files(found.picture.sha256)):
                    os.utime(path)
            except FileNotFoundError:  # settled since: a row names it by now
                return None
            return found.picture

    def settle(self, photo_ids: Collection[str], *, by: str) -> None:
        """Forget how photos came that a row of the register names by now."""
        for photo_id in photo_ids:
            shutil.rmtree(self._place(photo_id, by), ignore_errors=True)

    def sweep(self, named: Callable[[str], bool]) -> int:
        """Delete what came long ago and nothing names; return how many photos that were.

        Parameters
        ----------
        named : callable
            Digest → whether a row of the register names the picture.
        """
        oldest, count = time.time() - KEPT_S, 0
        for record in sorted((self._folder / _INCOMING).glob(f"*/*/{_RECORD}")):
            with suppress(OSError), self._alone():
                if record.stat().st_mtime >= oldest:
                    continue
                picture = json.loads(record.read_bytes())["picture"]
                if picture is not None and not named(picture["sha256"]):
                    # another photo may have become the same picture since
                    for path in self._files(picture["sha256"]):
                        if path.stat().st_mtime < oldest:
                            path.unlink()
                shutil.rmtree(record.parent)
                count += 1
        return count

    # -- what the register names -------------------------------------------------------------

    def problems(self, named: Mapping[str, str]) -> Iterator[InputError]:
        """Yield what does not hold of the pictures that rows name.

        Parameters
        ----------
        named : mapping
            Id of a photo → digest of its picture.
        """
        seen: dict[str, InputError | None] = {}
        for photo_id, sha256 in named.items():
            if sha256 not in seen:
                seen[sha256] = self._problem(sha256, photo_id)
            found = seen[sha256]
            if found is not None:
                yield found

    def _problem(self, sha256: str, photo_id: str) -> InputError | None:
        path = self.path(sha256)
        if not path.is_file():
            return InputError("the picture of photo {id} is gone ({file})", id=photo_id,
                              file=path.name)  # fmt: skip
        if not _is(path, sha256):
            return InputError("the picture of photo {id} is damaged ({file})", id=photo_id,
                              file=path.name)  # fmt: skip
        return None

    def copy(self, digests: Collection[str], *, to: "Photos") -> int:
        """Copy pictures to those of another folder; return how many were not there, or damaged.

        One that is not here whole is left out: `problems` tells.
        """
        count = 0
        for sha256 in digests:
            source, target = self.path(sha256), to.path(sha256)
            if _is(target, sha256) or not _is(source, sha256):
                continue
            with _room():
                _make(target.parent)
                os.chmod(to._folder, 0o700)  # noqa: PTH101 - not for everybody's eyes
                for thumb in (True, False):
                    path = self.path(sha256, thumb=thumb)
                    if path.is_file():
                        replace_file(to.path(sha256, thumb=thumb), path.read_bytes())
            count += 1
        return count

    # -- folders -----------------------------------------------------------------------------

    def _files(self, sha256: str) -> list[Path]:
        both = (self.path(sha256), self.path(sha256, thumb=True))
        return [path for path in both if path.is_file()]

    def _place(self, photo_id: str, by: str) -> Path:
        if not _ACCOUNT.fullmatch(by) or by.startswith("."):
            raise ValueError(by)
        return self._folder / _INCOMING / by / _uuid(photo_id)

    def _waiting(self, by: str) -> tuple[int, int]:
        """Return how many photos of an account wait, and the bytes of the unfinished in the end."""
        count, size = 0, 0
        for folder in (self._folder / _INCOMING / by).glob("*"):
            count += 1
            with suppress(OSError):
                record = json.loads((folder / _RECORD).read_bytes())
                size += 0 if record["picture"] and record["done"] else record["size"]
        return count, size

    @contextmanager
    def _alone(self, *, shared: bool = False) -> Iterator[None]:
        """Keep others from storing and sweeping pictures; `shared` goes along with its like."""
        _make(self._folder)
        with _held(self._folder, shared=shared):
            yield


def _write(folder: Path, found: Incoming, *, done: bool = True) -> None:
    picture = None if found.picture is None else asdict(found.picture)
    record = {
        "size": found.size,
        "sha256": found.sha256,
        "taken_at": found.taken_at,
        "picture": picture,
        "done": done,
    }
    replace_file(folder / _RECORD, json.dumps(record).encode())


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except (ValueError, AttributeError) as error:
        raise InputError(
            "{id} is no mark of a photo; load the page anew and send it again", id=str(text)[:60]
        ) from error


def _has(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _is(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == sha256


@contextmanager
def _held(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder; others wait."""
    with (folder / _LOCK).open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


@contextmanager
def _room() -> Iterator[None]:
    """Say in a sentence why a photo cannot be stored."""
    try:
        yield
    except OSError as error:
        raise RegisterError(
            "The photo could not be stored: the disk of this server is full or cannot be written. "
            "It stays on the device and is sent again; tell who runs the server.",
            why="full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unreachable",
        ) from error


def _make(folder: Path) -> None:
    """Make a folder that lasts, and those above it."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
