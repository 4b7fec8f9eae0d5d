"""Placement: every station of a type stands at a kind of place where it belongs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.checks.hosts import AREAS, COMMUNITIES, B, F, I
from stationmap.crs import to_metric
from stationmap.linear import Lines, locate, within
from stationmap.messages import N_
from stationmap.standards import PlacementRule
from stationmap.streets import Streets

FRONTAGE = "frontage"
LISTED = 5  # kinds of place that a sentence names
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "placement.met": N_("{name} stands where a {site_type} belongs"),
        "placement.elsewhere": N_(
            "{name} stands at none of the places where a {site_type} belongs: {places}"
        ),
        "placement.undeclared": N_(
            "{name} stands at no known place where a {site_type} belongs; not declared complete: "
            "{layers}"
        ),
        "placement.doubt": N_(
            "whether {name} stands where a {site_type} belongs is not known: a place there is of "
            "unknown kind, or its outline is unknown"
        ),
        "placement.to_locate": N_("{name} has no known location"),
    }
)


def check(rule: PlacementRule, facts: Facts) -> list[Batch]:
    """Say of every active station of the type whether it stands at an allowed kind of place.

    1. A station without a location is unknown.
    2. One inside an allowed place or within the rule's distance of it, or at the frontage of a
       street of an allowed class, is met.
    3. One inside a community of which nobody says whether it is of an allowed kind, or in a county
       with an allowed area whose outline is unknown, is unknown.
    4. Else it is not met where all layers of the allowed places are declared complete, unknown
       elsewhere, naming those that are not.
    """
    own = (facts.active["type"] == rule.site_type).to_numpy(dtype=bool)
    rows = facts.active[own]
    station, place, apart = facts.hosts.pairs(rule.at, within_m=rule.within_m)
    certain = ~doubtful(rule, facts)[place]
    nearest = np.full(len(facts.active), np.nan)
    np.fmin.at(nearest, station[certain], apart[certain])
    doubt = _beside_unknown(rule, facts)
    doubt[station[~certain]] = True
    assumed = np.full(len(facts.active), "within_m" in rule.assumed)
    if FRONTAGE in rule.at:
        beside, guessed = _at_frontage(rule, facts)
        assumed |= np.isnan(nearest) & guessed
        nearest = np.fmin(nearest, beside)
    nearest, assumed = nearest[own], assumed[own]

    layers = {kind: _layer(kind) for kind in rule.at}
    missing = {kind: ~facts.declared(key, rows["adcode"]) for kind, key in layers.items()}
    lacking = np.any(list(missing.values()), axis=0)
    nowhere = shapely.is_missing(rows.geometry.to_numpy())
    conditions = [nowhere, np.isfinite(nearest), doubt[own], lacking]
    states = [UNKNOWN, MET, UNKNOWN, UNKNOWN]
    messages = [
        "placement.to_locate",
        "placement.met",
        "placement.doubt",
        "placement.undeclared",
    ]
    return [
        Batch(
            rule,
            "station",
            subject_id=rows["station_id"].to_numpy(),
            subject_name=rows["name"].to_numpy(dtype=object),
            adcode=rows["adcode"].to_numpy(dtype=object),
            geometry=rows.geometry.to_numpy(),
            state=np.select(conditions, states, NOT_MET),
            message=np.select(conditions, messages, "placement.elsewhere"),
            messages=MESSAGES,
            params={
                "name": words.names(rows["name"], rows["station_id"]),
                "site_type": facts.pack.site_type(rule.site_type).name,
                "places": words.Several((words.place(kind) for kind in rule.at), shown=LISTED),
                "layers": _undeclared(layers.values(), np.array(list(missing.values()))),
            },
            measured=nearest,
            limit=rule.within_m,
            unit="m",
            assumed=assumed,
        )
    ]


def _undeclared(layers: Iterable[str], missing: B) -> NDArray[np.object_]:
    """Name the layers that are not declared complete where each station lies: a column each."""
    keys = list(layers)
    columns, code = np.unique(missing, axis=1, return_inverse=True)
    named = np.empty(columns.shape[1], dtype=object)
    for number, column in enumerate(columns.T):
        lacking = dict.fromkeys(key for key, wanting in zip(keys, column, strict=True) if wanting)
        named[number] = words.Several((words.layer(key) for key in lacking), shown=LISTED)
    found: NDArray[np.object_] = named[code.ravel()]
    return found


def doubtful(rule: PlacementRule, facts: Facts) -> B:
    """Which places may not be of an allowed kind; any community is where both kinds are."""
    places = facts.hosts.places
    doubt: B = places["doubt"].to_numpy(dtype=bool)
    if set(COMMUNITIES) <= set(rule.at):
        doubt = doubt & ~places["place"].isin(list(COMMUNITIES)).to_numpy()
    return doubt


def _beside_unknown(rule: PlacementRule, facts: Facts) -> B:
    """Which active stations may stand in an allowed area whose outline is unknown: by county."""
    places = facts.hosts.places
    lost = places["place"].isin(list(set(rule.at) & set(AREAS))).to_numpy()
    lost = lost & shapely.is_missing(places.geometry.to_numpy())
    codes = places["adcode"][lost]
    county = facts.active["adcode"].str[:6]
    among: B = (county.isna() | county.isin(codes.str[:6])).to_numpy(dtype=bool)
    found: B = (among | codes.isna().any()) & lost.any()
    return found


def _layer(kind: str) -> str:
    if kind in AREAS:
        return AREAS[kind][0]
    return "streets" if kind in (FRONTAGE, "junction", "bus_stop") else f"facilities:{kind}"


def _at_frontage(rule: PlacementRule, facts: Facts) -> tuple[F, B]:
    """Distance of each active station to frontage of the rule's classes; whether it is assumed."""
    streets = facts.streets()
    if streets is None:
        none = len(facts.active)
        return np.full(none, np.nan), np.zeros(none, dtype=bool)
    points = to_metric(facts.active[["geometry"]], streets.crs).geometry.to_numpy()
    x, y = shapely.get_x(points), shapely.get_y(points)
    fronts = Fronts.of(streets, along=rule.along)
    station, line, at_m, apart, _ = within(fronts.near, x, y, distance_m=rule.within_m)
    return fronts.beside(station, line, at_m, apart, x, y)


@dataclass(frozen=True)
class Fronts:
    """Frontage of some classes of street, ready to be asked what stands at it.

    Attributes
    ----------
    parts, near : Lines
        The streets' parts; the parts, then their twins.
    owner : (len(near),) int64
        Part of each line of `near`.
    line, begin, end : arrays
        Stretches with frontage: part, and metres along it; sorted.
    known : array of bool
        Whether the frontage of a stretch is known, not assumed.
    """

    parts: Lines
    near: Lines
    owner: I
    line: I
    begin: F
    end: F
    known: B

    @classmethod
    def of(cls, streets: Streets, *, along: Collection[str]) -> "Fronts":
        """Take the stretches with frontage on streets of some classes."""
        stretches = streets.stretches
        stretches = stretches[
            (stretches["frontage"] != "none") & stretches["street_class"].isin(list(along))
        ].sort_values(["line", "from_m"])
        parts, twins = streets.parts.geometry.to_numpy(), streets.twins.geometry.to_numpy()
        return cls(
            parts=Lines.from_geometries(parts, crs=streets.crs),
            near=Lines.from_geometries(np.concatenate([parts, twins]), crs=streets.crs),
            owner=np.concatenate(
                [np.arange(len(parts)), streets.twins["line"].to_numpy(dtype=np.int64)]
            ),
            line=stretches["line"].to_numpy(dtype=np.int64),
            begin=stretches["from_m"].to_numpy(dtype=np.float64),
            end=stretches["to_m"].to_numpy(dtype=np.float64),
            known=(stretches["frontage"] == "shops").to_numpy(dtype=bool),
        )

    @cached_property
    def _starts(self) -> F:
        return _axis(self.line, self.begin)

    def beside(self, station: I, line: I, at_m: F, apart: F, x: F, y: F) -> tuple[F, B]:
        """Return the distance of each place to frontage, and whether that is assumed.

        Parameters
        ----------
        station, line, at_m, apart : (p,) arrays
            Pairs of a place and a line of `near`, as `linear.within` gives them.
        x, y : (k,) float64
            The places, metres in the streets' CRS.
        """
        found: F = np.full(len(x), np.nan)
        guessed: B = np.zeros(len(x), dtype=bool)
        if not len(self.line):
            return found, guessed
        twin = line >= len(self.parts)
        line, at_m = self.owner[line], at_m.copy()
        if twin.any():
            own = station[twin]
            at_m[twin], _, _ = locate(self.parts, line[twin], x[own], y[own])
        # stretches of a line are disjoint: the last that begins before the foot may hold it
        row = np.searchsorted(self._starts, _axis(line, at_m + 1e-4), side="right") - 1
        safe = np.maximum(row, 0)
        holds = (row >= 0) & (self.line[safe] == line) & (self.end[safe] >= at_m - 1e-4)
        station, apart, safe = station[holds], apart[holds], safe[holds]
        np.fmin.at(found, station, apart)
        guessed[station] = True
        guessed[station[self.known[safe]]] = False
        return found, guessed


def _axis(line: I, at_m: F) -> F:
    return np.asarray(line, dtype=np.float64) * 1e8 + at_m
