"""Pictures made anew from photos: the pixels and nothing else, upright and of a bounded size."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from types import MappingProxyType

from PIL import Image, ImageOps

from stationmap.errors import InputError

SIDE, THUMB_SIDE = 2560, 320
"""Pixels of the longer side, at most: of a picture, of its small one."""
FORMATS: Mapping[str, int] = MappingProxyType(
    {"JPEG": 50_000_000, "PNG": 16_000_000, "WEBP": 16_000_000}
)
"""Kind of photo → pixels that one may have; JPEG is read at a smaller scale at once."""

_QUALITY, _THUMB_QUALITY = 85, 75
# a large one takes some 200 MB while it is read
_AT_ONCE = BoundedSemaphore(2)
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


class UnreadablePhotoError(InputError):
    """A file that is no photo, is damaged, or is of a kind that is not read."""


@dataclass(frozen=True)
class Made:
    """A picture as it is kept: JPEG bytes, those of its small one, width and height in pixels."""

    full: bytes
    thumb: bytes
    width: int
    height: int


def remade(data: bytes) -> Made:
    """Read a photo by what it holds, whatever its name, and write its pixels anew.

    What the file says beside its pixels (place, device, comments, profiles, other files behind the
    picture) is not kept; the orientation it tells is applied, what is transparent is white.

    Raises
    ------
    UnreadablePhotoError
        It is no JPEG, PNG or WebP picture, is damaged, or has too many pixels.
    """
    with _AT_ONCE:
        image = _read(data)
        full = _jpeg(image, quality=_QUALITY)
        width, height = image.size
        image.thumbnail((THUMB_SIDE, THUMB_SIDE))
        return Made(full, _jpeg(image, quality=_THUMB_QUALITY), width, height)


def _read(data: bytes) -> Image.Image:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        raise UnreadablePhotoError(
            "This photo is in the HEIC format, which is not read here. It stays on the device: set "
            "its camera to JPEG (“most compatible”), or take the photo within this page."
        )
    try:
        image = Image.open(io.BytesIO(data), formats=list(FORMATS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many(FORMATS["JPEG"]) from error
    except Exception as error:
        # a broken file makes the readers raise whatever they like
        raise _unreadable() from error
    limit = FORMATS["JPEG" if image.format == "MPO" else str(image.format)]
    if image.width * image.height > limit:
        raise _too_many(limit)
    try:
        image.draft("RGB", (SIDE, SIDE))
        ImageOps.exif_transpose(image, in_place=True)
        clean = _plain(image)
        clean.thumbnail((SIDE, SIDE))
    except Exception as error:
        raise _unreadable() from error
    return clean


def _plain(image: Image.Image) -> Image.Image:
    """Return the pixels on white, in a picture that knows nothing else."""
    clean = Image.new("RGB", image.size, "white")
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        clean.paste(image, mask=image)
    else:
        clean.paste(image.convert("RGB"))
    return clean


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def _too_many(limit: int) -> UnreadablePhotoError:
    return UnreadablePhotoError(
        "This photo has more than {limit} million pixels. It stays on the device: take it anew "
        "with a smaller picture size.",
        limit=limit // 1_000_000,
    )


def _unreadable() -> UnreadablePhotoError:
    return UnreadablePhotoError(
        "This file is no photo that can be read (JPEG, PNG or WebP), or it is damaged. It stays on "
        "the device; take the photo again."
    )
