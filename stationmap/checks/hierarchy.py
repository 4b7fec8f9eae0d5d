"""Hierarchy: every station has a parent of the right level."""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.checks.subjects import bare, listed_completely, station_batch
from stationmap.messages import N_
from stationmap.standards import HierarchyRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "hierarchy.met": N_("{name} is a branch of {parent}"),
        "hierarchy.city_head": N_("{name} is the head station of the city"),
        "hierarchy.own_head": N_("{name} is the head station of its level"),
        "hierarchy.none": N_("{name} has no head station"),
        "hierarchy.none_undeclared": N_(
            "{name} has no known head station; the list of stations is not declared complete"
        ),
        "hierarchy.none_at_all": N_(
            "the head station of {name} is not known; no station in the list names one"
        ),
        "hierarchy.which": N_(
            "{name} cannot be judged; which of the head stations is the city's is not known"
        ),
        "hierarchy.circle": N_("{name} is its own head station by way of {parent}"),
        "hierarchy.missing": N_("{name} names {parent} as its head station; there is none"),
        "hierarchy.missing_undeclared": N_(
            "{name} names {parent} as its head station, which is not in the list; the list of "
            "stations is not declared complete"
        ),
        "hierarchy.no_head": N_("{name} is a branch of {parent}, which is no {site_type}"),
        "hierarchy.not_active": N_("{name} is a branch of {parent}, which is not in operation"),
        "hierarchy.not_city": N_(
            "{name} is a county's head station below {parent}, which is not the city's"
        ),
        "hierarchy.nowhere": N_(
            "{name} is a branch of {parent}; the county of one of them is not known"
        ),
        "hierarchy.elsewhere": N_("{name} is a branch of {parent}, which lies in {county}"),
    }
)
_STATES: Mapping[str, str] = MappingProxyType(
    {
        "hierarchy.met": MET,
        "hierarchy.city_head": MET,
        "hierarchy.own_head": MET,
        "hierarchy.none_undeclared": UNKNOWN,
        "hierarchy.none_at_all": UNKNOWN,
        "hierarchy.which": UNKNOWN,
        "hierarchy.missing_undeclared": UNKNOWN,
        "hierarchy.nowhere": UNKNOWN,
    }
)
I = NDArray[np.int64]  # noqa: E741


def check(rule: HierarchyRule, facts: Facts) -> list[Batch]:
    """Say of every active station whether its parent is of the right level.

    1. The city's head station (see `city_head`) has no parent, nor needs the head station of a
       county one: each is the head of its own level.
    2. Another station without a parent is not met where those of its type are declared complete,
       else unknown; so are all of them if no station names a parent, as in a list without that
       column.
    3. The parent is another station, by way of which none is its own parent, and in the list: if
       not, not met where head stations are declared complete, else unknown.
    4. The parent is a head station, and active.
    5. A county's head station that names a parent names the city's.
    6. A branch has the city's, or the one of its own county: the first six digits of its adcode.
    """
    every = facts.stations.reset_index(drop=True)
    head = (every["type"] == rule.head).to_numpy(dtype=bool)
    parent = pd.Index(every["station_id"]).get_indexer(every["parent_id"])
    parent[every["parent_id"].isna().to_numpy()] = -1
    top = _city_head(facts, every, head=head, parent=parent)
    circle = on_circle(parent)

    rows = np.flatnonzero((every["status"] == "active").to_numpy(dtype=bool))
    above = parent[rows]
    stated = every["parent_id"].notna().to_numpy()[rows]
    county = every["adcode"].fillna("").str[:6].to_numpy(dtype=object)
    stations = every.iloc[rows].reset_index(drop=True)
    complete = listed_completely(facts, stations)
    heads_complete = facts.declared(f"stations:{rule.head}", stations["adcode"])
    active = (every["status"] == "active").to_numpy(dtype=bool)
    known = above >= 0
    elsewhere = (county[rows] != county[above]) | (county[rows] == "")
    unplaced = np.isin(county, ["", facts.adcode])
    conditions = [
        (rows == top, "hierarchy.city_head"),  # 1
        (~stated & head[rows], "hierarchy.own_head"),
        (~stated & complete & (not stated.any()), "hierarchy.none_at_all"),  # 2
        (~stated & complete, "hierarchy.none"),
        (~stated, "hierarchy.none_undeclared"),
        (~known & heads_complete, "hierarchy.missing"),  # 3
        (~known, "hierarchy.missing_undeclared"),
        (circle[rows], "hierarchy.circle"),
        (~head[above], "hierarchy.no_head"),  # 4
        (~active[above], "hierarchy.not_active"),
        (above == top, "hierarchy.met"),  # 5, 6
        (head[rows] & (top < 0), "hierarchy.which"),
        (head[rows], "hierarchy.not_city"),
        (elsewhere & (unplaced[rows] | unplaced[above]), "hierarchy.nowhere"),
        (elsewhere, "hierarchy.elsewhere"),
    ]
    message = np.select(
        [c for c, _ in conditions], [m for _, m in conditions], default="hierarchy.met"
    ).astype(object)
    names = words.names(every["name"], every["station_id"])
    parents = np.where(known, names[above], stations["parent_id"].to_numpy(dtype=object))
    called = facts.district_names
    return [
        station_batch(
            rule,
            stations,
            state=[_STATES.get(m, NOT_MET) for m in message],
            message=message,
            messages=MESSAGES,
            params={
                "name": names[rows],
                "parent": parents,
                "site_type": facts.pack.site_type(rule.head).name,
                "county": np.array([called.get(c, c) for c in county[above]], dtype=object),
            },
        )
    ]


def city_head(facts: Facts, *, head: str) -> str | None:
    """Return the id of the city's head station, None where it cannot be told.

    It is an active station of the type `head` without a parent. Of several, it is the one under
    which most head stations stand, then the one whose name is not that of a county, then the one
    whose name is the city's. Equals, and a lone county's by its name, are not told apart.
    """
    every = facts.stations.reset_index(drop=True)
    parent = pd.Index(every["station_id"]).get_indexer(every["parent_id"])
    parent[every["parent_id"].isna().to_numpy()] = -1
    own = (every["type"] == head).to_numpy(dtype=bool)
    row = _city_head(facts, every, head=own, parent=parent)
    return None if row < 0 else str(every["station_id"][row])


def _city_head(facts: Facts, every: gpd.GeoDataFrame, *, head: NDArray[np.bool_], parent: I) -> int:
    active = (every["status"] == "active").to_numpy(dtype=bool)
    rows = np.flatnonzero(head & active & every["parent_id"].isna().to_numpy())
    if not len(rows):
        return -1
    below = np.bincount(parent[head & active & (parent >= 0)], minlength=len(every))[rows]
    name = every["name"].fillna("").iloc[rows]
    counties = [n for code, n in facts.district_names.items() if code != facts.adcode]
    of_county = np.array([any(bare(c) in n for c in counties) for n in name], dtype=np.int64)
    of_city = np.array([bare(facts.name) in n for n in name], dtype=np.int64)
    score = 4 * below + 2 * (1 - of_county) + of_city * (1 - of_county)
    best = np.flatnonzero(score == score.max())
    return int(rows[best[0]]) if len(best) == 1 and score.max() > 0 else -1


def on_circle(parent: I) -> NDArray[np.bool_]:
    """Tell which rows stand above themselves; `parent` is a row, or -1 for none."""
    size = len(parent)
    step = np.append(np.where(parent < 0, size, parent), size)
    for _ in range(max(size, 1).bit_length()):
        step = step[step]
    found = np.zeros(size + 1, dtype=bool)
    found[step] = True  # after more steps than there are rows, only circles are left
    return found[:size]
