"""What a plan's files are made from: the plan, what was asked, and the city before and after it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import pandas as pd

from stationmap.reports.dossier import Source
from stationmap.standards import Pack, Rule


class PlanParts(Protocol):
    """A plan as `stationmap.planning.plan.Plan` tells it."""

    @property
    def proposals(self) -> gpd.GeoDataFrame:
        """New stations, in building order."""

    @property
    def uncoverable(self) -> gpd.GeoDataFrame:
        """What no host covers."""

    @property
    def suggested(self) -> gpd.GeoDataFrame:
        """Where free-standing points would cover it."""

    @property
    def curve(self) -> pd.DataFrame:
        """What is reached with 0, 1, … new stations."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """What was asked and found."""


def milestones(rows: int) -> list[int]:
    """Return the rows of a curve that are told: none built, a quarter, half … all."""
    last = rows - 1
    return sorted({round(last * share) for share in (0, 0.25, 0.5, 0.75, 1)})


@dataclass(frozen=True)
class PlanDossier:
    """A plan of a city, with what a reader needs to judge it.

    Attributes
    ----------
    city, place : str
        The city; and the part of it that is planned for (a district, streets), "" for all of it.
    pack : Pack
    pack_sha256 : str
    rule : Rule, optional
        None for an access plan.
    date : date
        Of the plan.
    plan : PlanParts
    conditions : sequence of str
        What was asked for, in sentences.
    streets : GeoDataFrame, optional
        Lines to draw, in a metric CRS: those that are meant.
    other_streets : GeoDataFrame, optional
        The others, to tell where one is; in the same CRS.
    districts : GeoDataFrame
        Counties: adcode, name, geometry in EPSG:4326.
    stations : GeoDataFrame
        Those that the plan takes as given, in any CRS.
    before, after : GeoDataFrame, optional
        Gaps without the plan's stations, and with them; a spacing plan's.
    left_m : mapping of int to float
        So many new stations, in building order → metres of gaps that are left then.
    demand : GeoDataFrame, optional
        Places whose people are to be reached; an access plan's.
    sources : sequence of Source
    """

    city: str
    place: str
    pack: Pack
    pack_sha256: str
    rule: Rule | None
    date: dt.date
    plan: PlanParts
    conditions: Sequence[str]
    streets: gpd.GeoDataFrame | None
    other_streets: gpd.GeoDataFrame | None
    districts: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    before: gpd.GeoDataFrame | None
    after: gpd.GeoDataFrame | None
    left_m: Mapping[int, float]
    demand: gpd.GeoDataFrame | None
    sources: Sequence[Source]

    @property
    def several(self) -> bool:
        """Whether it is worth telling in which county something lies."""
        frames = (self.plan.proposals, self.plan.uncoverable)
        codes = {str(code)[:6] for frame in frames for code in frame["adcode"].dropna()}
        return len(codes) > 1

    @property
    def title_place(self) -> str:
        """The city and the part of it that is planned for."""
        return self.city + self.place

    def area(self, adcode: str) -> str:
        """Name a county; by its code where nobody knows its name; the city without a code."""
        names = dict(zip(self.districts["adcode"], self.districts["name"], strict=True))
        name = names.get(adcode[:6])
        return str(name) if name and not pd.isna(name) else adcode[:6] or self.city
