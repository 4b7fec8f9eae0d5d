"""What a plan is: proposals in building order, what nobody can cover, the curve, and the proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from stationmap.planning import plot

OPTIMAL, BOUNDED, TRIED = "optimal", "bounded", "tried"
"""Whether the bound proves that nothing better exists, or how far off it may be at most. `TRIED`:
nothing better of the places that were tried, but free-standing points could stand elsewhere."""

PROPOSALS = (
    "proposal_id",
    "rule_id",
    "type",
    "host_kind",
    "host_id",
    "front",
    "name",
    "category",
    "suitability",
    "street_id",
    "street_name",
    "adcode",
    "part",
    "side",
    "chainage_m",
    "also",
    "covers_m",
    "adds",
    "closes_m",
    "order",
    "geometry",
)
UNCOVERABLE = (
    "kind",
    "subject_id",
    "name",
    "adcode",
    "part",
    "side",
    "from_m",
    "to_m",
    "length_m",
    "weight",
    "points_needed",
    "reason",
    "geometry",
)
CURVE = ("n", "value", "share", "bound", "gap")


@dataclass(frozen=True, repr=False)
class Plan:
    """Where to add stations, and the proof that it cannot be done better.

    Attributes
    ----------
    proposals : GeoDataFrame
        `PROPOSALS`, EPSG:4326, in building order (`order` from 1). ``host_kind`` is "shop",
        "facility", "place" (demand itself, a community), "host" (of a frame) or "free" (a
        free-standing point, of no host). ``front`` names the streets, joined by ";", that the front
        of a host with several fronts looks on. ``suitability`` is from 0 to 1.
        ``street_id``, ``part``, ``side`` and ``chainage_m`` tell the foot on the street where it
        closes most; ``also`` names the ids of other streets that it serves, joined by ";".
        ``covers_m`` is what it covers alone, ``adds`` what it adds at its turn, both in the plan's
        unit; ``closes_m`` the metres of gap, as the rule measures it, that it closes at its turn
        (NaN where no rule does): in a long gap none at first, and perhaps some where it adds
        nothing.
    uncoverable : GeoDataFrame
        `UNCOVERABLE`, EPSG:4326: stretches ("gap") or subjects ("place", "people") that no host
        covers. ``reason`` is a message; ``points_needed`` free-standing points would close it.
    suggested : GeoDataFrame
        Where those free-standing points would stand: as proposals, without an order.
    curve : DataFrame
        `CURVE`, one row for 0, 1, … new stations in building order: value reached by the stations
        there are and these, its share of all there is, proven upper bound of the best value with
        as many, and how far the value may be from it ((bound - value) / bound).
    summary : dict
        kind ("spacing", "budget", "access", "presence"), rule_id, type, unit ("m", "people",
        "places"), objective (stations, or value), bound, status (`OPTIMAL`, `BOUNDED`,
        `TRIED`), gap, proposals, candidates, excluded, uncoverable, uncoverable_m, before, after
        (figures by the same names), assumptions (messages), document, clause; and what was asked:
        budget, target, district, streets.
    """

    proposals: gpd.GeoDataFrame
    uncoverable: gpd.GeoDataFrame
    suggested: gpd.GeoDataFrame
    curve: pd.DataFrame
    summary: Mapping[str, Any]

    def __repr__(self) -> str:
        share = [self.curve["share"].iloc[row] for row in (0, -1)] if len(self.curve) else [0, 0]
        return (
            f"<Plan: {len(self.proposals)} new stations, {self.summary['status']}, "
            f"{share[0]:.1%} → {share[1]:.1%}, {len(self.uncoverable)} not coverable>"
        )

    def plot(
        self,
        *,
        streets: gpd.GeoDataFrame | None = None,
        stations: gpd.GeoDataFrame | None = None,
        ax: Any = None,
    ) -> Any:
        """Draw the plan with matplotlib: proposals numbered in building order, what stays open.

        Parameters
        ----------
        streets, stations : GeoDataFrame, optional
            What lies beneath, in any CRS.
        ax : Axes, optional
            Where to draw; new ones unless given.

        Returns
        -------
        Axes
        """
        return plot.draw(self, streets=streets, stations=stations, ax=ax)

    def plot_curve(self, *, ax: Any = None) -> Any:
        """Draw the share covered, in per cent, against new stations; dotted what is proven at most.

        Returns
        -------
        Axes
        """
        return plot.draw_curve(self, ax=ax)

    def explore(self, **options: Any) -> Any:
        """Lay the plan on a map to move about in, as `GeoDataFrame.explore` does; needs folium.

        Parameters
        ----------
        **options
            As `GeoDataFrame.explore` takes them, such as ``tiles=None`` for no base map.
        """
        return plot.explore(self, **options)
