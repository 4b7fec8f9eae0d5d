"""The datum guard: it weighs under which datum a table of places fits the atlas.

A table read in the wrong datum lies 20 to 1 500 m off. Under each hypothesis three kinds of
evidence (modules `facilities`, `districts` and `streets`) say how well its places fit, and random
shifts of the whole table say how well they would fit anywhere. One datum is decided only when

1. facilities or districts are overwhelming for it (strong), or both are middling and agree while
   streets do not object; and
2. neither speaks for another datum, nor do the rows that the decided one leaves unmatched; and
3. the datums lie far enough apart here, and the table has enough places.

Otherwise the answer is undecided. Streets never decide: on a dense grid the wrong datum may well
come closer than the right one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stationmap.crs import DATUMS
from stationmap.datum.districts import district_evidence
from stationmap.datum.facilities import facility_evidence
from stationmap.datum.places import (
    APART_M,
    FEWEST_PLACES,
    HYPOTHESES,
    Finding,
    Places,
    Support,
    locate,
)
from stationmap.datum.streets import street_evidence
from stationmap.errors import CrsError
from stationmap.messages import N_, render

__all__ = ["HYPOTHESES", "Evidence", "Hypothesis", "Support", "assess", "contradicts"]

_WARN_NATS = float(np.log(20.0))  # twenty times likelier than the declared datum
_WARN_P = 0.02
_ABROAD = N_("outside China all datums are the same")


@dataclass(frozen=True)
class Hypothesis:
    """One datum and what speaks for it.

    Attributes
    ----------
    datum : str
        One of `HYPOTHESES`; "cgcs2000" is "wgs84" to under a metre.
    by : mapping of str to Support
        The kinds of evidence at hand, weightiest first: facility, district, street.
    """

    datum: str
    by: Mapping[str, Support]

    @property
    def leading(self) -> Support | None:
        """The weightiest kind of evidence at hand."""
        return next(iter(self.by.values()), None)

    @property
    def matches(self) -> int:
        """Matches of the leading evidence."""
        return self.leading.matches if self.leading else 0

    @property
    def median_m(self) -> float:
        """Median distance of the leading evidence, metres; NaN without any."""
        return self.leading.median_m if self.leading else float("nan")

    @property
    def points_used(self) -> int:
        """Places that the leading evidence uses."""
        return self.leading.points_used if self.leading else 0

    @property
    def p_chance(self) -> float:
        """How likely the leading evidence is by chance; 1 without any."""
        return self.leading.p_chance if self.leading else 1.0


@dataclass(frozen=True)
class Evidence:
    """What `assess` found.

    Attributes
    ----------
    hypotheses : tuple of Hypothesis
        In the order of `HYPOTHESES`; empty when no row has coordinates.
    decided : str or None
        One of `HYPOTHESES`; None is "undecided".
    reason, params
        Why: a message template and its parameters.
    """

    hypotheses: tuple[Hypothesis, ...]
    decided: str | None
    reason: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def render(self, lang: str) -> str:
        """Return the reason as a sentence in `lang` ("zh" or "en")."""
        return render(self.reason, self.params, lang=lang)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        return {
            "decided": self.decided,
            "reason": self.render("en"),
            "hypotheses": [
                {
                    "datum": h.datum,
                    "matches": h.matches,
                    "median_m": _plain(h.median_m),
                    "points_used": h.points_used,
                    "p_chance": _plain(h.p_chance),
                    "by": {
                        kind: {key: _plain(value) for key, value in vars(support).items()}
                        for kind, support in h.by.items()
                    },
                }
                for h in self.hypotheses
            ],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value


def assess(
    points: pd.DataFrame,
    *,
    facilities: pd.DataFrame | None = None,
    districts: pd.DataFrame | None = None,
    streets: pd.DataFrame | None = None,
) -> Evidence:
    """Weigh under which datum a table of places fits the atlas.

    Parameters
    ----------
    points : DataFrame
        Columns ``lon, lat`` (degrees as found; rows without are left out) and, where the table has
        them, ``name, category`` (ids as in the facilities) and ``district`` (a name, with or
        without 市, 区 or 县, or an adcode).
    facilities : GeoDataFrame, optional
        The atlas in EPSG:4326: ``name, category, geometry`` (points or outlines).
    districts : GeoDataFrame, optional
        ``adcode, name, geometry`` (polygons), EPSG:4326.
    streets : GeoDataFrame, optional
        ``geometry`` (lines), EPSG:4326.

    Returns
    -------
    Evidence
        ``decided`` is None unless the evidence meets the rules of this module.
    """
    places = locate(points)
    if places is None:
        return Evidence((), None, N_("no row has coordinates"))
    found = (
        facility_evidence(places, facilities),
        district_evidence(places, districts),
        street_evidence(places, streets),
    )
    findings = [finding for finding in found if finding is not None]
    hypotheses = tuple(
        Hypothesis(datum, {f.kind: f.supports[h] for f in findings})
        for h, datum in enumerate(HYPOTHESES)
    )
    if not places.apart_m.any():
        return Evidence(hypotheses, "wgs84", _ABROAD)
    decided, reason, params = _decide(findings, places)
    return Evidence(hypotheses, decided, reason, params)


def contradicts(evidence: Evidence, declared: str) -> bool:
    """Whether the evidence speaks against a declared datum: ground for a warning, not a verdict.

    It warns more readily than `assess` decides: when another datum is decided, or when by
    facilities or by districts another is at least twenty times likelier than the declared one,
    fits better than 98 % of random shifts, and has at least three matches more.

    Parameters
    ----------
    evidence : Evidence
    declared : str
        One of ``crs.DATUMS``.

    Raises
    ------
    CrsError
        For a datum that is not one of them.
    """
    if declared not in DATUMS:
        raise CrsError(
            "unknown datum {datum}: expected one of {known}",
            datum=declared,
            known=", ".join(DATUMS),
        )
    name = "wgs84" if declared == "cgcs2000" else declared
    if evidence.decided is not None:
        return evidence.decided != name and evidence.reason != _ABROAD
    said = next((h.by for h in evidence.hypotheses if h.datum == name), {})
    return any(
        rival.by[kind].weight - said[kind].weight >= _WARN_NATS
        and rival.by[kind].p_chance <= _WARN_P
        and rival.by[kind].distinct >= said[kind].distinct + 3
        for rival in evidence.hypotheses
        for kind in ("facility", "district")
        if kind in said
    )


def _decide(findings: list[Finding], places: Places) -> tuple[str | None, str, dict[str, Any]]:
    """Apply the rules of this module: the datum or None, and the reason with its parameters."""
    if not findings:
        return None, N_("the atlas has nothing near these places to compare them with"), {}
    if places.spots < FEWEST_PLACES:
        return None, N_("{places} places are too few to tell the datum"), {"places": places.spots}
    solid = [f for f in findings if f.kind != "street" and f.favours is not None]
    named = [HYPOTHESES[f.favours] for f in solid if f.favours is not None]
    if not solid:
        return None, N_("no datum fits clearly better than the others and than chance"), {}
    if len(set(named)) > 1:
        return (
            None,
            N_("the evidence disagrees: {first} by facilities, {second} by districts"),
            {"first": named[0], "second": named[1]},
        )
    datum, best = named[0], HYPOTHESES.index(named[0])
    rest = next((f.rest for f in solid if f.rest is not None), None)
    if rest is not None:
        return (
            None,
            N_("part of the rows fits {first}, part {second}: the table may mix datums"),
            {"first": datum, "second": HYPOTHESES[rest]},
        )
    apart_m = float(np.delete(places.apart_m[best], best).min())
    if apart_m < APART_M:
        return None, N_("the datums lie only {apart_m:.0f} m apart here"), {"apart_m": apart_m}
    street = next((f.favours for f in findings if f.kind == "street"), None)
    agree = len(solid) == 2 and street in (None, best)
    if not agree and not any(f.strong for f in solid):
        return None, N_("{datum} fits best, but too little speaks for it"), {"datum": datum}
    lead = solid[0].supports[best]
    shown = {"matches": lead.matches, "used": lead.points_used, "expected": lead.expected}
    if solid[0].kind == "facility":
        return (
            datum,
            N_(
                "{matches} of {used} places match a facility of the same name or kind; "
                "{expected:.1f} would by chance"
            ),
            shown,
        )
    return (
        datum,
        N_(
            "{matches} of {used} places near a border lie in the district they state; "
            "{expected:.1f} would by chance"
        ),
        shown,
    )
