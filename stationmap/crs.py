"""Coordinate systems: datums of Chinese maps, a city's local metric CRS, ground scale.

GCJ-02 and BD-09 are the offsets (20-700 m, 700-1 500 m) that Chinese web maps lay over WGS-84;
longitudes and latitudes of CGCS2000 equal WGS-84 to under a metre. Degrees are (longitude,
latitude), scalars or arrays of any shape, broadcast against each other.

The formulas are the published ones (``eviltransform``, ``coord-convert``); their inverses are
solved by fixed-point iteration to far below 1 mm. Both offsets apply to places in China only, see
`in_china`; abroad all datums are the same. The WGS-84 position decides, so every place in China
survives the way there and back.
"""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from stationmap.errors import CrsError

DATUMS = ("wgs84", "gcj02", "bd09", "cgcs2000")
WGS84 = pyproj.CRS.from_epsg(4326)

F = NDArray[np.float64]
_Shift = Callable[[F, F], tuple[F, F]]

# ----------------------------------------------------------------------------- GCJ-02 and BD-09

# the ellipsoid of the published formula: Krasovsky 1940
_A_M = 6378245.0
_EE = 0.00669342162296594323
_BD_PI = np.pi * 3000.0 / 180.0
_CHUNK = 8192  # points worked on at a time, so that they stay in the processor's cache
_SOLVED_DEG = 1e-7  # a step leaves less than a hundredth of it as error: 1e-9 degrees, 0.1 mm

# where the offsets apply: Natural Earth 1:110m China (public domain) widened by about 15 km, the
# sea drawn on to the off-shore islands; good to 0.1-0.2 degrees along the border
_CHINA_DEG = """
124.1 39.7  123.3 38.9  123.0 36.8  122.6 33.0  123.5 30.5  122.5 28.2  119.9 25.0  118.6 23.9
117.0 22.7  111.8 20.5  111.3 18.5  109.5 17.7  108.2 17.9  108.0 21.4  107.0 21.7  106.5 22.1
106.5 22.7  105.3 23.2  104.7 22.8  104.0 22.4  102.7 22.4  101.8 22.2  101.8 21.0  101.2 21.1
101.0 21.6  100.4 21.4   99.1 22.0   99.3 22.8   98.8 23.0   98.5 23.9   97.4 23.9   97.6 25.2
 98.5 26.0   98.5 27.4   97.8 28.2   96.2 28.3   96.4 28.8   96.1 29.2   95.4 28.9   94.6 29.1
 92.5 27.7   91.7 27.6   90.0 28.1   88.8 27.1   88.6 27.9   88.1 27.7   86.0 27.9   84.2 28.7
 83.8 29.2   82.3 30.0   81.5 30.2   81.1 30.0   79.6 30.7   78.6 31.4   78.3 32.6   78.4 32.8
 79.0 32.7   78.7 33.5   78.7 34.3   77.8 35.4   76.1 35.8   75.8 36.6   74.8 37.3   74.7 38.3
 73.8 38.4   73.5 39.4   73.7 40.0   74.7 40.5   76.4 40.6   76.8 41.2   78.1 41.3   78.5 41.7
 80.0 42.3   80.0 43.0   80.6 43.3   79.9 45.0   82.3 45.7   83.1 47.5   85.1 47.2   85.6 47.5
 85.7 48.6   86.5 48.7   87.7 49.5   88.1 48.7   88.9 48.2   90.4 47.8   91.1 47.0   90.8 45.8
 91.0 45.4   93.5 45.1   95.4 44.4   96.4 42.9  100.9 42.8  103.3 42.1  104.6 42.1  105.0 41.8
106.1 42.3  110.3 43.0  111.6 43.8  111.2 44.5  111.8 45.3  113.4 45.0  115.9 45.9  117.4 46.8
119.6 46.9  118.8 47.6  118.1 47.9  117.3 47.5  115.7 47.6  115.3 48.2  116.6 50.0  117.9 49.7
119.1 50.2  119.2 50.7  120.6 52.1  120.6 52.4  120.0 52.8  121.0 53.4  123.6 53.6  126.0 52.9
127.8 49.9  129.5 49.6  130.7 48.8  131.1 48.0  132.5 47.9  133.3 48.3  134.8 48.5  133.2 45.0
131.9 45.2  131.2 44.9  131.4 44.1  131.3 42.9  130.8 42.8  130.7 42.3  130.0 42.7  129.7 42.3
128.3 41.9  128.3 41.3  127.3 41.3  126.9 41.6  126.3 41.0
"""
_CHINA = shapely.Polygon(np.array(_CHINA_DEG.split(), dtype=np.float64).reshape(-1, 2))
shapely.prepare(_CHINA)
# boxes wholly inside (west, south, east, north), which answer for most places at once
_CHINA_CORE = ((99.0, 24.0, 118.5, 41.5), (118.0, 28.2, 122.4, 40.0))
_CHINA_WIDE = (70.0, 15.0, 138.0, 56.0)


def in_china(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Tell where GCJ-02 and BD-09 differ from WGS-84: mainland China, Hainan, Hong Kong and Macau.

    The widely copied rule of the published formula, a rectangle of 72.004 to 137.8347 degrees
    east and 0.8293 to 55.8271 north, would also shift Seoul, Osaka, Hanoi and Singapore; this one
    follows the border, good to some 15 km. Taiwan and the islands of the South China Sea, where
    the maps show no offset, count as outside.

    Parameters
    ----------
    lon, lat : array_like
        WGS-84 degrees. NaN and infinite values are outside.
    """
    lon_deg, lat_deg = _degrees(lon, lat)
    inside = np.zeros(lon_deg.shape, dtype=np.bool_)
    for box in _CHINA_CORE:
        inside |= _in_box(lon_deg, lat_deg, *box)
    if inside.all():
        return inside
    rest = ~inside & _in_box(lon_deg, lat_deg, *_CHINA.bounds)
    if rest.any():
        inside[rest] = shapely.contains_xy(_CHINA, lon_deg[rest], lat_deg[rest])
    return inside


def china_outline() -> list[tuple[float, float]]:
    """Corners (WGS-84 degrees) of the area of `in_china`, the first one again at the end."""
    return [(float(lon), float(lat)) for lon, lat in shapely.get_coordinates(_CHINA)]


def convert(lon: ArrayLike, lat: ArrayLike, *, source: str, target: str) -> tuple[F, F]:
    """Longitudes and latitudes of one datum in another.

    Parameters
    ----------
    lon, lat : array_like
        Degrees in `source`.
    source, target : str
        Two of `DATUMS`; "cgcs2000" is taken as equal to "wgs84" (the difference is under 1 m).

    Returns
    -------
    lon, lat : ndarray
        Degrees in `target`, of the broadcast shape. Places outside China and NaN are unchanged.
        The inverse is exact to well below 1 mm. (The offset leaves a strip of some 600 m just
        outside the line of `in_china` that no inverse can tell from the inside.)

    Raises
    ------
    CrsError
        For a datum that is not one of `DATUMS`.
    """
    frm, to = _datum(source), _datum(target)
    x, y = _degrees(lon, lat)
    if frm == to:
        return x.copy(), y.copy()
    out_x, out_y = x.copy(), y.copy()
    flat = [a.reshape(-1) for a in (x, y, out_x, out_y)]
    for start in range(0, x.size, _CHUNK):
        px, py, ox, oy = (a[start : start + _CHUNK] for a in flat)
        if frm == "wgs84":
            inside = in_china(px, py)
        else:
            near = _in_box(px, py, *_CHINA_WIDE)
            wx, wy = _where(near, _SHIFTS[frm, "wgs84"], px, py)
            inside = in_china(wx, wy)
            if to == "wgs84":
                np.copyto(ox, wx, where=inside)
                np.copyto(oy, wy, where=inside)
                continue
        ox[:], oy[:] = _where(inside, _SHIFTS[frm, to], px, py)
    return out_x, out_y


def convert_geometry(geometries: ArrayLike, *, source: str, target: str) -> NDArray[np.object_]:
    """Geometries of one datum in another, vertex by vertex; None and empty ones stay, z is kept.

    Parameters
    ----------
    geometries : array_like of shapely geometries
        Coordinates in degrees of `source`.
    source, target : str
        As in `convert`.
    """
    shapes = np.array(geometries, dtype=object)
    solid = shapely.has_z(shapes)
    for mask, include_z in ((~solid, False), (solid, True)):
        if not mask.any():
            continue
        xyz = shapely.get_coordinates(shapes[mask], include_z=include_z)
        xyz[:, 0], xyz[:, 1] = convert(xyz[:, 0], xyz[:, 1], source=source, target=target)
        shapes[mask] = shapely.set_coordinates(shapes[mask].copy(), xyz)
    return shapes


def _in_box(
    lon: F, lat: F, west: float, south: float, east: float, north: float
) -> NDArray[np.bool_]:
    return (lon > west) & (lon < east) & (lat > south) & (lat < north)


def _degrees(lon: ArrayLike, lat: ArrayLike) -> tuple[F, F]:
    x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    return np.asarray(x, order="C"), np.asarray(y, order="C")


def _datum(name: str) -> str:
    if name not in DATUMS:
        raise CrsError(
            "unknown datum {datum}: expected one of {known}", datum=name, known=", ".join(DATUMS)
        )
    return "wgs84" if name == "cgcs2000" else name


def _where(mask: NDArray[np.bool_], shift: _Shift, x: F, y: F) -> tuple[F, F]:
    if mask.all():
        return shift(x, y)
    out_x, out_y = x.copy(), y.copy()
    if mask.any():
        out_x[mask], out_y[mask] = shift(x[mask], y[mask])
    return out_x, out_y


def _wgs84_to_gcj02(lon: F, lat: F) -> tuple[F, F]:
    x, y = lon - 105.0, lat - 35.0
    sin_2a, sin_5a, sin_20a, sin_60a, cos_60a = _multiples(np.pi / 60.0 * x)
    sin_120a = 2.0 * sin_60a * cos_60a
    waves = 20.0 * (sin_120a + _sin_thrice(sin_120a))
    xy, root = 0.1 * x * y, np.sqrt(np.abs(x))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + xy + 0.1 * root
    east_m += (2.0 / 3.0) * (
        waves + 20.0 * sin_60a + 40.0 * sin_20a + 150.0 * sin_5a + 300.0 * sin_2a
    )
    sin_2a, sin_5a, sin_20a, sin_60a, _ = _multiples(np.pi / 60.0 * y)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + xy + 0.2 * root
    north_m += (2.0 / 3.0) * (
        waves + 20.0 * sin_60a + 40.0 * sin_20a + 160.0 * sin_5a + 320.0 * sin_2a
    )
    sin_phi = np.sin(np.deg2rad(lat))
    cos2_phi = 1.0 - sin_phi * sin_phi
    w2 = 1.0 - _EE * sin_phi * sin_phi
    w = np.sqrt(w2)
    lon_out = lon + east_m * w / np.sqrt(cos2_phi) * (180.0 / np.pi / _A_M)
    lat_out = lat + north_m * w2 * w * (180.0 / np.pi / (_A_M * (1.0 - _EE)))
    return lon_out, lat_out


def _multiples(a: F) -> tuple[F, F, F, F, F]:
    """Sines of 2, 5, 20 and 60 times an angle, and the cosine of 60 times it.

    The published formula asks for the sines of pi x / 30, / 12, / 3, pi x and more; by the
    addition theorems two calls serve them all, and the result differs by less than 1e-8 m.
    """
    sin_a, cos_a = np.sin(a), np.cos(a)
    sin_2a, cos_2a = _twice(sin_a, cos_a)
    sin_4a, cos_4a = _twice(sin_2a, cos_2a)
    sin_5a, cos_5a = sin_4a * cos_a + cos_4a * sin_a, cos_4a * cos_a - sin_4a * sin_a
    sin_20a, cos_20a = _twice(*_twice(sin_5a, cos_5a))
    cos_60a = cos_20a * (4.0 * cos_20a * cos_20a - 3.0)
    return sin_2a, sin_5a, sin_20a, _sin_thrice(sin_20a), cos_60a


def _twice(sin_a: F, cos_a: F) -> tuple[F, F]:
    return 2.0 * sin_a * cos_a, 1.0 - 2.0 * sin_a * sin_a


def _sin_thrice(sin_a: F) -> F:
    return sin_a * (3.0 - 4.0 * sin_a * sin_a)


def _gcj02_to_bd09(lon: F, lat: F) -> tuple[F, F]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(forward: _Shift) -> _Shift:
    def solve(lon: F, lat: F) -> tuple[F, F]:
        x, y = lon, lat
        for _ in range(8):
            there_x, there_y = forward(x, y)
            dx, dy = lon - there_x, lat - there_y
            x, y = x + dx, y + dy
            step = np.maximum(np.abs(dx), np.abs(dy))
            if step.size == 0 or step.max() < _SOLVED_DEG:
                break
        return x, y

    return solve


def _then(first: _Shift, second: _Shift) -> _Shift:
    return lambda lon, lat: second(*first(lon, lat))


_gcj02_to_wgs84 = _inverse(_wgs84_to_gcj02)
_bd09_to_gcj02 = _inverse(_gcj02_to_bd09)
_SHIFTS: dict[tuple[str, str], _Shift] = {
    ("wgs84", "gcj02"): _wgs84_to_gcj02,
    ("wgs84", "bd09"): _then(_wgs84_to_gcj02, _gcj02_to_bd09),
    ("gcj02", "wgs84"): _gcj02_to_wgs84,
    ("gcj02", "bd09"): _gcj02_to_bd09,
    ("bd09", "gcj02"): _bd09_to_gcj02,
    ("bd09", "wgs84"): _then(_bd09_to_gcj02, _gcj02_to_wgs84),
}


# ----------------------------------------------------------------------------- metric systems

# conformal projections: the scale is the same in every direction, so one factor corrects a length
_CONFORMAL = (
    "Transverse Mercator",
    "Mercator (variant A)",
    "Mercator (variant B)",
    "Lambert Conic Conformal (1SP)",
    "Lambert Conic Conformal (2SP)",
    "Oblique Stereographic",
    "Polar Stereographic (variant A)",
    "Polar Stereographic (variant B)",
    "Hotine Oblique Mercator (variant A)",
    "Hotine Oblique Mercator (variant B)",
)
_SERIES_REACH_M = 600_000.0  # how far from the central meridian the short series below holds


def local_crs(lon: ArrayLike, lat: ArrayLike) -> pyproj.CRS:
    """Centre a metric CRS on the places given: transverse Mercator, scale 1 on their mid-meridian.

    Parameters
    ----------
    lon, lat : array_like
        WGS-84 degrees of the places or of their outline; NaN and infinite values are left out.
        Places on both sides of the 180th meridian are kept together.

    Raises
    ------
    CrsError
        When no place has coordinates, or a latitude exceeds 90 degrees.
    """
    x, y = (a.reshape(-1) for a in _degrees(lon, lat))
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        raise CrsError("no coordinates to centre a local reference system on")
    x, y = np.sort(np.mod(x[known], 360.0)), y[known]
    if np.abs(y).max() > 90:
        raise CrsError(
            "latitude {value} is not between -90 and 90: longitude and latitude may be swapped",
            value=float(y[np.abs(y).argmax()]),
        )
    # the middle of the arc that is left when the widest empty arc is taken away
    gaps = np.diff(x, append=x[0] + 360.0)
    widest = int(gaps.argmax())
    middle = x[widest] + gaps[widest] + (360.0 - gaps[widest]) / 2.0
    lon_0 = round(float((middle + 180.0) % 360.0 - 180.0), 4)
    lat_0 = round(float(y.min() + y.max()) / 2.0, 4)
    return pyproj.CRS.from_dict(
        {"proj": "tmerc", "lat_0": lat_0, "lon_0": lon_0, "k": 1, "datum": "WGS84", "units": "m"}
    )


def require_metric(crs: Any, *, what: str) -> pyproj.CRS:
    """Check that a CRS is projected, in metres, conformal on the ellipsoid, not Web Mercator.

    Parameters
    ----------
    crs : anything that pyproj reads, or None
    what : str
        Whose coordinates they are; named in the message.

    Raises
    ------
    CrsError
        When lengths in this CRS cannot be put right by `scale_factor`, or there is no CRS.
    """
    if crs is None:
        raise CrsError(
            "{what}: no coordinate reference system is set; set the one the data are in", what=what
        )
    found = pyproj.CRS.from_user_input(crs)
    plane = _horizontal(found)
    units = {axis.unit_name for axis in plane.axis_info}
    operation = plane.coordinate_operation
    method = operation.method_name if operation else ""
    if not plane.is_projected or units != {"metre"} or method not in _CONFORMAL:
        raise CrsError(
            "{what}: lengths cannot be measured in {crs}; "
            "use a conformal projection in metres, such as crs.local_crs gives",
            what=what,
            crs=found.name,
        )
    return found


def _horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    while crs.is_bound or crs.is_compound:
        inner = crs.source_crs if crs.is_bound else crs.sub_crs_list[0]
        assert inner is not None
        crs = inner
    return crs


def to_metric(frame: gpd.GeoDataFrame, crs: Any) -> gpd.GeoDataFrame:
    """Project a frame to a metric CRS; `CrsError` when either has none or `crs` is not metric."""
    target = require_metric(crs, what="target")
    return _has_crs(frame).to_crs(target)


def to_wgs84(frame: gpd.GeoDataFrame, *, what: str = "table") -> gpd.GeoDataFrame:
    """Convert a frame to EPSG:4326; `CrsError` naming `what` when it has no CRS."""
    return _has_crs(frame, what).to_crs(WGS84)


def _has_crs(frame: gpd.GeoDataFrame, what: str = "table") -> gpd.GeoDataFrame:
    if frame.crs is None:
        raise CrsError(
            "{what}: no coordinate reference system is set; set the one the data are in",
            what=what,
        )
    return frame


def scale_factor(crs: Any, x: ArrayLike, y: ArrayLike) -> F:
    """Planar metres per ground metre at places of a metric CRS.

    Divide a short planar length by the factor at its middle to get metres on the ellipsoid.

    Parameters
    ----------
    crs : anything that pyproj reads
        A CRS that `require_metric` accepts.
    x, y : array_like
        Easting and northing, metres.

    Returns
    -------
    ndarray
        For transverse Mercator the series of Snyder (1987), *Map Projections*, eq. 8-12 to fourth
        order, right to 1e-6 within 600 km of the central meridian; else PROJ's own factors.
    """
    metric = require_metric(crs, what="coordinates")
    px, py = _degrees(x, y)
    plane = _horizontal(metric)
    operation = plane.coordinate_operation
    assert operation is not None
    if operation.method_name == "Transverse Mercator":
        p = {param.name: float(param.value) for param in operation.params}
        east = px - p["False easting"]
        if not (np.abs(east) > _SERIES_REACH_M).any():
            return _tmerc_scale(plane, p, east, py - p["False northing"])
    lon, lat = pyproj.Transformer.from_crs(plane, plane.geodetic_crs, always_xy=True).transform(
        px, py
    )
    known = np.isfinite(px) & np.isfinite(py)
    factor = np.full(px.shape, np.nan)
    if known.any():
        factors = pyproj.Proj(plane).get_factors(np.asarray(lon)[known], np.asarray(lat)[known])
        factor[known] = factors.meridional_scale
    return factor


def _tmerc_scale(crs: pyproj.CRS, p: dict[str, float], east: F, north: F) -> F:
    ellipsoid = crs.ellipsoid
    assert ellipsoid is not None
    a, f, k0 = ellipsoid.semi_major_metre, 1.0 / ellipsoid.inverse_flattening, p[_K0]
    e2 = f * (2.0 - f)
    # latitude to 0.2 degrees is plenty: the radius of curvature hardly changes with it
    phi = np.deg2rad(p["Latitude of natural origin"]) + north / (k0 * a * (1.0 - e2 / 4.0))
    radius = a * np.sqrt(1.0 - e2) / (1.0 - e2 * np.sin(phi) ** 2)
    u2 = (east / (k0 * radius)) ** 2
    return np.asarray(k0 * (1.0 + u2 / 2.0 + u2 * u2 / 24.0), dtype=np.float64)


_K0 = "Scale factor at natural origin"


# ----------------------------------------------------------------------------- CGCS2000 planes

_ZONES = {3: range(25, 46), 6: range(13, 24)}  # zone numbers that China uses, by width in degrees
_ZONED_EPSG = {3: 4513, 6: 4491}  # EPSG code of the first zone, easting led by the zone number
_CM_EPSG = {3: 4534, 6: 4502}  # EPSG code of the first zone, easting without it


def cgcs2000_crs(*, central_meridian_deg: float, width: int = 3, zoned: bool = False) -> pyproj.CRS:
    """Find the projected CGCS2000 CRS (Gauss-Kruger) of a zone.

    Parameters
    ----------
    central_meridian_deg : float
        75, 78 ... 135 for zones of 3 degrees; 75, 81 ... 135 for zones of 6.
    width : {3, 6}
        Width of the zone, degrees: EPSG 4513-4554 or 4491-4512.
    zoned : bool
        Whether eastings begin with the zone number (39 500 000 rather than 500 000).

    Raises
    ------
    CrsError
        For a central meridian that no such zone has.
    """
    if width not in _ZONES:
        raise CrsError("zone width {value} is not 3 or 6 degrees", value=width)
    zone = (central_meridian_deg + (0 if width == 3 else 3)) / width
    if zone not in _ZONES[width]:
        raise CrsError(
            "no CGCS2000 zone of {width} degrees has the central meridian {value}; "
            "expected {first}, {second} ... {last}",
            width=width,
            value=central_meridian_deg,
            first=75,
            second=75 + width,
            last=135,
        )
    first = (_ZONED_EPSG if zoned else _CM_EPSG)[width]
    return pyproj.CRS.from_epsg(first + int(zone) - _ZONES[width].start)


def from_cgcs2000_plane(
    x: ArrayLike, y: ArrayLike, *, central_meridian_deg: float | None = None
) -> tuple[F, F]:
    """Longitudes and latitudes of projected CGCS2000 coordinates, as found in survey tables.

    Chinese surveyors write x for north and y for east, geographers the reverse; which is which is
    told by the size: in China northings are 1 800 to 6 000 km, eastings below 1 000 km or led by
    the zone number (13-23 for zones of 6 degrees, 25-45 for zones of 3). Rows may lie in several
    zones.

    Parameters
    ----------
    x, y : array_like
        Metres.
    central_meridian_deg : float, optional
        Needed when the eastings do not begin with a zone number.

    Returns
    -------
    lon, lat : ndarray
        Degrees (CGCS2000, which equals WGS-84 to under 1 m); NaN where a coordinate is NaN.

    Raises
    ------
    CrsError
        When rows do not read as projected CGCS2000 coordinates, or their zone is not known.
    """
    a, b = _degrees(x, y)
    known = np.isfinite(a) & np.isfinite(b)
    east, north = (b, a) if _is_northing(a[known]) and not _is_northing(b[known]) else (a, b)
    zone = np.where(known, east // 1e6, -1).astype(np.int64)
    unzoned = known & (zone == 0)
    zoned = np.isin(zone, [*_ZONES[3], *_ZONES[6]])
    if not _is_northing(north[known]) or not (unzoned | zoned)[known].all():
        raise CrsError(
            "these are not projected CGCS2000 coordinates in metres: "
            "expected a northing of 1 800 to 6 000 km and an easting with or without zone number"
        )
    if unzoned.any() and central_meridian_deg is None:
        raise CrsError(
            "the eastings carry no zone number: say the central meridian of the zone, such as 120"
        )
    lon, lat = np.full(a.shape, np.nan), np.full(a.shape, np.nan)
    for number in np.unique(zone[known]):
        here = known & (zone == number)
        if number == 0:
            assert central_meridian_deg is not None
            crs = cgcs2000_crs(central_meridian_deg=central_meridian_deg)
        else:
            width = 3 if number in _ZONES[3] else 6
            meridian = number * width - (0 if width == 3 else 3)
            crs = cgcs2000_crs(central_meridian_deg=float(meridian), width=width, zoned=True)
        lon[here], lat[here] = pyproj.Transformer.from_crs(
            crs, crs.geodetic_crs, always_xy=True
        ).transform(east[here], north[here])
    return lon, lat


def to_cgcs2000_plane(
    lon: ArrayLike, lat: ArrayLike, *, central_meridian_deg: float, zoned: bool = False
) -> tuple[F, F]:
    """Easting and northing (metres) in the 3-degree CGCS2000 zone of a central meridian."""
    crs = cgcs2000_crs(central_meridian_deg=central_meridian_deg, zoned=zoned)
    east, north = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(
        *_degrees(lon, lat)
    )
    return np.asarray(east), np.asarray(north)


def _is_northing(values: F) -> bool:
    return bool(((values > 1.8e6) & (values < 6.0e6)).all())
