"""Where the rows of a file lie: coordinates as found, checked, and brought to WGS-84."""

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap import crs
from stationmap.city.answers import Answers
from stationmap.city.quarantine import Quarantine
from stationmap.city.rows import Rows
from stationmap.datum import Evidence, assess, contradicts
from stationmap.errors import CrsError, DatumUndecided, InputError
from stationmap.io import cells
from stationmap.io.notes import Note
from stationmap.messages import N_

F = NDArray[np.float64]
Shapes = NDArray[np.object_]

NEAR_DEG = 1.0
"""A place is taken to belong to the city's region within this many degrees of its extent."""

_REGION_DEG = 20.0
_PLANE, _FARTHEST = 1000.0, 5e7  # between these, coordinates are metres
_PAIRS = (("lon", "lat"), ("x", "y"))


@dataclass
class Placed:
    """Places of the rows of a file.

    Attributes
    ----------
    geometry : ndarray
        Geometries in EPSG:4326; None where a row has no place or is refused.
    x, y : ndarray
        Coordinates of points as the file has them; NaN where it has none.
    datum : str or None
        The datum they were taken to be in; None when no row has coordinates.
    decided : bool
        Whether the evidence told the datum.
    evidence : Evidence or None
        What the datum guard found; None where there was nothing to test.
    warnings : list of Note
    """

    geometry: Shapes
    x: F
    y: F
    datum: str | None = None
    decided: bool = False
    evidence: Evidence | None = None
    warnings: list[Note] = field(default_factory=list)


def place(
    rows: Rows, *, shape: str, declared: str, source: str, now: Answers, quarantine: Quarantine
) -> Placed:
    """Find the place of every row and refuse the rows whose coordinates cannot be right.

    Parameters
    ----------
    rows : Rows
    shape : {"point", "place", "line", "area"}
        What the rows may be: a point; a point or an outline; a line; an area.
    declared : str
        "auto", or the datum that the caller declares.
    source : str
        Where the rows come from: what it brought before is no evidence for itself.
    now : Answers
        The city, for its extent and as evidence of the datum.
    quarantine : Quarantine
        Takes the refused rows.

    Raises
    ------
    InputError
        The file has no coordinates at all, where its kind needs them.
    CrsError
        Lines or areas without a reference system, or metres that are no projected CGCS2000.
    DatumUndecided
        Neither the file nor the evidence tells the datum.
    """
    shapes, x, y = _shapes(rows, shape=shape, quarantine=quarantine)
    stated = rows.datum or ("wgs84" if rows.crs is not None else None)
    if rows.crs is not None:
        shapes = np.array(gpd.GeoSeries(shapes, crs=rows.crs).to_crs(4326), dtype=object)
    elif _is_plane(shapes):
        stated = stated or "cgcs2000"
        shapes = _from_plane(shapes, rows=rows, now=now, quarantine=quarantine)
    extent = now.extent()
    _check(shapes, rows=rows, extent=extent, quarantine=quarantine)
    shapes[~quarantine.good] = None
    placed = Placed(shapes, x, y)
    there = ~shapely.is_missing(shapes)
    if not there.any():
        return placed
    if shape in ("point", "place"):
        placed.evidence = _assess(shapes[there], rows=rows, there=there, source=source, now=now)
        placed.decided = placed.evidence.decided is not None
    placed.datum = _choose(placed, rows=rows, declared=declared, stated=stated)
    placed.geometry = crs.convert_geometry(shapes, source=placed.datum, target="wgs84")
    return placed


def nowhere(size: int) -> Placed:
    """Return the places of rows that have none."""
    nothing = np.full(size, np.nan)
    return Placed(np.full(size, None, dtype=object), nothing, nothing.copy())


def outside(shapes: Shapes, extent: tuple[float, float, float, float] | None) -> NDArray[np.bool_]:
    """Whether each shape lies wholly outside an extent; False for none, or without an extent."""
    if extent is None:
        return np.zeros(len(shapes), dtype=bool)
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        found: NDArray[np.bool_] = (
            (east < extent[0]) | (west > extent[2]) | (north < extent[1]) | (south > extent[3])
        )
    return found


# ------------------------------------------------------------------- coordinates as found


def _shapes(rows: Rows, *, shape: str, quarantine: Quarantine) -> tuple[Shapes, F, F]:
    size = len(rows.cells)
    if rows.geometry is not None:
        return _from_geometry(rows, shape=shape, quarantine=quarantine)
    if shape in ("line", "area"):
        raise InputError(
            "{file} is a table without lines or areas; expected a GeoPackage, GeoJSON, GeoParquet "
            "or Shapefile",
            file=rows.file,
        )
    x, y = _columns(rows, quarantine=quarantine)
    there = np.isfinite(x) & np.isfinite(y)
    shapes = np.full(size, None, dtype=object)
    shapes[there] = shapely.points(x[there], y[there])
    return shapes, x, y


_WANTED = {
    "point": (N_("a point"), (0,)),
    "place": (N_("a point or an outline"), (0, 3, 6)),
    "line": (N_("a line"), (1, 5)),
    "area": (N_("an area"), (3, 6)),
}


def _from_geometry(rows: Rows, *, shape: str, quarantine: Quarantine) -> tuple[Shapes, F, F]:
    assert rows.geometry is not None
    shapes: Shapes = np.array(shapely.force_2d(rows.geometry), dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    kinds = shapely.get_type_id(shapes)
    single = (kinds == 4) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    if shape == "area":
        broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
        shapes[broken] = shapely.make_valid(shapes[broken])
    wanted, allowed = _WANTED[shape]
    kinds = shapely.get_type_id(shapes)
    quarantine.refuse(
        (kinds >= 0) & ~np.isin(kinds, allowed),
        N_("the geometry is {found}, not {wanted}"),
        N_("bring in only the features of the right kind"),
        by_row={"found": [getattr(s, "geom_type", None) for s in shapes]},
        wanted=Note(wanted, {}),
    )
    if shape != "point":
        nothing = np.full(len(shapes), np.nan)
        return shapes, nothing, nothing.copy()
    point = kinds == 0
    x, y = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    x[point], y[point] = shapely.get_x(shapes[point]), shapely.get_y(shapes[point])
    return shapes, x, y


def _columns(rows: Rows, *, quarantine: Quarantine) -> tuple[F, F]:
    """Read the coordinate columns; refuse rows with only one number, or with what is none."""
    pair = next((p for p in _PAIRS if p[0] in rows.cells and p[1] in rows.cells), None)
    if pair is None:
        nothing = np.full(len(rows.cells), np.nan)
        return nothing, nothing.copy()
    raw = [rows.cells[role] for role in pair]
    x, y = (np.array([cells.number(v) for v in r], dtype=float) for r in raw)
    blank = [np.array([_is_blank(v) for v in r], dtype=bool) for r in raw]
    quarantine.refuse(
        blank[0] ^ blank[1],
        N_("only one of the two coordinates is given"),
        N_("add the other one, or leave both empty"),
    )
    for values, empty, cell in zip((x, y), blank, raw, strict=True):
        quarantine.refuse(
            ~np.isfinite(values) & ~empty,
            N_("the coordinate {value} is not a number"),
            N_("write degrees as a number, such as 118.8742"),
            by_row={"value": list(cell)},
        )
    return x, y


def _is_blank(value: Any) -> bool:
    # the word NaN in a coordinate is a failed calculation, not an empty cell
    return (cells.is_blank(value) and str(value).strip().casefold() != "nan") or value != value


# ------------------------------------------------------------------- plane coordinates


def _is_plane(shapes: Shapes) -> bool:
    points = shapely.get_coordinates(shapes)
    points = points[np.isfinite(points).all(axis=1)]
    return len(points) > 0 and float(np.median(np.abs(points).max(axis=1))) > _PLANE


def _from_plane(shapes: Shapes, *, rows: Rows, now: Answers, quarantine: Quarantine) -> Shapes:
    bounds = np.abs(shapely.bounds(shapes))
    low, high = bounds.min(axis=1), bounds.max(axis=1)
    metres = (low > _PLANE) & (high < _FARTHEST)
    quarantine.refuse(
        ~shapely.is_missing(shapes) & ~metres,
        N_("the coordinates are not metres as in the other rows"),
        N_("give all rows in one reference system"),
    )
    shapes[~metres] = None
    points = shapely.get_coordinates(shapes)
    try:
        lon, lat = crs.from_cgcs2000_plane(points[:, 0], points[:, 1])
    except CrsError:
        lon, lat = _from_nearby_zone(points, rows=rows, extent=now.extent())
    return np.array(shapely.set_coordinates(shapes, np.column_stack([lon, lat])), dtype=object)


def _from_nearby_zone(
    points: F, *, rows: Rows, extent: tuple[float, float, float, float] | None
) -> tuple[F, F]:
    """Plane coordinates without a zone number: the zone that brings them into the city."""
    if extent is not None:
        middle = round((extent[0] + extent[2]) / 2 / 3) * 3
        for meridian in (middle, middle - 3, middle + 3):
            try:
                lon, lat = crs.from_cgcs2000_plane(
                    points[:, 0], points[:, 1], central_meridian_deg=float(meridian)
                )
            except CrsError:
                break
            if _inside(lon, lat, extent, margin_deg=NEAR_DEG / 2).mean() > 1 / 2:
                return lon, lat
    raise CrsError(
        "{file}: its coordinates are metres, but no CGCS2000 zone brings them into the city; "
        "export it with longitude and latitude, or as geodata with its reference system",
        file=rows.file,
    )


# ------------------------------------------------------------------- coordinates that cannot be


def _check(
    shapes: Shapes,
    *,
    rows: Rows,
    extent: tuple[float, float, float, float] | None,
    quarantine: Quarantine,
) -> None:
    there = ~shapely.is_missing(shapes)
    bounds = shapely.bounds(shapes)
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    shown = {"x": [f"{v:.10g}" for v in x], "y": [f"{v:.10g}" for v in y]}
    quarantine.refuse(
        there & ~np.isfinite(bounds).all(axis=1),
        N_("the coordinates are not finite numbers"),
        N_("write degrees as a number, such as 118.8742"),
    )
    quarantine.refuse(
        there & (bounds == 0).all(axis=1),
        N_("the coordinates are 0, 0, which stands for none"),
        N_("give the place, or leave both empty"),
    )
    largest = np.abs(bounds)
    in_range = (largest[:, [0, 2]] <= 180).all(axis=1) & (largest[:, [1, 3]] <= 90).all(axis=1)
    swapped = ~in_range & (np.abs(y) <= 180) & (np.abs(x) <= 90)
    if extent is not None:
        here = _inside(x, y, extent, margin_deg=NEAR_DEG)
        swapped = ~here & _inside(y, x, extent, margin_deg=NEAR_DEG)
    quarantine.refuse(
        there & swapped,
        N_("longitude {x} and latitude {y} are swapped: the other way round the place lies here"),
        N_("{exchange}"),
        by_row=shown,
        exchange=_exchange(rows),
    )
    quarantine.refuse(
        there & ~in_range,
        N_("longitude {x}, latitude {y} is no place on earth"),
        N_("correct the numbers: longitude within ±180, latitude within ±90 degrees"),
        by_row=shown,
    )


def _exchange(rows: Rows) -> Note:
    pair = next((p for p in _PAIRS if p[0] in rows.found and p[1] in rows.found), None)
    lon, lat = (rows.found[role] for role in pair) if pair else ("", "")
    # one column of pairs is read as two that the file does not have
    if rows.geometry is not None or lon.removesuffix(" [1]") == lat.removesuffix(" [2]"):
        return Note(N_("exchange the two numbers in the file"), {})
    return Note(
        N_("exchange them in the file, or add --column {x}={lat} --column {y}={lon}"),
        {"x": _PAIRS[0][0], "y": _PAIRS[0][1], "lon": lon, "lat": lat},
    )


def _inside(
    lon: F, lat: F, extent: tuple[float, float, float, float], *, margin_deg: float
) -> NDArray[np.bool_]:
    west, south, east, north = extent
    with np.errstate(invalid="ignore"):
        inside: NDArray[np.bool_] = (
            (lon >= west - margin_deg)
            & (lon <= east + margin_deg)
            & (lat >= south - margin_deg)
            & (lat <= north + margin_deg)
        )
    return inside


def _centres(shapes: Shapes) -> tuple[F, F]:
    bounds = shapely.bounds(shapes)
    return (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2


# ------------------------------------------------------------------- the datum


def _assess(
    shapes: Shapes, *, rows: Rows, there: NDArray[np.bool_], source: str, now: Answers
) -> Evidence:
    lon, lat = _centres(shapes)
    _, category = rows.categories()
    points = pd.DataFrame(
        {
            "lon": lon,
            "lat": lat,
            "name": rows.text("name")[there].to_numpy(),
            "category": category[there].to_numpy(),
            "district": rows.text("district")[there].to_numpy(),
        }
    )
    extent = now.extent()
    near = _inside(lon, lat, extent or (0, 0, 0, 0), margin_deg=NEAR_DEG)
    if not (extent and near.any()):
        # no plane holds places on both sides of the earth: take those around the middle one
        middle = int(np.argsort(lon, kind="stable")[len(lon) // 2])
        near = np.hypot(lon - lon[middle], lat - lat[middle]) < _REGION_DEG
    facilities = now.layer("facilities")
    return assess(
        points[near],
        facilities=facilities[facilities["source"] != source],
        districts=now.layer("districts"),
        streets=now.layer("ways"),
    )


def _choose(placed: Placed, *, rows: Rows, declared: str, stated: str | None) -> str:
    """Return the datum: as declared, else as the file states, else as the evidence tells."""
    evidence = placed.evidence
    said = stated if declared == "auto" else declared
    if said is None:
        if evidence is not None and evidence.decided is not None:
            return evidence.decided
        raise _undecided(rows, evidence)
    if evidence is not None and contradicts(evidence, said):
        told = evidence.decided
        if told is not None and declared == "auto":
            raise DatumUndecided(
                "{file} says it is in {stated}, but its points fit {told}; say which is right with "
                "--datum {told} or --datum {stated}",
                file=rows.file,
                stated=said,
                told=told,
                evidence=evidence,
            )
        placed.warnings.append(
            Note(
                N_(
                    "{file} was taken to be in {declared}, but the evidence speaks for another "
                    "datum ({evidence}): if it is right, everything stands some hundred metres off"
                ),
                {"file": rows.file, "declared": said, "evidence": evidence},
            )
        )
    return said


def _undecided(rows: Rows, evidence: Evidence | None) -> InputError:
    if evidence is None:
        return CrsError(
            "{file} does not declare its coordinate reference system; add its .prj file, export it "
            "with one, or say --datum wgs84, gcj02, bd09 or cgcs2000",
            file=rows.file,
        )
    return DatumUndecided(
        "{file}: the datum of its coordinates cannot be told ({evidence}); ask who made it, then "
        "say --datum wgs84, gcj02, bd09 or cgcs2000",
        file=rows.file,
        evidence=evidence,
    )
