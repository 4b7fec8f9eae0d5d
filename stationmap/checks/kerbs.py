"""A city's streets made ready for the spacing rule, once: kerbs, their stretches and frontage runs.

A *kerb* is what a station can serve: a part (``sides="both"``) or one side of a part (``"each"``);
its number is ``line * len(sides) + side``. A *run* is frontage without a break along one kerb.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.covering import B, F, I, Spans, place, ticks
from stationmap.errors import InputError
from stationmap.linear import Lines, expand
from stationmap.streets import Streets

FRONTAGE = ("none", "shops", "assumed")
SIDES: Mapping[str, tuple[str, ...]] = {"both": ("both",), "each": ("left", "right")}


@dataclass(frozen=True)
class Stretches:
    """Stretches that tile the kerbs; kerb i has the rows ``first[i]:first[i + 1]``.

    Attributes
    ----------
    low, high : (n,) int64
        Chainages in ticks of 0.1 mm.
    street_class, adcode : (n,) int64
        Numbers of names in `Prepared`.
    frontage : (n,) int64
        Number of a name in `FRONTAGE`.
    """

    first: I
    kerb: I
    low: I
    high: I
    street_class: I
    adcode: I
    frontage: I

    @cached_property
    def frontage_ticks(self) -> I:
        """Frontage of each stretch, 0.1 mm; 0 where it has none."""
        return np.where(self.frontage > 0, self.high - self.low, 0)

    @cached_property
    def axis(self) -> I:
        """Where each stretch begins, as `covering.place` gives it."""
        return place(self.kerb, self.low)

    def of(self, kerb: I) -> tuple[I, I]:
        """Return the stretches of some kerbs: place in `kerb`, row."""
        return rows_of(self.first, kerb)


@dataclass(frozen=True)
class Runs:
    """Runs of frontage, sorted; kerb i has the rows ``first[i]:first[i + 1]``.

    Attributes
    ----------
    from_m, to_m : (n,) float64
        Chainages; `to_m` is beyond the length where a run of a closed kerb passes the origin.
    ring : (n,) bool
        Frontage all round a closed kerb, which has no ends.
    """

    first: I
    kerb: I
    from_m: F
    to_m: F
    ring: B

    def of(self, kerb: I) -> tuple[I, I]:
        """Return the runs of some kerbs: place in `kerb`, row."""
        return rows_of(self.first, kerb)


@dataclass(frozen=True)
class Prepared:
    """Streets ready to be checked for one spacing rule.

    Attributes
    ----------
    spacing_m, snap_m : float
    sides : tuple of str
        ("both",) or ("left", "right").
    lines : Lines
        The parts, in a metric CRS.
    near : Lines
        The parts, then their twins.
    line_of : (len(near),) int64
        Part on which counts what is near a line of `near`.
    stretches : Stretches
    runs : Runs
    shops : Spans
        Known shop frontage along the kerbs.
    classes, adcodes : tuple of str
        Names of the numbers in `stretches`.
    parts : DataFrame
        One row a part: street_id, name, name_en, part, adcode.
    """

    spacing_m: float
    snap_m: float
    sides: tuple[str, ...]
    lines: Lines
    near: Lines
    line_of: I
    stretches: Stretches
    runs: Runs
    shops: Spans
    classes: tuple[str, ...]
    adcodes: tuple[str, ...]
    parts: pd.DataFrame

    @cached_property
    def length_m(self) -> F:
        """Ground metres of each kerb."""
        return np.repeat(self.lines.length_m, len(self.sides))

    @cached_property
    def closed(self) -> B:
        """Whether each kerb runs round."""
        return np.repeat(self.lines.closed, len(self.sides))

    @cached_property
    def frontage_sums(self) -> I:
        """Frontage, and assumed frontage, by class and district: (2, classes, districts) ticks."""
        stretches = self.stretches
        assumed = stretches.frontage == FRONTAGE.index("assumed")
        values = stretches.frontage_ticks, stretches.frontage_ticks * assumed
        label = stretches.street_class, stretches.adcode
        return np.array([self.total(*label, value) for value in values])

    def total(self, street_class: I, adcode: I, value: I) -> I:
        """Add up whole numbers by class and district: (classes, districts)."""
        shape = len(self.classes), len(self.adcodes)
        label = street_class * shape[1] + adcode
        return np.bincount(label, value, shape[0] * shape[1]).reshape(shape).astype(np.int64)

    @cached_property
    def widest(self) -> float:
        """Largest scale of a line: planar metres per ground metre."""
        return float(self.near.scale.max(initial=1.0))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Lines of `near`, to look up around a few points."""
        lines = shapely.from_ragged_array(
            shapely.GeometryType.LINESTRING, self.near.xy, (self.near.first,)
        )
        return shapely.STRtree(lines)

    @cached_property
    def lines_of_street(self) -> Mapping[str, NDArray[np.intp]]:
        """Parts of each street, by its id."""
        found: Mapping[str, NDArray[np.intp]] = self.parts.groupby("street_id").indices
        return found

    def kerbs_of(self, lines: I) -> I:
        """Return the kerbs of some parts, part after part."""
        sides = np.arange(len(self.sides))
        return (lines[:, None] * len(sides) + sides).ravel()


def prepare(
    streets: Streets, *, spacing_m: float, snap_m: float = 30.0, sides: str = "both"
) -> Prepared:
    """Make streets ready for the spacing check.

    Parameters
    ----------
    streets : Streets
    spacing_m : float
        A piece of frontage longer than this is a gap; metres, exclusive.
    snap_m : float
        A station counts on a part within this distance of it; metres, inclusive.
    sides : {"both", "each"}
        Whether a station serves both kerbs, or left and right are checked apart.

    Raises
    ------
    CrsError
        When the streets are not in a metric CRS.
    InputError
        For a distance that is not a positive number, or stretches of one side with ``"both"``.
    """
    names = _sides(spacing_m, snap_m, sides)
    lines = Lines.from_geometries(streets.parts.geometry.values, crs=streets.crs)
    twins = Lines.from_geometries(streets.twins.geometry.values, crs=streets.crs)
    rows = _on_kerbs(streets.stretches, names)
    street_class, classes = _numbered(rows["street_class"])
    adcode, adcodes = _numbered(rows["adcode"])
    stretches, runs = _stretches_and_runs(
        lines,
        names,
        rows["kerb"].to_numpy(),
        rows["from_m"].to_numpy(),
        rows["to_m"].to_numpy(),
        street_class=street_class,
        adcode=adcode,
        frontage=pd.Index(FRONTAGE).get_indexer(rows["frontage"]).astype(np.int64),
    )
    shops = _on_kerbs(streets.shop_stretches, names)
    low, high = (ticks(shops[name].to_numpy()) for name in ("from_m", "to_m"))
    twin_of = streets.twins["line"].to_numpy(dtype=np.int64)
    return Prepared(
        spacing_m=spacing_m,
        snap_m=snap_m,
        sides=names,
        lines=lines,
        near=_joined(lines, twins) if len(twins) else lines,
        line_of=np.concatenate((np.arange(len(lines)), twin_of)),
        stretches=stretches,
        runs=runs,
        shops=Spans.of(shops["kerb"].to_numpy(), low, high),
        classes=classes,
        adcodes=adcodes,
        parts=pd.DataFrame(streets.parts[["street_id", "name", "name_en", "part", "adcode"]]),
    )


def prepare_lines(
    lines: Lines, *, spacing_m: float, snap_m: float = 30.0, sides: str = "both"
) -> Prepared:
    """Make bare lines ready: each is a part of its own, and frontage from end to end.

    Parameters and errors as in `prepare`.
    """
    names = _sides(spacing_m, snap_m, sides)
    line = np.arange(len(lines))
    kerb = np.arange(len(lines) * len(names))
    none = np.zeros(len(kerb), dtype=np.int64)
    to_m = np.repeat(lines.length_m, len(names))
    stretches, runs = _stretches_and_runs(
        lines,
        names,
        kerb,
        np.zeros(len(kerb)),
        to_m,
        street_class=none,
        adcode=none,
        frontage=none + FRONTAGE.index("assumed"),
    )
    return Prepared(
        spacing_m=spacing_m,
        snap_m=snap_m,
        sides=names,
        lines=lines,
        near=lines,
        line_of=line,
        stretches=stretches,
        runs=runs,
        shops=Spans.of(none[:0], none[:0], none[:0]),
        classes=("",),
        adcodes=("",),
        parts=pd.DataFrame({"street_id": line, "name": "", "name_en": "", "part": 0, "adcode": ""}),
    )


def rows_of(first: I, kerb: I) -> tuple[I, I]:
    """List the rows ``first[i]:first[i + 1]`` of some i: place in `kerb`, row."""
    owner, k = expand(first[kerb + 1] - first[kerb])
    return owner, first[kerb][owner] + k


def _joined(one: Lines, other: Lines) -> Lines:
    return Lines(
        np.concatenate((one.xy, other.xy)),
        np.concatenate((one.first, one.first[-1] + other.first[1:])),
        np.concatenate((one.at_m, other.at_m)),
        np.concatenate((one.length_m, other.length_m)),
        np.concatenate((one.closed, other.closed)),
        np.concatenate((one.scale, other.scale)),
        one.crs,
    )


def _sides(spacing_m: float, snap_m: float, sides: str) -> tuple[str, ...]:
    for name, value in (("spacing_m", spacing_m), ("snap_m", snap_m)):
        if not (np.isfinite(value) and ticks(value) > 0):
            raise InputError(
                "{name} is {value}: expected a positive number of metres", name=name, value=value
            )
    if sides not in SIDES:
        raise InputError(
            "sides is {value}: expected one of {known}", value=sides, known=", ".join(SIDES)
        )
    return SIDES[sides]


def _on_kerbs(frame: pd.DataFrame, sides: tuple[str, ...]) -> pd.DataFrame:
    """Give the rows of lines and sides to kerbs: sorted by column `kerb`, then from_m."""
    if not frame["side"].isin([*sides, "both"]).all():
        raise InputError(
            "stretches of the left and right side cannot be checked for both at once: "
            "build the streets with sides = both, or check with sides = each"
        )
    each = [
        frame.assign(kerb=frame["line"].to_numpy(dtype=np.int64) * len(sides) + number)[
            frame["side"].isin([side, "both"])
        ]
        for number, side in enumerate(sides)
    ]
    return pd.concat(each).sort_values(["kerb", "from_m"], kind="stable", ignore_index=True)


def _numbered(names: pd.Series) -> tuple[I, tuple[str, ...]]:
    number, known = pd.factorize(names.fillna(""), sort=True)
    return number.astype(np.int64), tuple(known)


def _stretches_and_runs(
    lines: Lines,
    sides: tuple[str, ...],
    kerb: I,
    from_m: F,
    to_m: F,
    *,
    street_class: I,
    adcode: I,
    frontage: I,
) -> tuple[Stretches, Runs]:
    """Join touching stretches with frontage into runs, on closed kerbs through the origin."""
    kerbs = np.arange(len(lines) * len(sides) + 1)
    low, high = ticks(from_m), ticks(to_m)
    stretches = Stretches(
        np.searchsorted(kerb, kerbs), kerb, low, high, street_class, adcode, frontage
    )
    row = np.flatnonzero((frontage > 0) & (high > low))
    opens = np.ones(len(row) + 1, dtype=np.bool_)
    opens[1:-1] = (kerb[row[1:]] != kerb[row[:-1]]) | (low[row[1:]] > high[row[:-1]])
    begin, end = row[opens[:-1]], row[opens[1:]]
    on, start_m, stop_m = kerb[begin], from_m[begin].copy(), to_m[end].copy()
    # runs that reach the origin of a closed kerb from both sides are one
    length = lines.length_m[on // len(sides)]
    closed = lines.closed[on // len(sides)]
    at_origin = closed & (low[begin] == 0)
    to_origin = closed & (high[end] == ticks(length))
    ring = at_origin & to_origin
    tail = np.flatnonzero(to_origin & ~ring)
    head = np.searchsorted(on, on[tail])
    joins = at_origin[head]
    tail, head = tail[joins], head[joins]
    stop_m[tail] = length[tail] + stop_m[head]
    keep = np.ones(len(on), dtype=np.bool_)
    keep[head] = False
    on = on[keep]
    return stretches, Runs(np.searchsorted(on, kerbs), on, start_m[keep], stop_m[keep], ring[keep])
