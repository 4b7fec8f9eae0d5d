"""Checks of a city against the rules of its pack; a kind of rule is one row of `RULE_KINDS`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stationmap.checks import (
    activity,
    along,
    checklist,
    count,
    hierarchy,
    hours,
    indicator,
    naming,
    placement,
    presence,
    services,
    unit,
)
from stationmap.checks.facts import Facts
from stationmap.checks.findings import Batch
from stationmap.checks.hosts import AREAS
from stationmap.checks.spacing import Spacing
from stationmap.messages import N_
from stationmap.standards import ActivityRule, CountRule, Item, Rule

__all__ = ["RULE_KINDS", "Batch", "Facts", "RuleKind", "Spacing", "layers", "run"]


@dataclass(frozen=True)
class RuleKind:
    """How rules of one kind are checked, and what is said about them.

    Attributes
    ----------
    label : str
        What the kind is called.
    sentence : str
        What rules of the kind ask, in general.
    check : callable
        ``check(rule, facts)`` gives batches of findings.
    messages : mapping
        Message id → template of what is said of a subject; `messages.render` fills it.
    """

    label: str
    sentence: str
    check: Callable[[Any, Facts], list[Batch]]
    messages: Mapping[str, str]

    @staticmethod
    def parameters(rule: Rule) -> tuple[str, ...]:
        """Return the parameters of a rule beside its clause and force."""
        return tuple(n for n in type(rule).model_fields if n not in (*Rule.model_fields, "kind"))


RULE_KINDS: Mapping[str, RuleKind] = MappingProxyType(
    {
        "spacing": RuleKind(
            N_("Spacing"),
            N_("a station every so many metres along shop frontage"),
            along.check,
            along.MESSAGES,
        ),
        "presence": RuleKind(
            N_("Presence"),
            N_("every place of a kind has a station"),
            presence.check,
            presence.MESSAGES,
        ),
        "placement": RuleKind(
            N_("Placement"),
            N_("every station of a type stands where the type belongs"),
            placement.check,
            placement.MESSAGES,
        ),
        "count": RuleKind(
            N_("Number"),
            N_("so many stations in every area"),
            count.check,
            count.MESSAGES,
        ),
        "hierarchy": RuleKind(
            N_("Parents"),
            N_("every station is a branch of the head station above it"),
            hierarchy.check,
            hierarchy.MESSAGES,
        ),
        "naming": RuleKind(
            N_("Names"),
            N_("stations have the standard name"),
            naming.check,
            naming.MESSAGES,
        ),
        "hours": RuleKind(
            N_("Opening hours"),
            N_("opening hours are stated, can be read, and hold the model hours"),
            hours.check,
            hours.MESSAGES,
        ),
        "checklist": RuleKind(
            N_("Checklist"),
            N_("inspectors found everything that the item asks"),
            checklist.check,
            checklist.MESSAGES,
        ),
        "activity": RuleKind(
            N_("Projects and activities"),
            N_("stations publish projects and hold activities regularly"),
            activity.check,
            activity.MESSAGES,
        ),
        "indicator": RuleKind(
            N_("Indicators"),
            N_("a city, a county or a unit reaches a target"),
            indicator.check,
            indicator.MESSAGES,
        ),
        "services": RuleKind(
            N_("Services"),
            N_("stations offer the services that belong to their place"),
            services.check,
            services.MESSAGES,
        ),
        "unit": RuleKind(
            N_("Units"),
            N_("units have an organisation, regular activity, an account on the platform"),
            unit.check,
            unit.MESSAGES,
        ),
    }
)


# what rules of a kind ask for besides places and stations
_ASK_FOR: Mapping[str, str] = MappingProxyType(
    {
        "spacing": "streets",
        "services": "projects",
        "unit": "units",
        "checklist": "inspections",
        "indicator": "counts",
    }
)


def run(rules: Sequence[Rule], facts: Facts) -> list[Batch]:
    """Check rules in turn, then the items of the checklist, which read the inspections together.

    Places and stations are paired once for all of them.
    """
    items = [rule for rule in rules if isinstance(rule, Item)]
    batches = [
        batch
        for rule in rules
        if not isinstance(rule, Item)
        for batch in RULE_KINDS[rule.kind].check(rule, facts)
    ]
    return batches + checklist.check_all(items, facts)


def layers(rule: Any) -> tuple[str, ...]:
    """Return the layers without which a rule leaves something unknown, by key of completeness."""
    found = [_layer_of(kind) for kind in getattr(rule, "at", ())]
    if getattr(rule, "built_up", False):
        found.append("built_up")
    if rule.kind in ("presence", "count", "spacing"):
        types = getattr(rule, "counts", ()) or (rule.site_type,)
        found += [f"stations:{site_type}" for site_type in types]
    if isinstance(rule, CountRule) and rule.per not in ("city", "county"):
        found.append("subdistrict" if rule.per == "subdistrict" else "community")
    if isinstance(rule, ActivityRule):
        found.append(rule.of)
    if rule.kind in _ASK_FOR:
        found.append(_ASK_FOR[rule.kind])
    return tuple(dict.fromkeys(found))


def _layer_of(kind: str) -> str:
    """Return the layer that tells of a kind of place."""
    if kind in AREAS:
        return AREAS[kind][0]
    return "streets" if kind in ("junction", "bus_stop", "frontage") else f"facilities:{kind}"
