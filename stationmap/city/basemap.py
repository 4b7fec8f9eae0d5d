"""A city's own base map: a PMTiles archive of vector tiles in the city's folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from stationmap.city.config import FILE, Config
from stationmap.errors import CityError

# https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md: magic, version, and single bytes
_MAGIC = b"PMTiles\x03"
_COMPRESSION, _TYPE, _MIN_ZOOM, _MAX_ZOOM = 98, 99, 100, 101
_HEADER = 127
_VECTOR = 1
_COMPRESSIONS = (1, 2)  # none and gzip: what every browser reads
_MARKED = 16_384  # bytes, which hold the header and the root directory


@dataclass(frozen=True)
class Archive:
    """A PMTiles archive (version 3) of vector tiles.

    ``mark`` is a short text that changes whenever the file does.
    """

    path: Path
    mark: str
    min_zoom: int
    max_zoom: int


def archive(folder: Path, config: Config) -> Archive:
    """Look at the archive that the settings name.

    Parameters
    ----------
    folder : Path
        The city's.
    config : Config
        Its ``basemap.kind`` is "pmtiles".

    Raises
    ------
    CityError
        There is no such file, a relative path leads out of the city's folder, or the file holds
        other things than vector tiles, or tiles packed in a way that browsers do not read.
    """
    said = {"file": f"{folder.name}/{FILE}", "value": config.basemap.file}
    absent = CityError(
        "{file}: basemap.file: there is no file {value}; put it there, or choose another base map",
        **said,
    )
    named = Path(config.basemap.file)
    try:
        path = (folder / named).resolve()
    except ValueError as error:  # a NUL in it
        raise absent from error
    if not named.is_absolute() and not path.is_relative_to(folder.resolve()):
        raise CityError(
            "{file}: basemap.file: {value} leads out of the city's folder; put the file into the "
            "folder, or write its absolute path",
            **said,
        )
    try:
        found = path.stat()
        if not S_ISREG(found.st_mode):  # a pipe would be waited for
            raise absent
        with path.open("rb") as stream:
            head = stream.read(_MARKED)
    except OSError as error:
        raise absent from error
    if len(head) < _HEADER or not head.startswith(_MAGIC):
        raise CityError(
            "{file}: basemap.file: {value} is no PMTiles archive of version 3; make one, such as "
            "with tippecanoe or pmtiles extract",
            **said,
        )
    if head[_TYPE] != _VECTOR or head[_COMPRESSION] not in _COMPRESSIONS:
        raise CityError(
            "{file}: basemap.file: {value} holds no vector tiles (MVT) packed with gzip or not at "
            "all; others cannot be drawn",
            **said,
        )
    mark = hashlib.sha256(head + f"{found.st_size} {found.st_mtime_ns}".encode()).hexdigest()
    return Archive(path, mark[:16], head[_MIN_ZOOM], head[_MAX_ZOOM])
