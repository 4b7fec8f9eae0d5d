"""Findings of the spacing rule: every gap is a shortfall, every street without one is met."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.crs import to_wgs84
from stationmap.messages import N_
from stationmap.standards import SpacingRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "spacing.gap": N_(
            "{name}: {length_m:.0f} m of frontage without a {site_type}, more than {spacing_m:g} "
            "m; at least {points_needed} more needed"
        ),
        "spacing.alone": N_(
            "{name}: {length_m:.0f} m of frontage with no {site_type} on it, nor within "
            "{spacing_m:g} m along the street; at least {points_needed} needed"
        ),
        "spacing.met": N_("{name}: a {site_type} every {spacing_m:g} m along its frontage"),
        "spacing.no_streets": N_("the streets have not been imported"),
    }
)


def check(rule: SpacingRule, facts: Facts) -> list[Batch]:
    """Say every gap of the rule, and every street that has frontage and no gap.

    A gap that is measured along assumed frontage is assumed.
    """
    spacing = facts.spacing(rule.id)
    site_type = facts.pack.site_type(rule.site_type).name
    if spacing is None:
        return [
            Batch(
                rule,
                "city",
                subject_id=[f"{facts.adcode}:streets"],
                subject_name=facts.name,
                adcode=facts.adcode or None,
                geometry=[None],
                state=UNKNOWN,
                message="spacing.no_streets",
                messages=MESSAGES,
            )
        ]
    gaps = spacing.gaps(rule)
    streets = spacing.streets()
    streets = streets[(streets["frontage_m"] > 0) & (streets["gaps"] == 0)]
    whole = facts.streets()
    assert whole is not None
    parts = whole.parts
    owner, ids = pd.factorize(parts["street_id"], sort=True)
    order = np.argsort(owner, kind="stable")
    lines = shapely.multilinestrings(
        to_wgs84(parts).geometry.to_numpy()[order], indices=owner[order]
    )
    return [
        Batch(
            rule,
            "gap",
            subject_id=gaps["gap_id"].to_numpy(dtype=object),
            subject_name=gaps["street_name"].to_numpy(dtype=object),
            adcode=gaps["adcode"].to_numpy(dtype=object),
            geometry=gaps.geometry.to_numpy(),
            state=NOT_MET,
            message=np.where(
                gaps["length_m"] > rule.spacing_m, "spacing.gap", "spacing.alone"
            ).astype(object),
            messages=MESSAGES,
            params={
                "name": _named(gaps["street_name"]),
                "length_m": gaps["length_m"].to_numpy(),
                "points_needed": gaps["points_needed"].to_numpy(),
                "site_type": site_type,
                "spacing_m": rule.spacing_m,
            },
            measured=gaps["length_m"].to_numpy(),
            limit=rule.spacing_m,
            unit="m",
            assumed=(gaps["frontage"] == "assumed").to_numpy(),
        ),
        Batch(
            rule,
            "street",
            subject_id=streets["street_id"].to_numpy(dtype=object),
            subject_name=streets["name"].to_numpy(dtype=object),
            adcode=streets["adcode"].to_numpy(dtype=object),
            geometry=lines[ids.searchsorted(streets["street_id"])],
            state=MET,
            message="spacing.met",
            messages=MESSAGES,
            params={
                "name": _named(streets["name"]),
                "site_type": site_type,
                "spacing_m": rule.spacing_m,
            },
            limit=rule.spacing_m,
            unit="m",
            assumed=(streets["assumed_m"] > 0).to_numpy(),
        ),
    ]


def _named(name: pd.Series) -> NDArray[np.object_]:
    unnamed = np.full(len(name), None, dtype=object)
    unnamed[:] = words.place("unnamed")
    return words.names(name, unnamed)
