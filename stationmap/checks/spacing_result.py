"""What the spacing check found: gaps, readings, coverage by street, class and district."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks.kerbs import FRONTAGE, Prepared
from stationmap.checks.matching import Matches, Stations
from stationmap.checks.spacing_gaps import gap_geometry, gap_ids, gap_places, named, strips
from stationmap.checks.spacing_rule import Cut, cut
from stationmap.checks.spacing_tally import (
    Tally,
    covered_stretches,
    majority,
    shop_ticks,
    where_most_lies,
)
from stationmap.covering import F, I
from stationmap.crs import to_wgs84
from stationmap.errors import InputError
from stationmap.linear import TICKS_PER_M
from stationmap.standards import SpacingRule


@dataclass(frozen=True)
class Spacing:
    """Answer of the spacing check for a city.

    `check` and `update` make it. Metres are ground metres; with ``sides="each"`` frontage counts
    once for each side.

    Attributes
    ----------
    prepared : Prepared
    stations : Stations
    stations_counted : int
        Stations that count on any part.
    tally : Tally
    matches : Matches
        Of the full check; `changed` holds those of the lines that changed since.
    """

    prepared: Prepared
    stations: Stations
    stations_counted: int
    tally: Tally
    matches: Matches
    changed: Mapping[int, tuple[I, F, F]] = field(default_factory=dict)
    first_cut: Cut | None = None

    def summary(self) -> dict[str, Any]:
        """Sum up the city in the three readings, by class and by district.

        Returns
        -------
        dict
            frontage_m, assumed_m (of it assumed), covered_m, covered_share (None without
            frontage), gaps, gap_m, points_needed; stations_counted; runs of frontage,
            runs_count_ok (those with as many stations as they need), count_ok (all of them);
            by_class and by_district: the first seven for each.
        """
        prepared, sums = self.prepared, self.tally
        totals = np.concatenate((prepared.frontage_sums, sums.sums))
        runs = len(prepared.runs.kerb)
        return {
            **_figures(totals.sum(axis=(1, 2))),
            "stations_counted": self.stations_counted,
            "runs": runs,
            "runs_count_ok": sums.runs_ok,
            "count_ok": sums.runs_ok == runs,
            "by_class": _by(prepared.classes, totals.sum(axis=2)),
            "by_district": _by(prepared.adcodes, totals.sum(axis=1)),
        }

    def met(self, decides: str) -> bool | None:
        """Tell whether the city meets the rule; None where there is no frontage.

        Parameters
        ----------
        decides : {"gap", "count", "covered"}
            The reading that the pack lets decide: no gap, every run with as many stations as it
            needs, or all frontage covered.
        """
        found = self.summary()
        if found["covered_share"] is None:
            return None
        readings = {
            "gap": found["gaps"] == 0,
            "count": found["count_ok"],
            "covered": found["covered_share"] == 1,
        }
        return bool(readings[decides])

    def gaps(
        self, rule: SpacingRule | None = None, *, lines: Sequence[int] | I | None = None
    ) -> gpd.GeoDataFrame:
        """List the gaps.

        Parameters
        ----------
        rule : SpacingRule, optional
            Whose id, document and article the rows carry.
        lines : sequence of int, optional
            Only the gaps on these parts (rows of ``Streets.parts``).

        Returns
        -------
        GeoDataFrame
            In EPSG:4326, along the streets: gap_id, street_id, street_name, street_class, adcode,
            part, side, from_m, to_m, length_m, points_needed, frontage, shops_m, rule_id, document,
            clause, geometry. A gap through the origin of a ring has ``from_m > to_m``, and
            ``from_m == to_m`` where one station alone stands on it.
        """
        prepared, found = self.prepared, self._cut(lines)
        street_class, adcode, assumed = where_most_lies(prepared, found)
        places = gap_places(prepared, found)
        part = prepared.parts.iloc[places["line"]].reset_index(drop=True)
        frame = pd.DataFrame(
            {
                "gap_id": gap_ids(prepared, places),
                "street_id": part["street_id"],
                "street_name": part["name"],
                "street_class": named(prepared.classes, street_class),
                "adcode": named(prepared.adcodes, adcode),
                "part": part["part"],
                **places.drop(columns="line"),
                "frontage": np.where(assumed, "assumed", "shops"),
                "shops_m": shop_ticks(prepared, found) / TICKS_PER_M,
                "rule_id": rule.id if rule else None,
                "document": rule.clause.document if rule else None,
                "clause": rule.clause.article if rule else None,
            }
        )
        geometry = gap_geometry(prepared, found)
        return to_wgs84(gpd.GeoDataFrame(frame, geometry=geometry, crs=prepared.lines.crs))

    def streets(self, *, lines: I | None = None) -> pd.DataFrame:
        """Sum up each street.

        Parameters
        ----------
        lines : (n,) int64, optional
            Only these parts (rows of ``Streets.parts``, rising): all those of some streets.

        Returns
        -------
        DataFrame
            street_id, name, name_en, street_class (of most of its frontage), adcode, parts,
            length_m, frontage_m, assumed_m, covered_m, covered_share (NaN without frontage), gaps,
            gap_m, points_needed, runs, runs_count_ok, count_ok; ordered by street_id.
        """
        prepared, found = self.prepared, self._cut(lines)
        parts, stretches = prepared.parts, prepared.stretches
        length_m = prepared.lines.length_m
        if lines is not None:
            parts, length_m = parts.iloc[lines], length_m[lines]
        street, ids = pd.factorize(parts["street_id"], sort=True)
        of_kerb = np.repeat(street, len(prepared.sides))
        of_gap, of_run = of_kerb[found.gap_owner], of_kerb[found.run_owner]
        owner, row, covered = covered_stretches(prepared, found)
        of_row, frontage = of_kerb[owner], stretches.frontage_ticks[row]
        assumed = frontage * (stretches.frontage[row] == FRONTAGE.index("assumed"))

        def total(street: NDArray[Any], value: Any = None) -> NDArray[Any]:
            return np.bincount(street, value, len(ids))

        first = np.zeros(len(ids), dtype=np.int64)
        first[street[::-1]] = np.arange(len(street))[::-1]
        most = majority(of_row, stretches.street_class[row], frontage, len(ids))
        table = pd.DataFrame(
            {
                "street_id": ids,
                "name": parts["name"].to_numpy()[first],
                "name_en": parts["name_en"].to_numpy()[first],
                "street_class": named(prepared.classes, most),
                "adcode": parts["adcode"].to_numpy()[first],
                "parts": total(street),
                "length_m": np.round(total(street, length_m), 4),
                "frontage_m": total(of_row, frontage) / TICKS_PER_M,
                "assumed_m": total(of_row, assumed) / TICKS_PER_M,
                "covered_m": total(of_row, covered) / TICKS_PER_M,
                "covered_share": np.nan,
                "gaps": total(of_gap),
                "gap_m": total(of_gap, found.gap_ticks) / TICKS_PER_M,
                "points_needed": total(of_gap, found.needed).astype(np.int64),
                "runs": total(of_run),
                "runs_count_ok": total(of_run, found.run_ok).astype(np.int64),
            }
        )
        some = table["frontage_m"] > 0
        table.loc[some, "covered_share"] = table["covered_m"] / table["frontage_m"]
        table["count_ok"] = table["runs"] == table["runs_count_ok"]
        return table

    def stretches(self) -> pd.DataFrame:
        """Sum up each stretch of frontage, kerb by kerb.

        Returns
        -------
        DataFrame
            street_id, street_class, adcode, frontage_m, covered_m.
        """
        prepared, stretches = self.prepared, self.prepared.stretches
        _, row, covered = covered_stretches(prepared, self._whole)
        line = stretches.kerb[row] // len(prepared.sides)
        return pd.DataFrame(
            {
                "street_id": prepared.parts["street_id"].to_numpy()[line],
                "street_class": named(prepared.classes, stretches.street_class[row]),
                "adcode": named(prepared.adcodes, stretches.adcode[row]),
                "frontage_m": stretches.frontage_ticks[row] / TICKS_PER_M,
                "covered_m": covered / TICKS_PER_M,
            }
        )

    def strips(self, street_id: str) -> list[dict[str, Any]]:
        """Lay out one street for a picture to scale, part by part and side by side.

        Returns
        -------
        list of dict
            part, side, length_m, closed; frontage and covered, lists of [from_m, to_m]; gaps,
            dicts of gap_id, from_m, to_m, length_m, points_needed; stations, dicts of station_id,
            at_m.

        Raises
        ------
        InputError
            When there is no such street.
        """
        lines_of_street = self.prepared.lines_of_street
        if street_id not in lines_of_street:
            raise InputError(
                "there is no street {street_id}: look its id up in the list of streets",
                street_id=street_id,
            )
        lines = lines_of_street[street_id]
        return strips(self.prepared, self._cut(lines), self.matches_of(lines), self.stations)

    def counted(self) -> frozenset[str]:
        """Return the ids of the stations that count on some part by now."""
        changed = np.array(list(self.changed), np.int64)
        there = self.matches.station[~np.isin(self.matches.line, changed)]
        numbers = np.concatenate((there, *(found[0] for found in self.changed.values())))
        return frozenset(map(self.stations.id_of, np.unique(numbers).tolist()))

    def matches_of(self, lines: I) -> Matches:
        """Return the stations that count on some parts by now, numbered as in `lines`."""
        first, base = self.matches.first, self.matches
        found = [
            self.changed.get(line) or (base.station[rows], base.at_m[rows], base.offset_m[rows])
            for line in lines.tolist()
            for rows in (slice(first[line], first[line + 1]),)
        ]
        station, at_m, offset_m = (
            np.concatenate([start, *(values[i] for values in found)])
            for i, start in enumerate((base.station[:0], base.at_m[:0], base.offset_m[:0]))
        )
        count = np.array([len(values[0]) for values in found], np.int64)
        return Matches(np.concatenate(([0], np.cumsum(count))), station, at_m, offset_m)

    def _cut(self, lines: Sequence[int] | I | None) -> Cut:
        if lines is None:
            return self._whole
        asked = np.asarray(lines, dtype=np.int64)
        placed, _ = self.matches_of(asked).on_kerbs(self.prepared.sides)
        return cut(self.prepared, self.prepared.kerbs_of(asked), placed)

    @cached_property
    def _whole(self) -> Cut:
        return self.first_cut or self._cut(np.arange(len(self.prepared.lines)))


def _figures(totals: I) -> dict[str, Any]:
    long, assumed, covered, gaps, needed, gap = totals.tolist()
    return {
        "frontage_m": long / TICKS_PER_M,
        "assumed_m": assumed / TICKS_PER_M,
        "covered_m": covered / TICKS_PER_M,
        "covered_share": covered / long if long else None,
        "gaps": gaps,
        "gap_m": gap / TICKS_PER_M,
        "points_needed": needed,
    }


def _by(names: tuple[str, ...], totals: I) -> dict[str, dict[str, Any]]:
    return {name: _figures(totals[:, i]) for i, name in enumerate(names)}
