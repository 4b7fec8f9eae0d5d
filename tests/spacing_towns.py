"""Random small towns for the spacing tests, and the rule worked out the slow way with shapely."""

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LinearRing, LineString, Point

from stationmap.crs import local_crs
from stationmap.streets import Streets

CRS = local_crs(118.0, 29.0)  # scale 1 to 1e-8 within some hundred metres of its centre
CLASSES = ("commercial", "main", "secondary")
ADCODES = ("330802", "330803")


def streets_of(lines, *, stretches=None, twins=(), shops=(), ids=None):
    """Streets of LineStrings; without stretches each is assumed frontage from end to end."""
    if stretches is None:
        stretches = [
            (i, 0.0, line.length, "main", "330802", "assumed", "both")
            for i, line in enumerate(lines)
        ]
    names = ["line", "from_m", "to_m", "street_class", "adcode", "frontage", "side"]
    parts = pd.DataFrame(
        {
            "street_id": ids or [f"330802-{i}" for i in range(len(lines))],
            "name": [f"街{i}" for i in range(len(lines))],
            "name_en": "",
            "part": 1,
            "adcode": "330802",
            "length_m": [line.length for line in lines],
            "closed": [line.is_closed for line in lines],
        }
    )
    parts["part"] = parts.groupby("street_id").cumcount() + 1
    twin_lines = [line for _, line in twins]
    return Streets(
        crs=CRS,
        parts=gpd.GeoDataFrame(parts, geometry=list(lines), crs=CRS),
        stretches=pd.DataFrame(stretches, columns=names),
        twins=gpd.GeoDataFrame(
            {"line": np.array([i for i, _ in twins], dtype=np.int64)}, geometry=twin_lines, crs=CRS
        ),
        shop_stretches=pd.DataFrame(shops, columns=["line", "from_m", "to_m", "side"]),
        raw_m=0.0,
    )


def stations_of(points, *, prefix="S"):
    ids = [f"{prefix}{i}" for i in range(len(points))]
    return gpd.GeoDataFrame({"station_id": ids}, geometry=list(points), crs=CRS)


def random_town(seed, *, sides="both", stations=40):
    """Bent, closed and crossing streets with mixed stretches, and stations on and off them."""
    rng = np.random.default_rng(seed)
    kerbs = ("both",) if sides == "both" else ("left", "right")
    lines, stretches, twins, shops = [], [], [], []
    for i in range(rng.integers(1, 6)):
        line = _ring(rng) if rng.random() < 0.4 else _bent(rng)
        lines.append(line)
        for side in kerbs:
            stretches += _tiles(rng, i, line.length, side)
            shops += _shops(rng, i, line.length, side)
        if rng.random() < 0.3:
            twins.append((i, line.offset_curve(float(rng.choice([-1, 1]) * rng.uniform(15, 35)))))
    twins = [(i, twin) for i, twin in twins if twin.geom_type == "LineString" and not twin.is_empty]
    points = []
    for _ in range(stations):
        line = lines[rng.integers(len(lines))]
        foot = line.interpolate(rng.uniform(0, line.length))
        away = rng.choice([0.2, 8.0, 40.0])
        points.append(Point(foot.x + rng.normal(0, away), foot.y + rng.normal(0, away)))
    ids = [f"330802-{'ab'[rng.integers(2)]}" for _ in lines]
    town = streets_of(lines, stretches=stretches, twins=twins, shops=shops, ids=ids)
    return town, stations_of(points)


def _bent(rng):
    steps = rng.uniform(20, 120, rng.integers(1, 6))
    turns = np.cumsum(rng.normal(0, 0.9, len(steps)))
    x, y = rng.uniform(-300, 300, 2)
    return LineString(
        np.column_stack(
            (
                x + np.r_[0, np.cumsum(steps * np.cos(turns))],
                y + np.r_[0, np.cumsum(steps * np.sin(turns))],
            )
        )
    )


def _ring(rng):
    angle = np.sort(rng.uniform(0, 2 * np.pi, 5))
    radius = rng.uniform(10, 90, 5)
    xy = np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))
    xy += rng.uniform(-300, 300, 2)
    return LineString(np.vstack((xy, xy[:1])))


def _tiles(rng, line, length, side):
    cuts = np.sort(rng.uniform(0, length, rng.integers(0, 5)))
    edges = [0.0, *cuts.tolist(), length]
    bare = rng.random() < 0.5
    return [
        (
            line,
            a,
            b,
            str(rng.choice(CLASSES)),
            str(rng.choice(ADCODES)),
            str(rng.choice(("shops", "assumed", "none") if bare else ("shops", "assumed"))),
            side,
        )
        for a, b in itertools.pairwise(edges)
    ]


def _shops(rng, line, length, side):
    edges = np.sort(rng.uniform(0, length, 2 * rng.integers(0, 4))).tolist()
    return [(line, a, b, side) for a, b in zip(edges[::2], edges[1::2], strict=True)]


# ------------------------------------------------------------------ the rule, worked out slowly


def slow_check(streets, stations, *, spacing_m, snap_m=30.0, sides="both"):
    """Gaps and sums by plain loops: (gaps, sums) with one dict a gap and totals by name."""
    gaps, counted = [], set()
    sums = {"frontage": {}, "covered": {}, "runs": 0, "runs_ok": 0}
    for line, row in streets.parts.iterrows():
        for side in ("both",) if sides == "both" else ("left", "right"):
            at = []
            for station, point in zip(stations["station_id"], stations.geometry, strict=True):
                place = _place(streets, line, row.geometry, point, snap_m)
                if place is not None:
                    counted.add(station)
                    if side in ("both", place[1], *(("left", "right") if place[2] else ())):
                        at.append(place[0])
            gaps += _slow_kerb(streets, line, row, side, sorted(at), spacing_m, sums)
    sums["stations"] = len(counted)
    return gaps, sums


def _place(streets, line, geometry, point, snap_m):
    if point is None or point.is_empty:
        return None
    near = [geometry, *streets.twins.geometry[streets.twins["line"] == line]]
    if round(min(other.distance(point) for other in near), 4) > snap_m:
        return None
    at = geometry.project(point)
    before = (at - 1e-4) % geometry.length if geometry.is_closed else max(at - 1e-4, 0)
    a, b = geometry.interpolate(before), geometry.interpolate(at + 1e-4)
    left = LinearRing([a, b, point]).is_ccw
    on_line = round(geometry.distance(point), 4) < 0.5
    return at, "left" if left else "right", on_line


def _slow_kerb(streets, line, row, side, at, spacing_m, sums):
    length, ring = row.geometry.length, row.geometry.is_closed
    tiles = streets.stretches[
        (streets.stretches["line"] == line) & (streets.stretches["side"] == side)
    ].sort_values("from_m")
    # distance along the street to the nearest station, either way round a ring
    laps = [a + k * length for a in at for k in ((-1, 0, 1) if ring else (0,))]
    for _, tile in tiles.iterrows():
        if tile["frontage"] == "none":
            continue
        covered = _union_inside(
            [(a - spacing_m, a + spacing_m) for a in laps], tile["from_m"], tile["to_m"]
        )
        for key in (tile["street_class"], tile["adcode"]):
            sums["frontage"][key] = sums["frontage"].get(key, 0) + tile["to_m"] - tile["from_m"]
            sums["covered"][key] = sums["covered"].get(key, 0) + covered
    gaps = []
    for low, high, whole in _slow_runs(tiles, length, ring):
        on = [a for a in sorted(laps) if low - 5e-5 <= a <= high + 5e-5]
        if whole:
            on = at
        needed = max(1, math.ceil(round(high - low, 4) / spacing_m) - (0 if whole else 1))
        sums["runs"] += 1
        sums["runs_ok"] += len(on) >= needed
        cuts = [*on, on[0] + length] if whole and on else [low, *on, high]
        near = any(round(max(low - a, a - high, 0), 4) <= spacing_m for a in laps)
        for a, b in itertools.pairwise(cuts):
            piece = round(b - a, 4)
            if piece > spacing_m or not (on or near):
                points = math.ceil(piece / spacing_m)
                gaps.append(
                    {
                        "line": line,
                        "side": side,
                        "from_m": a % length if ring else a,
                        "length_m": piece,
                        "needed": max(1, points if whole and not on else points - 1),
                        **_labels(streets, line, side, tiles, a, b, length, ring),
                    }
                )
    return gaps


def _slow_runs(tiles, length, ring):
    runs = []
    for _, tile in tiles[tiles["frontage"] != "none"].iterrows():
        if runs and runs[-1][1] == tile["from_m"]:
            runs[-1][1] = tile["to_m"]
        else:
            runs.append([tile["from_m"], tile["to_m"]])
    if ring and runs == [[0, length]]:
        return [(0, length, True)]
    if ring and len(runs) > 1 and runs[0][0] == 0 and runs[-1][1] == length:
        runs[-1][1] += runs.pop(0)[1]
    return [(a, b, False) for a, b in runs]


def _labels(streets, line, side, tiles, a, b, length, ring):
    spans = [(a + k * length, b + k * length) for k in ((-1, 0, 1) if ring else (0,))]
    by_class, by_adcode, assumed = {}, {}, False
    for _, tile in tiles.iterrows():
        over = sum(max(0, min(v, tile["to_m"]) - max(u, tile["from_m"])) for u, v in spans)
        if over > 1e-6:
            by_class[tile["street_class"]] = by_class.get(tile["street_class"], 0) + over
            by_adcode[tile["adcode"]] = by_adcode.get(tile["adcode"], 0) + over
            assumed |= tile["frontage"] == "assumed"
    shops = streets.shop_stretches
    shops = shops[(shops["line"] == line) & (shops["side"] == side)]
    return {
        "street_class": max(by_class, key=by_class.get),
        "adcode": max(by_adcode, key=by_adcode.get),
        "frontage": "assumed" if assumed else "shops",
        "shops_m": sum(
            max(0, min(v, q) - max(u, p))
            for p, q in zip(shops["from_m"], shops["to_m"], strict=True)
            for u, v in spans
        ),
    }


def _union_inside(spans, low, high):
    done, total = low, 0.0
    for a, b in sorted(spans):
        start, stop = max(a, done), min(b, high)
        if stop > start:
            total += stop - start
            done = stop
    return total
