"""Immutable versions of a folder of layers: written whole, switched at once, swept after a crash.

``FOLDER/current`` names the version in force; each version is a folder of GeoParquet files and a
``manifest.json`` with their hashes and with what every source brought. A process killed at any
moment leaves the version before or the version after; what it left half done is removed by the
next writer.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import geopandas as gpd
from pydantic import BaseModel, ConfigDict, ValidationError

from stationmap.errors import CityError

SCHEMA_VERSION = 1
KEPT = 2  # versions that stay beside the one in force: a reader may still be busy with them

_MANIFEST = "manifest.json"
_CURRENT = "current"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LayerRecord(_Model):
    """One file of a version."""

    file: str
    rows: int
    bytes: int
    sha256: str
    crs: str = "EPSG:4326"


class SourceRecord(_Model):
    """What one import brought; `rows` counts its rows by layer, `complete` what it declared."""

    kind: str
    source: str
    file: str
    sha256: str
    imported_at: str
    datum: str | None
    crs: str | None
    read: int
    accepted: int
    quarantined: int
    quarantine_file: str | None = None
    rows: dict[str, int] = {}
    complete: dict[str, list[str]] = {}

    def same_as(self, other: "SourceRecord | None") -> bool:
        """Whether both tell of the same import, whenever it was run."""
        return other is not None and self == other.model_copy(
            update={"imported_at": self.imported_at}
        )


class Manifest(_Model):
    """The inventory of one version."""

    schema_version: int
    layers: dict[str, LayerRecord]
    sources: list[SourceRecord]


@dataclass(frozen=True)
class Version:
    """One immutable version: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Number and content hash, such as ``000012-3fa9c1d2``."""
        return self.folder.name

    def read(self, layer: str) -> gpd.GeoDataFrame | None:
        """Return a layer of this version, or None where it has no such layer.

        Raises
        ------
        CityError
            The file is missing or is not the one that was written, or this version was replaced
            by a newer one and removed.
        """
        record = self.manifest.layers.get(layer)
        if record is None:
            return None
        path = self.folder / record.file
        try:
            data = path.read_bytes()
        except OSError as error:
            raise self._gone(path) from error
        if hashlib.sha256(data).hexdigest() != record.sha256:
            raise _damaged(path)
        return gpd.read_parquet(io.BytesIO(data))

    def _gone(self, path: Path) -> CityError:
        if self.folder.is_dir() or Store(self.folder.parent).current_name() in (None, self.name):
            return _damaged(path)
        return CityError(
            "{city}: this version was replaced by a newer one; open the city again",
            city=self.folder.parent.parent.name,
        )


class Store:
    """The versions under one folder (``atlas/`` or ``register/`` of a city)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current_name(self) -> str | None:
        """Name of the version in force; None before the first import."""
        try:
            return (self.folder / _CURRENT).read_text("utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise _damaged(self.folder / _CURRENT) from error

    def current(self) -> Version | None:
        """Return the version in force; None before the first import.

        Raises
        ------
        CityError
            It is damaged, or was written by a newer program.
        """
        name = self.current_name()
        if name is None:
            return None
        if not _number(name):
            raise _damaged(self.folder / _CURRENT)
        return self._open(name)

    def write(
        self,
        layers: Mapping[str, gpd.GeoDataFrame],
        *,
        sources: Sequence[SourceRecord],
        base: Version | None,
    ) -> Version:
        """Write a new version and switch to it; layers not given stay as they are in `base`.

        The caller holds the city's lock (`exclusive`) and has swept.
        """
        self.folder.mkdir(exist_ok=True)
        fresh = self.folder / ".new"
        fresh.mkdir()
        try:
            records = dict(base.manifest.layers) if base else {}
            for layer, record in records.items():
                if base and layer not in layers:
                    _link(base.folder / record.file, fresh / record.file)
            for layer, frame in layers.items():
                records[layer] = _write_layer(fresh / f"{layer}.parquet", frame)
            manifest = Manifest(
                schema_version=SCHEMA_VERSION,
                layers=dict(sorted(records.items())),
                sources=list(sources),
            )
            text = manifest.model_dump_json(indent=1)
            _write_synced(fresh / _MANIFEST, text.encode())
            _sync(fresh)
            number = _number(base.name) + 1 if base else 1
            name = f"{number:06d}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
            fresh.rename(self.folder / name)
            _sync(self.folder)
            replace_file(self.folder / _CURRENT, (name + "\n").encode())
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        return Version(self.folder / name, manifest)

    def sweep(self) -> list[Version]:
        """Remove what killed writers left and versions no longer kept; return the kept ones."""
        if not self.folder.is_dir():
            return []
        current = self.current_name()
        older = sorted(
            (p.name for p in self.folder.iterdir() if 0 < _number(p.name) < _number(current or "")),
            key=_number,
        )
        # the one in force will be the first of them after the next write
        kept = {*older[len(older) - (KEPT - 1) :], current}
        for path in self.folder.iterdir():
            if path.name == _CURRENT or path.name in kept:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        return [self._open(name) for name in kept if name]

    def _open(self, name: str) -> Version:
        path = self.folder / name / _MANIFEST
        try:
            raw = json.loads(path.read_bytes())
            refuse_newer(raw["schema_version"], what=path)
            return Version(path.parent, Manifest.model_validate(raw))
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            if isinstance(error, CityError):
                raise
            raise _damaged(path) from error


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the only right to write in a city's folder.

    Raises
    ------
    CityError
        Another import holds it.
    """
    with (folder / ".lock").open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CityError(
                "{city}: another import is running in this city; wait until it is done, "
                "then run this one again",
                city=folder.name,
            ) from None
        yield


def refuse_newer(schema_version: Any, *, what: Path) -> None:
    """Raise CityError when `what` was written by a program newer than this one."""
    if not isinstance(schema_version, int):
        raise _damaged(what)
    if schema_version > SCHEMA_VERSION:
        raise CityError(
            "{file} was written by a newer StationMap (format {found}; this one reads up to "
            "{known}); update the program, then open the city again",
            file=what.name,
            found=schema_version,
            known=SCHEMA_VERSION,
        )


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that at any moment the old or the new content stands there, whole."""
    temporary = path.with_name(f".{path.name}.tmp")
    _write_synced(temporary, data)
    temporary.replace(path)
    _sync(path.parent)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_layer(path: Path, frame: gpd.GeoDataFrame) -> LayerRecord:
    buffer = io.BytesIO()
    frame.reset_index(drop=True).to_parquet(buffer, index=False, compression="zstd")
    data = buffer.getvalue()
    _write_synced(path, data)
    return LayerRecord(
        file=path.name,
        rows=len(frame),
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except FileNotFoundError as error:
        raise _damaged(old) from error
    except OSError:  # a file system without hard links
        with new.open("wb") as stream:
            stream.write(old.read_bytes())
            _flush(stream)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        _flush(stream)


def _flush(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _number(name: str) -> int:
    """Return the number of a version's name; 0 for any other name."""
    number, _, digest = name.partition("-")
    return int(number) if number.isdecimal() and len(digest) == 8 else 0


def _damaged(path: Path) -> CityError:
    return CityError(
        "{file} of this city is missing or damaged; restore it from a backup, or make the city "
        "anew and import its sources again",
        file="/".join(path.parts[-3:]) if path.name != _CURRENT else "/".join(path.parts[-2:]),
    )
