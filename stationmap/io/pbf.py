"""The frame of an OSM PBF file: whether all its blocks are there, and how large they unpack.

Only block headers are read, so that a damaged file or a bomb is refused before it is decoded.
Source of the layout: https://wiki.openstreetmap.org/wiki/PBF_Format (fileformat.proto).
"""

from pathlib import Path
from typing import BinaryIO

from stationmap.errors import InputError
from stationmap.io.files import MAX_RATIO

MAX_HEADER_BYTES = 64 * 1024
MAX_BLOB_BYTES = 32 * 1024 * 1024
_RAW_SIZE, _DATA_SIZE = 2, 3  # field numbers in Blob and BlobHeader


def check(path: Path) -> None:
    """Raise InputError when a block is missing, cut short, oversized or packed beyond reason."""
    size = path.stat().st_size
    unpacked = 0
    with path.open("rb") as stream:
        while stream.tell() < size:
            try:
                data_bytes = _number(stream, _DATA_SIZE, length=_header_bytes(stream))
                end = stream.tell() + data_bytes
                if end > size or data_bytes > MAX_BLOB_BYTES:
                    raise EOFError
                raw_bytes = _number(stream, _RAW_SIZE, length=data_bytes, default=data_bytes)
            except (EOFError, IndexError):
                raise InputError(
                    "{file} is damaged or was cut short (a block of its {megabytes} MB does not"
                    " end where it should): fetch it again",
                    file=path.name,
                    megabytes=round(size / 1e6, 1),
                ) from None
            unpacked += raw_bytes
            stream.seek(end)
    if unpacked > max(10_000_000, MAX_RATIO * size):
        raise InputError(
            "{file} unpacks to more than a file of its size should: it is not a usual OSM extract",
            file=path.name,
        )


def _header_bytes(stream: BinaryIO) -> int:
    length = int.from_bytes(_read(stream, 4))
    if length > MAX_HEADER_BYTES:
        raise EOFError
    return length


def _number(stream: BinaryIO, field: int, *, length: int, default: int | None = None) -> int:
    """Value of the varint `field` in the message of `length` bytes that starts here.

    The stream is left behind a header (no default); after a blob's field its place does not
    matter.
    """
    end = stream.tell() + length
    found = default
    while stream.tell() < end:
        key = _varint(stream)
        if key & 7 == 0:
            value = _varint(stream)
            if key >> 3 == field:
                found = value
                break
        elif key & 7 == 2:
            stream.seek(_varint(stream), 1)
        else:
            raise EOFError
    if found is None:
        raise EOFError
    if default is None:
        stream.seek(end)
    return found


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = _read(stream, 1)[0]
        value |= (byte & 127) << shift
        if byte < 128:
            return value
    raise EOFError


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
