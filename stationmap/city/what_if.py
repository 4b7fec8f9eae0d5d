"""What would be if some stations of a city were otherwise: its answers, and the engine on them."""

from collections.abc import Iterable

import numpy as np
import shapely

from stationmap.city.answers import Answers
from stationmap.planning.changes import NEW, Change
from stationmap.planning.whatif import Finding, Locate, WhatIf

_LATER = frozenset({"hierarchy", "naming", "hours", "activity", "checklist", "services"})
_COUNTED = "indicator"  # of stations that are registered: what new ones will be is not known


def what_if(answers: Answers, *, lang: str = "zh") -> WhatIf:
    """Return who tells what would be, on a version of a city; the same as long as the day.

    Parameters
    ----------
    answers : Answers
    lang : str
        Of the sentences of findings.
    """
    return answers.newest("what_if", (answers.today(), lang), lambda: _made(answers, lang), most=2)


def _made(answers: Answers, lang: str) -> WhatIf:
    return WhatIf(
        answers.facts(),
        exemptions=answers.table("exemptions"),
        lang=lang,
        locate=locate(answers),
    )


def can_tell(finding: Finding, changes: Iterable[Change]) -> bool:
    """Whether a finding that would be otherwise can be told already.

    Of a new station only its place and its type are known: what is decided once it is built,
    registered and inspected is not, nor a share of all stations in which it counts.

    Parameters
    ----------
    finding : Finding
        As it would be, or as it was where it would be no more.
    changes : iterable of Change
        All that would be otherwise.
    """
    if finding.kind == _COUNTED:
        return not any(change.is_new for change in changes)
    new = finding.subject_kind == "station" and finding.subject_id.startswith(NEW)
    return not (new and finding.kind in _LATER)


def locate(answers: Answers) -> Locate:
    """Return what tells the district of a place, as `city.districts.with_adcode` does."""
    districts, city = answers.layer("districts"), answers.config.adcode or None
    shapes = districts.geometry.to_numpy()
    shapely.prepare(shapes)
    tree = shapely.STRtree(shapes)
    codes = districts["adcode"].astype("str")
    coded = codes.str.fullmatch("[0-9]{6,12}").fillna(value=False).to_numpy(dtype=bool)
    order = np.lexsort((shapely.area(shapes), ~coded))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    names = [None if code != code else str(code) for code in codes]

    def district(lon: float, lat: float, own: str | None) -> str | None:
        if not len(names):
            return own or city
        found = tree.query(shapely.Point(lon, lat), predicate="intersects")
        best = names[found[np.argmin(rank[found])]] if len(found) else None
        return best or own

    return district
