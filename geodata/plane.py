"""Plane geometry of the demo city: metres east and north of its centre, plain Python floats.

Nothing here depends on a library's version, so the same seed gives the same city everywhere.
Points are ``(x, y)``; lines and rings are lists of points, rings without a repeated last point;
the left of a line's direction is the positive side.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
Line = list[Point]

CENTRE_LON, CENTRE_LAT = 118.80, 28.66
_A, _E2 = 6378137.0, 0.0066943799901413165  # WGS 84


def to_lonlat(point: Point) -> Point:
    """Degrees (WGS 84, 7 decimals) of a point in metres; lengths stay true to under 0.001 %."""
    x, y = point
    mid = math.radians(CENTRE_LAT) + y / (2 * _meridian(math.radians(CENTRE_LAT)))
    lat = math.radians(CENTRE_LAT) + y / _meridian(mid)
    across = _A / math.sqrt(1 - _E2 * math.sin(lat) ** 2) * math.cos(lat)
    return round(CENTRE_LON + math.degrees(x / across), 7), round(math.degrees(lat), 7)


def _meridian(lat: float) -> float:
    """Radius of curvature along the meridian, metres; `lat` in radians."""
    return float(_A * (1 - _E2) / (1 - _E2 * math.sin(lat) ** 2) ** 1.5)


def distance(a: Point, b: Point) -> float:
    """Metres between two points."""
    return math.hypot(a[0] - b[0], a[1] - b[1])


def length(line: Sequence[Point]) -> float:
    """Metres along a line."""
    return sum(distance(a, b) for a, b in pairwise(line))


def along(line: Sequence[Point], at_m: float) -> tuple[Point, Point]:
    """Point at `at_m` along a line (clamped to its ends) and the unit direction there."""
    rest = at_m
    for a, b in pairwise(line):
        step = distance(a, b)
        if step and (rest <= step or b is line[-1]):
            t = min(max(rest / step, 0.0), 1.0)
            unit = ((b[0] - a[0]) / step, (b[1] - a[1]) / step)
            return (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])), unit
        rest -= step
    return line[-1], (1.0, 0.0)


def beside(line: Sequence[Point], at_m: float, offset_m: float) -> Point:
    """Point `offset_m` to the left (negative: right) of a line at `at_m`."""
    (x, y), (dx, dy) = along(line, at_m)
    return x - dy * offset_m, y + dx * offset_m


def foot(line: Sequence[Point], point: Point) -> tuple[float, float, float]:
    """Where a point falls on a line: metres along it, distance, signed offset (left positive)."""
    best, run = (0.0, math.inf, 0.0), 0.0
    for a, b in pairwise(line):
        dx, dy = b[0] - a[0], b[1] - a[1]
        step = math.hypot(dx, dy)
        if not step:
            continue
        px, py = point[0] - a[0], point[1] - a[1]
        t = min(max((px * dx + py * dy) / (step * step), 0.0), 1.0)
        away = math.hypot(px - t * dx, py - t * dy)
        if away < best[1]:
            best = run + t * step, away, math.copysign(away, dx * py - dy * px)
        run += step
    return best


def smooth(points: Sequence[Point], *, closed: bool = False, step_m: float = 24.0) -> Line:
    """Catmull-Rom curve through control points, thinned to 0.2 m; a closed one is a ring."""
    count = len(points)
    picked = []
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k - 1) % count] for k in range(4))
        else:
            p1, p2 = points[i], points[i + 1]
            p0 = points[i - 1] if i else (2 * p1[0] - p2[0], 2 * p1[1] - p2[1])
            p3 = points[i + 2] if i + 2 < count else (2 * p2[0] - p1[0], 2 * p2[1] - p1[1])
        pieces = max(2, int(distance(p1, p2) / step_m))
        picked += [_catmull(p0, p1, p2, p3, k / pieces) for k in range(pieces)]
    if not closed:
        return thin([*picked, points[-1]])
    half = len(picked) // 2
    return thin(picked[: half + 1])[:-1] + thin([*picked[half:], picked[0]])[:-1]


def _catmull(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    def axis(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )

    return axis(p0[0], p1[0], p2[0], p3[0]), axis(p0[1], p1[1], p2[1], p3[1])


def thin(line: Line, tolerance_m: float = 0.2) -> Line:
    """Douglas-Peucker: the same line with fewer vertices."""
    if len(line) < 3:
        return list(line)
    chord = [line[0], line[-1]]
    far, worst = 0, 0.0
    for i in range(1, len(line) - 1):
        away = foot(chord, line[i])[1] if chord[0] != chord[1] else distance(chord[0], line[i])
        if away > worst:
            far, worst = i, away
    if worst <= tolerance_m:
        return chord
    return thin(line[: far + 1], tolerance_m)[:-1] + thin(line[far:], tolerance_m)


def parallel(line: Sequence[Point], offset_m: float, *, closed: bool = False) -> Line:
    """Line at a constant distance to the left (negative: right), corners mitred."""
    count, out = len(line), []
    for i, (x, y) in enumerate(line):
        before = line[i - 1] if i or closed else None
        after = line[(i + 1) % count] if i + 1 < count or closed else None
        normals = []
        for a, b in ((before, (x, y)), ((x, y), after)):
            if a is not None and b is not None and a != b:
                step = distance(a, b)
                normals.append(((a[1] - b[1]) / step, (b[0] - a[0]) / step))
        nx = sum(n[0] for n in normals) / len(normals)
        ny = sum(n[1] for n in normals) / len(normals)
        scale = offset_m / max(nx * nx + ny * ny, 0.25)
        out.append((x + nx * scale, y + ny * scale))
    return out


def area(ring: Sequence[Point]) -> float:
    """Signed area in m²; positive when the ring runs counter-clockwise."""
    total = 0.0
    for (ax, ay), (bx, by) in edges(ring):
        total += ax * by - bx * ay
    return total / 2


def edges(ring: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Sides of a ring, the closing one last."""
    yield from zip(ring, [*ring[1:], ring[0]], strict=True)


def middle(ring: Sequence[Point]) -> Point:
    """Centroid of a ring's area."""
    whole, cx, cy = area(ring), 0.0, 0.0
    for (ax, ay), (bx, by) in edges(ring):
        cross = ax * by - bx * ay
        cx, cy = cx + (ax + bx) * cross, cy + (ay + by) * cross
    return cx / (6 * whole), cy / (6 * whole)


def inside(ring: Sequence[Point], point: Point) -> bool:
    """Whether a point lies in a ring (even-odd rule; the rim itself is undefined)."""
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in edges(ring):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            odd = not odd
    return odd


def shrink(ring: Sequence[Point], inset_m: float) -> Line | None:
    """Ring moved inwards by `inset_m` (counter-clockwise); None where nothing sound is left."""
    turned = unspiked(ring if area(ring) > 0 else ring[::-1])
    kept = [p for i, p in enumerate(turned) if distance(p, turned[i - 1]) > 0.5]
    if len(kept) < 3:
        return None
    out = parallel(kept, inset_m, closed=True)
    sound = []
    for i, p in enumerate(out):
        a, b = kept[i], kept[(i + 1) % len(kept)]
        c, d = p, out[(i + 1) % len(out)]
        if (b[0] - a[0]) * (d[0] - c[0]) + (b[1] - a[1]) * (d[1] - c[1]) > 0:
            sound.append(p)
    if len(sound) < 3 or area(sound) < 0.2 * area(turned) or crosses_itself(sound):
        return None
    return sound if all(inside(turned, p) for p in sound) else None


def unspiked(ring: Sequence[Point]) -> Line:
    """Ring without the parts that run out and back on themselves."""
    out: Line = []
    for p in ring:
        out.append(p)
        while len(out) > 2 and distance(out[-1], out[-3]) < 0.01:
            del out[-2:]
        if len(out) > 1 and distance(out[-1], out[-2]) < 0.01:
            del out[-1]
    while len(out) > 2 and distance(out[-2], out[0]) < 0.01:
        del out[-1]
    while len(out) > 2 and distance(out[-1], out[1]) < 0.01:
        del out[0]
    return out


def clipped(line: Sequence[Point], west: float, south: float, east: float, north: float) -> Line:
    """Part of a line or ring within a box (Sutherland-Hodgman); a line may leave by its ends."""
    out = list(line)
    for axis, limit, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        kept: Line = []
        for k, p in enumerate(out):
            q = out[k - 1]
            within, before = sign * (p[axis] - limit) >= 0, sign * (q[axis] - limit) >= 0
            if within != before:
                t = (limit - q[axis]) / (p[axis] - q[axis])
                kept.append((q[0] + t * (p[0] - q[0]), q[1] + t * (p[1] - q[1])))
            if within:
                kept.append(p)
        out = kept
    return out


def crossing(a: Point, b: Point, c: Point, d: Point) -> tuple[float, float] | None:
    """Fractions along ab and cd where the two segments cross, or None."""
    rx, ry, sx, sy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    cross = rx * sy - ry * sx
    if abs(cross) < 1e-9:
        return None
    qx, qy = c[0] - a[0], c[1] - a[1]
    t, u = (qx * sy - qy * sx) / cross, (qx * ry - qy * rx) / cross
    return (t, u) if 0 <= t <= 1 and 0 <= u <= 1 else None


def crosses_itself(ring: Sequence[Point]) -> bool:
    """Whether two sides of a ring cross away from their common corner."""
    sides = list(edges(ring))
    for i, (a, b) in enumerate(sides):
        for j in range(i + 2, len(sides)):
            if (i or j + 1 < len(sides)) and crossing(a, b, *sides[j]):
                return True
    return False


def quads_overlap(one: Sequence[Point], two: Sequence[Point]) -> bool:
    """Whether two convex rings share area (separating axis)."""
    for a, b in (*edges(one), *edges(two)):
        nx, ny = a[1] - b[1], b[0] - a[0]
        p = [nx * x + ny * y for x, y in one]
        q = [nx * x + ny * y for x, y in two]
        if max(p) <= min(q) or max(q) <= min(p):
            return False
    return True


@dataclass
class Grid:
    """Things by place, for nearby look-ups: a dictionary of square cells."""

    cell_m: float = 60.0

    def __post_init__(self) -> None:
        self.cells: dict[tuple[int, int], list[int]] = {}

    def add(self, item: int, points: Sequence[Point]) -> None:
        """Put `item` into every cell that the box around `points` touches."""
        for cell in self._around(points, 0.0):
            self.cells.setdefault(cell, []).append(item)

    def near(self, points: Sequence[Point], reach_m: float = 0.0) -> list[int]:
        """Items whose cells lie within `reach_m` of the box around `points`, in order."""
        found: set[int] = set()
        for cell in self._around(points, reach_m):
            found.update(self.cells.get(cell, ()))
        return sorted(found)

    def _around(self, points: Sequence[Point], reach_m: float) -> Iterator[tuple[int, int]]:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        for i in range(
            math.floor((min(xs) - reach_m) / self.cell_m),
            math.floor((max(xs) + reach_m) / self.cell_m) + 1,
        ):
            for j in range(
                math.floor((min(ys) - reach_m) / self.cell_m),
                math.floor((max(ys) + reach_m) / self.cell_m) + 1,
            ):
                yield i, j
