"""Placement: every station of a type stands at a kind of place where it belongs."""

from collections.abc import Iterable, Mapping
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
    certain = ~_doubtful(rule, facts)[place]
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


def _doubtful(rule: PlacementRule, facts: Facts) -> B:
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
    found: F = np.full(len(facts.active), np.nan)
    guessed: B = np.zeros(len(facts.active), dtype=bool)
    streets = facts.streets()
    if streets is None:
        return found, guessed
    points = to_metric(facts.active[["geometry"]], streets.crs).geometry.to_numpy()
    x, y = shapely.get_x(points), shapely.get_y(points)
    stretches = streets.stretches
    stretches = stretches[
        (stretches["frontage"] != "none") & stretches["street_class"].isin(list(rule.along))
    ].sort_values(["line", "from_m"])
    owner = np.concatenate(
        [np.arange(len(streets.parts)), streets.twins["line"].to_numpy(dtype=np.int64)]
    )
    shapes = np.concatenate([streets.parts.geometry.to_numpy(), streets.twins.geometry.to_numpy()])
    lines = Lines.from_geometries(shapes, crs=streets.crs)
    station, line, at_m, apart, _ = within(lines, x, y, distance_m=rule.within_m)
    twin = line >= len(streets.parts)
    line, at_m = owner[line], at_m.copy()
    at_m[twin] = _foot(streets, line[twin], x[station[twin]], y[station[twin]])
    # stretches of a line are disjoint: the last that begins before the foot may hold it
    axis = _axis(stretches["line"].to_numpy(), stretches["from_m"].to_numpy())
    row = np.searchsorted(axis, _axis(line, at_m + 1e-4), side="right") - 1
    safe = np.maximum(row, 0)
    holds = (
        (row >= 0)
        & (stretches["line"].to_numpy()[safe] == line)
        & (stretches["to_m"].to_numpy()[safe] >= at_m - 1e-4)
        if len(stretches)
        else np.zeros(len(line), dtype=bool)
    )
    station, apart, safe = station[holds], apart[holds], safe[holds]
    np.fmin.at(found, station, apart)
    known = (stretches["frontage"].to_numpy()[safe] == "shops") if len(stretches) else holds[holds]
    guessed[station] = True
    guessed[station[known]] = False
    return found, guessed


def _foot(streets: Streets, line: I, x: F, y: F) -> F:
    lines = Lines.from_geometries(streets.parts.geometry.to_numpy(), crs=streets.crs)
    at_m, _, _ = locate(lines, line, x, y)
    return at_m


def _axis(line: I, at_m: F) -> F:
    return np.asarray(line, dtype=np.float64) * 1e8 + at_m
