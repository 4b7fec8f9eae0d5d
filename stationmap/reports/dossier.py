"""What reports are made from: the findings of one check and all that is said beside them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks.findings import NOT_MET
from stationmap.messages import LANGUAGES, N_, render
from stationmap.reports.assumed import Assumption, assumptions
from stationmap.reports.supervision import Supervision
from stationmap.reports.wording import OUTCOMES
from stationmap.standards import Pack, Rule, SpacingRule

# kinds of rule that say where something has to be built
BUILDING = ("presence", "count")
# kinds of rule whose findings belong on a map of where stations stand and lack
PLACED = ("spacing", "presence", "count", "placement")


@dataclass(frozen=True)
class Source:
    """One import that the city's data come from."""

    file: str
    kind: str
    imported_on: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Frontage:
    """What a spacing rule found: `Spacing.summary`, gaps, and whether it is met.

    Attributes
    ----------
    rule : SpacingRule
    summary : mapping
        Of one district only its figures.
    effective : mapping or None
        The same without the stations that do not serve; None without inspections.
    gaps : GeoDataFrame
        In EPSG:4326.
    stations : GeoDataFrame
        Those that count, in any CRS.
    known_m : float
        Length along which shops are known, in metres.
    met : bool or None
        By the reading that decides; None where there is no frontage, or of one district.
    """

    rule: SpacingRule
    summary: Mapping[str, Any]
    effective: Mapping[str, Any] | None
    gaps: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    known_m: float
    met: bool | None


@dataclass(frozen=True)
class Dossier:
    """Findings of a city against one pack, with what a reader needs to judge them.

    Attributes
    ----------
    city, adcode : str
    pack : Pack
    pack_sha256 : str
        Of the pack's file; "" where it has none.
    date : date
        Of the check.
    findings : GeoDataFrame
        The findings frame, in EPSG:4326.
    rules : sequence of Rule
        Those that were checked, in the document's order.
    missing : sequence of mapping
        Layers that are not imported or not declared complete: layer, name, rows, rules (see
        `checks.whole.missing`).
    sources : sequence of Source
    districts : GeoDataFrame
        Counties: adcode, name, geometry in EPSG:4326.
    streets : GeoDataFrame, optional
        Lines to draw, in any CRS.
    frontage : Frontage, optional
        Where the pack has a spacing rule and the city has streets.
    indicators : DataFrame, optional
        As `indicators.frame` gives it.
    exemptions : DataFrame, optional
        rule_id, subject_id, reason, approver, until (NaT without end), valid on the day.
    supervision : Supervision, optional
        What inspectors visited and ordered this year; not for everybody.
    """

    city: str
    adcode: str
    pack: Pack
    pack_sha256: str
    date: dt.date
    findings: gpd.GeoDataFrame
    rules: Sequence[Rule]
    missing: Sequence[Mapping[str, Any]] = ()
    sources: Sequence[Source] = ()
    districts: gpd.GeoDataFrame = field(
        default_factory=lambda: gpd.GeoDataFrame(
            {"adcode": [], "name": []}, geometry=[], crs="EPSG:4326"
        )
    )
    streets: gpd.GeoDataFrame | None = None
    frontage: Frontage | None = None
    indicators: pd.DataFrame | None = None
    exemptions: pd.DataFrame | None = None
    supervision: Supervision | None = None

    @cached_property
    def outcome(self) -> NDArray[np.object_]:
        """Of each finding, one of `wording.OUTCOMES`."""
        return outcome(self.findings)

    @cached_property
    def county(self) -> NDArray[np.object_]:
        """Adcode of each finding's county; the city's own, or "", where it has none."""
        code = self.findings["adcode"].fillna("").astype("str").str[:6]
        found: NDArray[np.object_] = code.to_numpy(dtype=object)
        return found

    @cached_property
    def county_names(self) -> Mapping[str, str]:
        """Adcode → name of the districts and of the city."""
        rows = self.districts.dropna(subset=["name"])
        return {self.adcode: self.city, **dict(zip(rows["adcode"], rows["name"], strict=True))}

    def area(self, adcode: str, *, lang: str) -> str:
        """Name a county; what is the city's own beside its counties is of city level."""
        if adcode == self.adcode and adcode not in set(self.districts["adcode"]):
            return render(N_("city level"), {}, lang=lang)
        name = self.county_names.get(adcode) or adcode
        return name or render(N_("(no county)"), {}, lang=lang)

    @cached_property
    def tally(self) -> pd.Series:
        """Findings by outcome, all of `wording.OUTCOMES`."""
        return _tally(self.outcome)

    @cached_property
    def by_rule(self) -> pd.DataFrame:
        """One row a rule, in the document's order: rule (Rule), a count for each outcome, all.

        The index is rule_id and kind: two rules of one clause share an id.
        """
        keys = pd.MultiIndex.from_tuples(
            [(rule.id, rule.kind) for rule in self.rules], names=["rule_id", "kind"]
        )
        counts = pd.DataFrame(
            {
                "rule_id": self.findings["rule_id"].astype("str"),
                "kind": self.findings["kind"].astype("str"),
                "outcome": self.outcome,
            }
        ).value_counts()
        table = counts.unstack("outcome", fill_value=0)
        table = table.reindex(index=keys, columns=list(OUTCOMES), fill_value=0).astype("int64")
        table["all"] = table.sum(axis=1)
        return table.assign(rule=list(self.rules)).rename_axis(columns=None)

    @cached_property
    def assumed(self) -> Mapping[str, list[Assumption]]:
        """What is assumed in the rules that found anything, by language."""
        some = [row["rule"] for _, row in self.by_rule.iterrows() if row["all"]]
        return {lang: assumptions(some, self.pack, lang=lang) for lang in LANGUAGES}

    @cached_property
    def by_county(self) -> pd.DataFrame:
        """Counts by county, by adcode; a county without findings stands there too.

        Returns
        -------
        DataFrame
            Index adcode; ``due`` places where binding rules ask for a station, of them
            ``built``, ``lacking`` and ``untold``; ``share`` built of due (NaN without any), at
            least this where some are untold; then a count of all findings for each outcome.
        """
        findings, county = self.findings, self.county
        building = (findings["kind"].isin(BUILDING) & (findings["force"] == "binding")).to_numpy()
        codes = sorted(set(self.districts["adcode"]) | set(county))
        due = pd.crosstab(county[building], self.outcome[building])
        due = due.reindex(index=codes, columns=["met", "not_met", "unknown"], fill_value=0)
        every = pd.crosstab(county, self.outcome)
        every = every.reindex(index=codes, columns=list(OUTCOMES), fill_value=0)
        total = due.sum(axis=1)
        table = pd.DataFrame(
            {
                "due": total,
                "built": due["met"],
                "lacking": due["not_met"],
                "untold": due["unknown"],
                "share": due["met"] / total.where(total > 0),
            },
            index=pd.Index(codes, name="adcode"),
        )
        return table.join(every).astype("object")

    @cached_property
    def built(self) -> pd.Series:
        """Sums of `by_county` over the city, with the share of the sums."""
        sums = self.by_county.drop(columns=["share"]).sum().astype("object")
        sums["share"] = sums["built"] / sums["due"] if sums["due"] else np.nan
        return sums

    @cached_property
    def untold(self) -> pd.DataFrame:
        """Why findings cannot be told: rule (Rule), message (the most frequent), alike, cases."""
        by_key = {(rule.id, rule.kind): rule for rule in self.rules}
        rows = self.findings[self.outcome == "unknown"]
        found = [
            {
                "rule": by_key[rule_id, kind],
                "message": group["message"].value_counts().index[0],
                "alike": group["message"].nunique() == 1,
                "cases": len(group),
            }
            for (rule_id, kind, _), group in rows.groupby(
                ["rule_id", "kind", "message_id"], observed=True, sort=False
            )
        ]
        return pd.DataFrame(found, columns=["rule", "message", "alike", "cases"])


def outcome(findings: pd.DataFrame) -> NDArray[np.object_]:
    """Tell what becomes of each finding: its state, or ``advised`` for an advisory shortfall."""
    state = findings["state"].to_numpy(dtype=object)
    advised = (state == NOT_MET) & (findings["force"].to_numpy(dtype=object) == "advisory")
    found: NDArray[np.object_] = np.where(advised, "advised", state)
    return found


def _tally(outcomes: NDArray[np.object_]) -> pd.Series:
    return pd.Series(outcomes).value_counts().reindex(list(OUTCOMES), fill_value=0)
