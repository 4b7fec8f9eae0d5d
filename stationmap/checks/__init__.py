"""Checks of a city against the rules of its pack; a kind of rule is one row of `RULE_KINDS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd

from stationmap.checks import spacing
from stationmap.checks.spacing import Spacing
from stationmap.messages import N_
from stationmap.standards import SpacingRule
from stationmap.streets import Streets

__all__ = ["RULE_KINDS", "RuleKind", "Spacing"]


@dataclass(frozen=True)
class RuleKind:
    """How rules of one kind are checked, and what is said about a shortfall.

    Attributes
    ----------
    check : callable
        ``check(streets, stations, rule)`` with the streets built for the rule and the stations that
        count, as a GeoDataFrame.
    parameters : tuple of str
        Fields of the rule that the check depends on.
    sentence : str
        Template of the inspector's sentence, with named fields; `messages.render` fills it.
    """

    check: Callable[[Streets, gpd.GeoDataFrame, SpacingRule], Spacing]
    parameters: tuple[str, ...]
    sentence: str


def _spacing(streets: Streets, stations: gpd.GeoDataFrame, rule: SpacingRule) -> Spacing:
    prepared = spacing.prepare(
        streets, spacing_m=rule.spacing_m, snap_m=rule.snap_m, sides=rule.sides
    )
    return spacing.check(prepared, stations)


RULE_KINDS: Mapping[str, RuleKind] = MappingProxyType(
    {
        "spacing": RuleKind(
            check=_spacing,
            parameters=("spacing_m", "snap_m", "sides"),
            sentence=N_(
                "{street}: {length_m:.0f} m of frontage without a {site_type}, more than "
                "{spacing_m:g} m; at least {points_needed} more needed"
            ),
        ),
    }
)
