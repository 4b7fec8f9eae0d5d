"""What would be if some stations of a city were otherwise: its answers, and the engine on them."""

from functools import lru_cache

import numpy as np
import shapely

from stationmap.city.answers import Answers
from stationmap.planning.whatif import Locate, WhatIf


def what_if(answers: Answers, *, lang: str = "zh") -> WhatIf:
    """Return who tells what would be, on a version of a city; the same as long as the day.

    Parameters
    ----------
    answers : Answers
    lang : str
        Of the sentences of findings.
    """
    return _made(answers, answers.today().isoformat(), lang)


@lru_cache(maxsize=2)
def _made(answers: Answers, today: str, lang: str) -> WhatIf:  # noqa: ARG001 - findings are of a day
    return WhatIf(
        answers.facts(),
        exemptions=answers.table("exemptions"),
        lang=lang,
        locate=locate(answers),
    )


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
