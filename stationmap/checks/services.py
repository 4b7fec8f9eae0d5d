"""Services: the projects of a station are among those for the place where it stands."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN, Batch
from stationmap.checks.subjects import station_batch
from stationmap.messages import N_
from stationmap.standards import ServicesRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "services.met": N_("{name} at {place}: all {count} projects are services for such a place"),
        "services.other": N_("{name} at {place}: not among the services for it: {others}"),
        "services.unsaid": N_("{name} at {place}: the service of {unsaid} projects is not known"),
        "services.none": N_("{name} at {place} has no projects"),
        "services.none_undeclared": N_("{name} at {place}: no projects are known"),
    }
)
_AMONG, _OTHER, _UNSAID = 0, 1, 2
I = NDArray[np.int64]  # noqa: E741


def check(rule: ServicesRule, facts: Facts) -> list[Batch]:
    """Compare the projects of active stations at the rule's kinds of place with its services.

    A project is among the services if the words of its service are within those of the document,
    or these within them; where no service is stated its name may tell so, else it is not known.
    A place of which it is in doubt whether it is of the kind is left out; of several the nearest
    is named.
    """
    station, place, apart = facts.hosts.pairs(rule.at, within_m=rule.within_m)
    nearest = np.lexsort((facts.hosts.places["id"].astype("str").to_numpy()[place], apart))
    station, place = station[nearest], place[nearest]
    sure = ~facts.hosts.places["doubt"].to_numpy(dtype=bool)[place]
    if rule.site_types:
        sure &= facts.active["type"].isin(list(rule.site_types)).to_numpy(dtype=bool)[station]
    rows, first = np.unique(station[sure], return_index=True)
    hosts = facts.hosts.places.iloc[place[sure][first]]
    stations = facts.active.iloc[rows]
    projects = facts.projects.drop_duplicates(["station_id", "name", "service"])
    owner = pd.Index(stations["station_id"]).get_indexer(projects["station_id"])
    owner[projects["station_id"].isna().to_numpy()] = -1
    projects, owner = projects[owner >= 0], owner[owner >= 0]
    kinds = _among(rule, projects)
    count, others, unsaid = (
        np.bincount(owner[chosen], minlength=len(stations))
        for chosen in (kinds >= 0, kinds == _OTHER, kinds == _UNSAID)
    )
    conditions = [
        (others > 0, NOT_MET, "services.other"),
        (unsaid > 0, UNKNOWN, "services.unsaid"),
        (count > 0, MET, "services.met"),
        (facts.declared("projects", stations["adcode"]), NOT_APPLICABLE, "services.none"),
    ]
    told = [condition for condition, _, _ in conditions]
    return [
        station_batch(
            rule,
            stations,
            state=np.select(told, [state for _, state, _ in conditions], UNKNOWN),
            message=np.select(
                told, [message for _, _, message in conditions], "services.none_undeclared"
            ),
            messages=MESSAGES,
            params={
                "name": words.names(stations["name"], stations["station_id"]),
                "place": words.names(hosts["name"], hosts["id"]),
                "count": count,
                "unsaid": unsaid,
                "others": _listed(projects, owner, kinds, size=len(stations)),
            },
            measured=others,
            assumed="within_m" in rule.assumed,
        )
    ]


def named(said: str, offers: Sequence[str]) -> list[int]:
    """Tell which of a document's services the words of a project name, by their numbers."""
    return [n for n, offer in enumerate(offers) if said and (offer in said or said in offer)]


def _among(rule: ServicesRule, projects: pd.DataFrame) -> I:
    """Tell of each project whether it is among the services; each distinct text once."""
    text = projects["service"].fillna(projects["name"]).fillna("").astype(object)
    code, known = pd.factorize(text)
    offers = [offer.zh for offer in rule.offers]
    among = np.array([bool(named(said, offers)) for said in known], dtype=bool)[code]
    stated = projects["service"].notna().to_numpy(dtype=bool)
    found: I = np.select([among, stated], [_AMONG, _OTHER], _UNSAID).astype(np.int64)
    return found


def _listed(projects: pd.DataFrame, owner: I, kinds: I, *, size: int) -> NDArray[np.object_]:
    """List the services of each station that are not among those of the document."""
    listed = np.full(size, "", dtype=object)
    other = kinds == _OTHER
    groups = projects["service"][other].groupby(owner[other])
    for row, services in groups:
        listed[row] = "、".join(dict.fromkeys(services))
    return listed
