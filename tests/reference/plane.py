"""Points, segments and intervals in a plane of metres, one at a time."""

import itertools
import math
from collections.abc import Iterable, Sequence

XY = tuple[float, float]
Interval = tuple[float, float]


def rounded(value: float) -> float:
    """Lengths are rounded to 0.1 mm before they are compared with a limit."""
    return round(value, 4)


def foot_on_segment(p: XY, a: XY, b: XY) -> tuple[float, float]:
    """Metres from `a` to the foot point of `p` on the segment, and the distance to it."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.hypot(dx, dy)
    if length == 0:
        return 0.0, math.dist(p, a)
    t = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length
    t = min(max(t, 0.0), length)
    return t, math.dist(p, (a[0] + dx * t / length, a[1] + dy * t / length))


def foot(p: XY, line: Sequence[XY]) -> tuple[float, float]:
    """Chainage of the foot point of `p` on a polyline, and the distance; a tie: the lowest."""
    best_at, best_distance, at = 0.0, math.inf, 0.0
    for a, b in itertools.pairwise(line):
        t, distance = foot_on_segment(p, a, b)
        if distance < best_distance - 1e-9:
            best_at, best_distance = at + t, distance
        at += math.dist(a, b)
    return best_at, best_distance


def length(line: Sequence[XY]) -> float:
    """Length of a polyline."""
    return sum(math.dist(a, b) for a, b in itertools.pairwise(line))


def point_at(line: Sequence[XY], at: float) -> XY:
    """Point at a chainage of a polyline."""
    done = 0.0
    for a, b in itertools.pairwise(line):
        step = math.dist(a, b)
        if step > 0 and at <= done + step:
            t = max(at - done, 0.0) / step
            return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t
        done += step
    return line[-1]


def direction_at(line: Sequence[XY], at: float) -> XY:
    """Direction (unit vector) of a polyline at a chainage; at a bend the mean of both sides."""
    done, found, whole = 0.0, [0.0, 0.0], length(line)
    places = [at]
    if line[0] == line[-1] and min(at, whole - at) < 1e-7:
        places = [0.0, whole]  # the origin of a ring is a bend like any other
    for a, b in itertools.pairwise(line):
        step = math.dist(a, b)
        if step > 0 and any(done - 1e-7 <= p <= done + step + 1e-7 for p in places):
            found[0] += (b[0] - a[0]) / step
            found[1] += (b[1] - a[1]) / step
        done += step
    size = math.hypot(*found) or 1.0
    return found[0] / size, found[1] / size


def left_of(p: XY, line: Sequence[XY], at: float) -> bool:
    """Whether `p` lies left of the line at its foot point."""
    q, d = point_at(line, at), direction_at(line, at)
    return d[0] * (p[1] - q[1]) - d[1] * (p[0] - q[0]) > 0


def turn_deg(before: XY, at: XY, after: XY) -> float:
    """Degrees by which a path turns at `at`: 0 is straight on, 180 straight back."""
    first = math.atan2(at[1] - before[1], at[0] - before[0])
    second = math.atan2(after[1] - at[1], after[0] - at[0])
    turn = math.degrees(second - first) % 360
    return min(turn, 360 - turn)


def union(intervals: Iterable[Interval], *, closer_than: float = 0.0) -> list[Interval]:
    """Disjoint, sorted intervals; those that touch, or lie closer than this, are one."""
    found: list[Interval] = []
    for low, high in sorted(intervals):
        if found:
            space = rounded(low - found[-1][1])
            if space <= 0 or space < closer_than:
                found[-1] = (found[-1][0], max(high, found[-1][1]))
                continue
        found.append((low, high))
    return found


def clip(intervals: Iterable[Interval], low: float, high: float) -> list[Interval]:
    """The parts of intervals that lie in [low, high]."""
    cut = [(max(a, low), min(b, high)) for a, b in intervals]
    return [(a, b) for a, b in cut if b > a]


def total(intervals: Iterable[Interval]) -> float:
    """Sum of lengths."""
    return sum(b - a for a, b in intervals)
