"""Sentences that the scripts of the indicators' panel and of the base maps show."""

from collections.abc import Mapping

from stationmap.messages import N_

TEXTS: Mapping[str, str] = {
    # base maps
    "base.name": N_("Base map: {name}"),
    "base.own": N_("The city's own streets"),
    "base.review": N_("Review number {number}"),
}
