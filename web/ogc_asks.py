"""What a request for features asks: a box, a time, a page, a reference system; refused if unclear.

The standard wants 400 for every parameter that the API does not have, and for every value that it
does not take, see OGC 17-069r4, 7.15, and for reference systems 18-058r1.
"""

import datetime as dt
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyproj
import shapely
from flask import request
from numpy.typing import NDArray

from stationmap.messages import N_, printable
from web.params import MAX_TEXT
from web.words import WebError

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS84H = "http://www.opengis.net/def/crs/OGC/0/CRS84h"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
# latitude first, as their definitions say: WGS 84, CGCS2000; and metres: Web Mercator
WORLD = ("4326", "4490", "3857")
FORM, FORMS = "f", ("json", "geojson")
LIMIT, MAX_LIMIT = 100, 10_000
LAST_OFFSET = 10**9
_DIGITS = {True: 3, False: 9}  # of metres, of degrees: more than what is published holds
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2}))?", re.ASCII
)


@dataclass(frozen=True)
class Moved:
    """A reference system that places can be had in, its axes in the order of its definition."""

    uri: str

    def shapes(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return geometries (longitude, latitude) in the system; those beyond it are None."""
        crs, transformer = _system(self.uri)
        digits = _DIGITS[crs.is_projected]

        def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.round(np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])), digits)

        there = ~shapely.is_missing(shapes)
        found = np.full(len(shapes), None, dtype=object)
        found[there] = shapely.transform(shapes[there], move)
        beyond = ~np.isfinite(shapely.bounds(found)).all(axis=1)
        found[beyond] = None
        return found


@dataclass(frozen=True)
class Box:
    """Boxes of longitude and latitude, and where given the same box in another system."""

    boxes: tuple[shapely.Polygon, ...]
    exact: tuple[Moved, shapely.Polygon] | None = None


@dataclass(frozen=True)
class Span:
    """From when to when, both inclusive; None for without limit."""

    start: dt.datetime | None
    end: dt.datetime | None


def systems(bounds: list[float] | None) -> list[str]:
    """Return the reference systems of a layer by their addresses, the default first.

    Among them is the 3-degree zone of CGCS2000 (EPSG:4534 to 4554) in which the middle lies.
    """
    found = [CRS84, *(EPSG + code for code in WORLD)]
    middle = 3 * round((bounds[0] + bounds[2]) / 2 / 3) if bounds else 0
    if 75 <= middle <= 135:
        found.append(f"{EPSG}{4534 + (middle - 75) // 3}")
    return found


def known_only(names: Collection[str]) -> None:
    """Refuse parameters that the route does not have, ones given twice, and any form but JSON."""
    for name in request.args:
        if name not in names:
            raise WebError(
                "this address takes no “{name}”; it takes {expected}",
                name=printable(name)[:MAX_TEXT],
                expected=", ".join(names),
            )
        if len(request.args.getlist(name)) > 1:
            raise WebError("{name} is given twice; give it once", name=name)
    one_of(FORM, FORMS, default=FORMS[0])


def lang() -> str:
    """Return the language asked for; nothing but "zh" and "en" is one."""
    return one_of("lang", ("zh", "en"), default="zh")


def one_of(name: str, known: Collection[str], *, default: str) -> str:
    """Return one of the `known` values of a parameter."""
    value = request.args.get(name, default)
    if value not in known:
        raise WebError(
            "{name} is “{value}”; expected one of {expected}",
            name=name,
            value=printable(value)[:MAX_TEXT],
            expected=", ".join(known),
        )
    return value


def page() -> tuple[int, int]:
    """Return limit and offset; a limit beyond the largest is that one."""
    limit = _whole("limit", default=LIMIT, low=1)
    return min(limit, MAX_LIMIT), _whole("offset", default=0, low=0)


def system(known: Collection[str]) -> Moved | None:
    """Return the reference system asked for, one of `known`; None for the default."""
    uri = one_of("crs", known, default=CRS84)
    return None if uri == CRS84 else Moved(uri)


def span(zone: ZoneInfo) -> Span | None:
    """Return the time asked for: an instant or a day, or an interval of them, half open or not.

    A day is one in `zone`, the city's.
    """
    text = request.args.get("datetime")
    if text is None:
        return None
    ends = text.split("/")
    if len(ends) == 1 and text:
        return Span(_instant(text, zone, last=False), _instant(text, zone, last=True))
    limits = [None if end in ("", "..") else end for end in ends]
    if len(limits) != 2 or limits == [None, None]:
        raise _no_time(text)
    start = limits[0] and _instant(limits[0], zone, last=False)
    end = limits[1] and _instant(limits[1], zone, last=True)
    if start and end and end < start:
        raise _no_time(text)
    return Span(start or None, end or None)


def box(known: Collection[str]) -> Box | None:
    """Return the box asked for, in one of the `known` reference systems."""
    text = request.args.get("bbox")
    uri = one_of("bbox-crs", known, default=CRS84)
    if text is None:
        return None
    try:
        values = [float(v) for v in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (4, 6) or not all(map(math.isfinite, values)):
        raise _no_box(text)
    half = len(values) // 2
    (a, b), (c, d) = values[:2], values[half : half + 2]
    if half == 3 and values[2] > values[5]:
        raise _no_box(text)
    if uri == CRS84:
        return Box(_around(a, b, c, d, text=text))
    crs, _ = _system(uri)
    if crs.is_geographic:
        return Box(_around(b, a, d, c, text=text))
    if a > c or b > d:
        raise _no_box(text)
    back = pyproj.Transformer.from_crs(crs, "OGC:CRS84")
    found = back.transform_bounds(a, b, c, d, densify_pts=21)
    if not all(map(math.isfinite, found)):
        raise _no_box(text)
    return Box((shapely.box(*found),), (Moved(uri), shapely.box(a, b, c, d)))


def _around(
    west: float, south: float, east: float, north: float, *, text: str
) -> tuple[shapely.Polygon, ...]:
    """Return boxes without what lies beyond the globe; two where it goes over 180 degrees."""
    if south > north:
        raise _no_box(text)
    if south > 90 or north < -90:
        # longitude and latitude swapped: no place is there
        raise _no_box(text)
    south, north = (min(max(v, -90.0), 90.0) for v in (south, north))
    west, east = (min(max(v, -180.0), 180.0) for v in (west, east))
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return tuple(shapely.box(a, south, b, north) for a, b in spans)


def _instant(text: str, zone: ZoneInfo, *, last: bool) -> dt.datetime:
    if not _INSTANT.fullmatch(text):
        raise _no_time(text)
    try:
        found = dt.datetime.fromisoformat(text.upper())
        if found.tzinfo is None:
            time = dt.time.max if last else dt.time.min
            return dt.datetime.combine(found.date(), time, tzinfo=zone).astimezone(dt.UTC)
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise _no_time(text) from None


def _whole(name: str, *, default: int, low: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) or int(text) < low:
        raise WebError(
            "{name} is “{value}”; expected a whole number from {low} to {high}",
            name=name,
            value=printable(text)[:MAX_TEXT],
            low=low,
            high=MAX_LIMIT if name == "limit" else LAST_OFFSET,
        )
    return int(text)


def _no_box(text: str) -> WebError:
    return WebError(
        N_(
            "bbox is “{value}”; expected the four numbers of a box in the order of its reference "
            "system, by default west,south,east,north in degrees"
        ),
        value=printable(text)[:MAX_TEXT],
    )


def _no_time(text: str) -> WebError:
    return WebError(
        N_(
            "datetime is “{value}”; expected an instant such as 2026-03-05T00:00:00Z, or two with "
            "/ between them, the earlier one first, .. for without limit"
        ),
        value=printable(text)[:MAX_TEXT],
    )


@cache
def _system(uri: str) -> tuple[Any, Any]:
    crs = pyproj.CRS.from_epsg(int(uri.removeprefix(EPSG)))
    return crs, pyproj.Transformer.from_crs("OGC:CRS84", crs)
