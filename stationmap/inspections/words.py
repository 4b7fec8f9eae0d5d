"""What kinds of visit and conditions of supplies are called."""

from collections.abc import Mapping
from types import MappingProxyType

from stationmap.messages import N_

VISIT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "call": N_("Call"),
        "supervision": N_("Supervision"),
        "covert": N_("Unannounced visit"),
        "self": N_("Own check"),
    }
)
"""Kind of visit → what it is called."""
CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "good": N_("In good order"),
        "short": N_("Too few"),
        "damaged": N_("Damaged"),
        "expired": N_("Expired"),
        "missing": N_("Missing"),
    }
)
"""Condition of a supply → what it is called."""
