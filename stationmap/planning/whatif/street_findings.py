"""Gaps of a few streets, and what is found of them, where some stations change."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from stationmap.checks import along
from stationmap.checks.kerbs import Prepared
from stationmap.checks.spacing import Spacing
from stationmap.checks.spacing_gaps import gap_columns, gap_id, named
from stationmap.checks.spacing_rule import Cut, cut
from stationmap.checks.spacing_tally import shop_ticks, where_most_lies
from stationmap.crs import WGS84
from stationmap.linear import TICKS_PER_M, substrings
from stationmap.planning.whatif.surroundings import Finding, Found, Surroundings, key_of
from stationmap.standards import SpacingRule

STREET = "street"
_KNOWN = 50_000  # gaps of which the sentence is kept


class Gap(NamedTuple):
    """A gap, as `Spacing.gaps` has it; and its part's number, and where it is cut, unrounded."""

    gap_id: str
    street_id: str
    street_name: str | None
    street_class: str
    adcode: str
    part: int
    side: str
    from_m: float
    to_m: float
    length_m: float
    points_needed: int
    frontage: str
    shops_m: float
    line: int
    begin_m: float
    stop_m: float


_OWN = ("line", "begin_m", "stop_m")
Gaps = tuple[Gap, ...]


class Difference(NamedTuple):
    """Gaps of a street that differ: those that go, and those that come."""

    gone: Gaps
    new: Gaps


class StreetFindings:
    """The gaps of streets as they are and as they would be, and what the rules say of them.

    Parameters
    ----------
    ground : Surroundings
    spacing : mapping of str to Spacing
        Rule id → the check as it is.
    """

    def __init__(self, ground: Surroundings, spacing: Mapping[str, Spacing]) -> None:
        self._ground, self._spacing = ground, spacing
        self._rules = [
            rule for rule in ground.rules if isinstance(rule, SpacingRule) and rule.id in spacing
        ]
        self._names = {rule.id: _Names(spacing[rule.id].prepared) for rule in self._rules}
        self._as_it_is: dict[str, dict[str, Gaps]] = {}
        self._said: dict[tuple[str, Gap], Finding] = {}
        self._met: dict[tuple[str, str], dict[str, tuple[Finding, ...]]] = {}

    def look(
        self, spacing: Mapping[str, Spacing], streets: Sequence[str]
    ) -> tuple[dict[tuple[str, str], Difference], tuple[Found, Found]]:
        """Compare some streets with how they are: gaps by rule and street, and findings."""
        unknown = [street for street in streets if street not in self._as_it_is]
        self._as_it_is |= self._gaps(self._spacing, unknown)
        gaps, was, found = dict[tuple[str, str], Difference](), Found(), Found()
        now = self._gaps(spacing, streets)
        for street in streets:
            for rule in self._rules:
                one, two = self._as_it_is[street][rule.id], now[street][rule.id]
                there, here = set(one), set(two)
                gaps[rule.id, street] = Difference(
                    tuple(gap for gap in one if gap not in here),
                    tuple(gap for gap in two if gap not in there),
                )
            sides = (self._spacing, self._as_it_is[street]), (spacing, now[street])
            # one stretch may be spared for the gaps of all rules, and readings judge the street
            if self._ground.spares(street) or any(rule.decides != "gap" for rule in self._rules):
                for said, (checked, own) in zip((was, found), sides, strict=True):
                    said.update(self._slowly(checked, street, own))
            for rule in self._rules:
                key = key_of(rule), (STREET, street)
                if key in was:
                    continue
                changed = gaps[rule.id, street]
                ids = {gap.gap_id for gap in (*changed.gone, *changed.new)}
                for said, (checked, own) in zip((was, found), sides, strict=True):
                    said[key] = self._in_words(
                        rule, [gap for gap in own[rule.id] if gap.gap_id in ids]
                    )
                    if not own[rule.id]:
                        said[key] |= self._without_gap(checked[rule.id], rule, street)
        return gaps, (was, found)

    def _gaps(
        self, spacing: Mapping[str, Spacing], streets: Sequence[str]
    ) -> dict[str, dict[str, Gaps]]:
        found = {street: {rule.id: Gaps() for rule in self._rules} for street in streets}
        for rule in self._rules:
            of = spacing[rule.id].prepared.lines_of_street
            own = [of[street] for street in streets if street in of]
            if own:
                lines = np.sort(np.concatenate(own)).astype(np.int64)
                for gap in self._names[rule.id].gaps(spacing[rule.id], lines):
                    found[gap.street_id][rule.id] += (gap,)
        return found

    def _in_words(self, rule: SpacingRule, gaps: Sequence[Gap]) -> dict[str, tuple[Finding, ...]]:
        """Say gaps; each one once."""
        unsaid = [gap for gap in gaps if (rule.id, gap) not in self._said]
        if unsaid:
            if len(self._said) > _KNOWN:
                self._said.clear()
            columns = {name: [gap[n] for gap in unsaid] for n, name in enumerate(Gap._fields)}
            batch = along.gap_batch(
                rule, self._ground.facts, columns | {"geometry": [None] * len(unsaid)}
            )
            said = self._ground.said([batch])
            self._said |= {(rule.id, gap): one for gap, one in zip(unsaid, said, strict=True)}
        found = dict[str, tuple[Finding, ...]]()
        for gap in gaps:
            one = self._said[rule.id, gap]
            found[one.finding_id] = (*found.get(one.finding_id, ()), one)
        return found

    def _without_gap(
        self, spacing: Spacing, rule: SpacingRule, street: str
    ) -> dict[str, tuple[Finding, ...]]:
        """Say a street that has no gap: the same however its stations stand."""
        if (rule.id, street) not in self._met:
            self._met[rule.id, street] = self._slowly({rule.id: spacing}, street, {rule.id: ()})[
                key_of(rule), (STREET, street)
            ]
        return self._met[rule.id, street]

    def _slowly(
        self, spacing: Mapping[str, Spacing], street: str, gaps: Mapping[str, Gaps]
    ) -> Found:
        """Say a street and all of its gaps, together."""
        batches, rows = [], list[Gap]()
        found: Found = {}
        for rule in self._rules:
            if rule.id not in gaps:
                continue
            found[key_of(rule), (STREET, street)] = {}
            one = spacing[rule.id]
            lines = one.prepared.lines_of_street.get(street)
            if lines is None:
                continue
            line = np.sort(np.asarray(lines, dtype=np.int64))
            batches += along.found(
                rule,
                self._ground.facts,
                one.prepared,
                gaps=frame(one.prepared, gaps[rule.id]),
                streets=one.streets(lines=line),
            )
            rows += gaps[rule.id]
        table = pd.DataFrame(rows, columns=list(Gap._fields))
        for told in self._ground.said(batches, gaps=table):
            group = found[(told.rule_id, told.kind), (STREET, street)]
            group[told.finding_id] = (*group.get(told.finding_id, ()), told)
        return found


class _Names:
    """What gaps of a rule are named for: looked up once, as arrays."""

    def __init__(self, prepared: Prepared) -> None:
        parts = prepared.parts
        self._street = parts["street_id"].to_numpy(dtype=object)
        self._part = parts["part"].to_numpy()
        name = parts["name"].to_numpy(dtype=object, copy=True)
        name[pd.isna(name)] = None
        self._name = name

    def gaps(self, spacing: Spacing, lines: NDArray[np.int64]) -> Iterable[Gap]:
        """List the gaps on some parts."""
        prepared = spacing.prepared
        placed, _ = spacing.matches_of(lines).on_kerbs(prepared.sides)
        found: Cut = cut(prepared, prepared.kerbs_of(lines), placed)
        if not len(found.gap_owner):
            return
        street_class, adcode, assumed = where_most_lies(prepared, found)
        columns: dict[str, Any] = gap_columns(prepared, found)
        line = columns["line"]
        street, part = self._street[line].tolist(), self._part[line].tolist()
        side, from_m = columns["side"].tolist(), columns["from_m"].tolist()
        yield from map(
            Gap,
            map(gap_id, street, part, from_m, side),
            street,
            self._name[line].tolist(),
            named(prepared.classes, street_class).tolist(),
            named(prepared.adcodes, adcode).tolist(),
            part,
            side,
            from_m,
            columns["to_m"].tolist(),
            columns["length_m"].tolist(),
            columns["points_needed"].tolist(),
            np.where(assumed, "assumed", "shops").tolist(),
            (shop_ticks(prepared, found) / TICKS_PER_M).tolist(),
            line.tolist(),
            found.from_m.tolist(),
            found.to_m.tolist(),
        )


def frame(prepared: Prepared, gaps: Sequence[Gap]) -> gpd.GeoDataFrame:
    """Return gaps in a frame as `Spacing.gaps` gives it."""
    table = pd.DataFrame(gaps, columns=list(Gap._fields)).drop(columns=list(_OWN))
    table = table.assign(
        street_name=table["street_name"].astype("str"), rule_id=None, document=None, clause=None
    )
    return gpd.GeoDataFrame(table, geometry=shapes(prepared, gaps), crs=WGS84)


def shapes(prepared: Prepared, gaps: Sequence[Gap]) -> NDArray[np.object_]:
    """Return gaps as lines in EPSG:4326."""
    line = np.array([gap.line for gap in gaps], dtype=np.int64)
    ends = [gap.begin_m for gap in gaps], [gap.stop_m for gap in gaps]
    lines = substrings(prepared.lines, line, *ends)
    found: NDArray[np.object_] = shapely.transform(
        lines, _to_wgs84(prepared.lines.crs).transform, interleaved=False
    )
    return found


@lru_cache(maxsize=8)
def _to_wgs84(crs: pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
