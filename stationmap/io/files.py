"""Opening files with care: what a file really is, whether it may be opened, and atomic writing."""

import bz2
import gzip
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import NamedTemporaryFile

from stationmap.errors import InputError

MAX_UNPACKED_BYTES = 200_000_000
MAX_ENTRIES = 1_000
MAX_RATIO = 100
"""Limits of a packed file: bytes once unpacked, entries, and how many times it may grow."""

HEAD_BYTES = 65_536

_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"SQLite format 3\x00", "gpkg"),
    (b"PAR1", "parquet"),
    (b"\x00\x00\x27\x0a", "shp"),
    (b"\xff\xe0\x04o5", "o5m"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
)
# what zipfile raises on entries that are damaged, locked or packed in an unknown way
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
_GPKG_IDS = (b"GPKG", b"GP10", b"GP11")
_ZIP_PARTS = (("xl/", "xlsx"), ("content.xml", "ods"), ("doc.kml", "kmz"), ("word/", "docx"))
_XML_ROOT = re.compile(
    rb"\A(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?[^>]*>|\s)*<([A-Za-z_][\w.:-]*)",
    re.DOTALL,
)


def check_file(path: str | Path) -> Path:
    """Return `path` as a resolved Path of a readable, non-empty regular file.

    Raises
    ------
    InputError
        The path is missing, a folder, a device, empty, not readable, or an address.
    """
    if "://" in str(path) or str(path).startswith("/vsi"):
        raise InputError(
            "{file} is an address, not a file: download it and give the path", file=path
        )
    try:
        found = Path(path).resolve(strict=True)
        if found.is_dir():
            raise InputError("{file} is a folder: give the path of one file", file=path)
        if not found.is_file():
            raise InputError("{file} is not a regular file", file=path)
        if found.stat().st_size == 0:
            raise InputError("{file} is empty", file=path)
        with found.open("rb"):
            return found
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("{file} does not exist", file=path) from None
    except OSError as error:
        raise InputError(
            "{file} cannot be opened: {detail}", file=path, detail=error.strerror
        ) from None


def sniff(path: Path) -> str:
    """Tell a file's format from its content, never from its name.

    Returns
    -------
    str
        "pbf", "osm", "osm.gz", "osm.bz2", "xlsx", "ods", "xls", "kmz", "docx", "zip", "gpkg",
        "sqlite", "parquet", "shp", "json", "xml:<root element>", "gz", "bz2", "o5m", "text" or
        "binary".
    """
    head = _head(path, HEAD_BYTES)
    if head[4:15] == b"\x0a\x09OSMHeader":
        return "pbf"
    kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if kind == "zip":
        return _sniff_zip(path)
    if kind in ("gz", "bz2"):
        inner = _sniff_text(_unpacked_head(path, kind))
        return f"osm.{kind}" if inner == "osm" else kind
    if kind == "gpkg" and head[68:72] not in _GPKG_IDS:
        return "sqlite"
    return kind or _sniff_text(head)


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size)


def _sniff_text(head: bytes) -> str:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", errors="replace").encode()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        found = _XML_ROOT.match(text)
        root = found[1].decode() if found else ""
        return "osm" if root == "osm" else f"xml:{root}"
    if text[:1] in (b"{", b"["):
        return "json"
    return "binary" if b"\x00" in head else "text"


def _sniff_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return "zip"
    known = (kind for part, kind in _ZIP_PARTS for n in names if n.startswith(part))
    other = "kmz" if any(name.lower().endswith(".kml") for name in names) else "zip"
    return next(known, other)


def _unpacked_head(path: Path, kind: str) -> bytes:
    try:
        with (gzip.open if kind == "gz" else bz2.open)(path, "rb") as stream:
            return stream.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return b""


def check_packed(path: Path) -> None:
    """Refuse a zip, gzip or bzip2 file that is damaged or would unpack to too much.

    A zip may hold at most `MAX_ENTRIES` entries of `MAX_UNPACKED_BYTES` bytes in all; no packed
    file may grow more than `MAX_RATIO` times (counted from its first 10 MB unpacked on). Nothing
    is written and nothing is kept in memory.
    """
    if zipfile.is_zipfile(path):
        _check_zip(path)
        return
    packed = path.stat().st_size
    opener = gzip.open if _head(path, 2) == b"\x1f\x8b" else bz2.open
    unpacked = 0
    try:
        with opener(path, "rb") as stream:
            while piece := stream.read(1 << 20):
                unpacked += len(piece)
                if unpacked > max(10_000_000, MAX_RATIO * packed):
                    raise _too_big(path)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, error) from None


def _check_zip(path: Path) -> None:
    """Read every entry to its end: sizes in the directory of a zip may be lies."""
    packed = path.stat().st_size
    unpacked = 0
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise _too_big(path)
            for entry in entries:
                with archive.open(entry) as stream:
                    while piece := stream.read(1 << 20):
                        unpacked += len(piece)
                        if unpacked > min(MAX_UNPACKED_BYTES, max(10_000_000, MAX_RATIO * packed)):
                            raise _too_big(path)
    except _ZIP_ERRORS as error:
        raise _damaged(path, error) from error


def _too_big(path: Path) -> InputError:
    return InputError(
        "{file} unpacks to more than a file of its size should: save it again without the"
        " empty rows, columns and pictures, or split it",
        file=path.name,
    )


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        "{file} is damaged or was cut short ({detail}): fetch it again",
        file=path.name,
        detail=str(error) or type(error).__name__,
    )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block ends well, it takes its place at once.

    What was at `path` stays until the new file is complete on disk; after an error it still stands
    and the temporary file is gone.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(
            "the folder {folder} does not exist: make it first", folder=str(path.parent)
        )
    with NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix, delete=False
    ) as handle:
        temporary = Path(handle.name)
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        for left in path.parent.glob(f"{escape(temporary.name)}*"):
            left.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
