"""Evidence by districts: a place lies inside the district that its row states.

Only places near a border bear witness, one for each square kilometre: neighbours share the errors
of a generalised boundary.
"""

import numpy as np
import pandas as pd
import shapely

from stationmap.datum.places import (
    MOST_PLACES,
    Finding,
    Places,
    Support,
    codes,
    p_chances,
    thin,
    words,
)

BORDER_M = 2_500.0
DISTRICT_CELL_M = 1_000.0  # one witness for each cell: neighbours share the border's errors
_INSIDE_NATS = float(np.log(9.0))  # a stated district holds for nine of ten places near a border


def district_evidence(places: Places, districts: pd.DataFrame | None) -> Finding | None:
    """Weigh whether places lie inside the district that their rows state.

    Against each other hypothesis, the witnesses are the places inside under one of the two only.
    Strong: at least eight for it and at most a tenth of them against, and at most 1 % of random
    shifts fit as well. Middling: four, a fourth, 5 %.
    """
    if districts is None or not len(districts) or "district" not in places.table:
        return None
    polygons = shapely.make_valid(places.project(districts.geometry))
    stated = codes(words(places.table, "district"), _district_rows(districts))
    rows = np.flatnonzero(stated >= 0)
    middle = places.middle
    border_m = shapely.distance(
        shapely.points(middle[rows]), shapely.boundary(polygons)[stated[rows]]
    )
    rows = rows[border_m <= BORDER_M]
    rows = thin(rows, middle[rows], stated[rows], cell_m=DISTRICT_CELL_M, most=MOST_PLACES)
    if not len(rows):
        return None
    xy = places.positions(rows)
    inside = np.zeros(xy.shape[:2], dtype=np.bool_)
    for row in np.unique(stated[rows]):
        mine = stated[rows] == row
        shapely.prepare(polygons[row])
        inside[:, mine] = shapely.contains_xy(polygons[row], *np.moveaxis(xy[:, mine], 2, 0))
    weight = inside.sum(axis=1) * _INSIDE_NATS
    p = p_chances(weight)
    supports = []
    for h in range(3):
        out = ~inside[h]
        away_m = shapely.distance(shapely.points(xy[h, out]), polygons[stated[rows]][out])
        supports.append(
            Support(
                matches=int(inside[h].sum()),
                distinct=int(inside[h].sum()),
                by_name=0,
                points_used=len(rows),
                expected=float(inside[3:].sum(axis=1).mean()),
                median_m=float(np.median(away_m)) if out.any() else float("nan"),
                p_chance=float(p[h]),
                weight=float(weight[h]),
            )
        )
    best = int(np.argmax(weight[:3]))
    rivals = [h for h in range(3) if h != best]
    pro = np.array([(inside[best] & ~inside[h]).sum() for h in rivals])
    con = np.array([(inside[h] & ~inside[best]).sum() for h in rivals])
    strong = (pro >= 8).all() and (con <= 0.1 * pro).all() and p[best] <= 0.01
    middling = (pro >= 4).all() and (con <= 0.25 * pro).all() and p[best] <= 0.05
    favours = best if strong or middling else None
    return Finding("district", tuple(supports), favours, bool(strong))


def _district_rows(districts: pd.DataFrame) -> dict[str, int]:
    """Row of each district by adcode, name and name without 市, 区, 县; ambiguous ones left out."""
    names = words(districts, "name")
    short = [n[:-1] if n and len(n) > 2 and n[-1] in "市区县" else None for n in names]
    said = pd.Series([*words(districts, "adcode"), *names, *short], dtype=object)
    row = pd.Series(np.tile(np.arange(len(districts)), 3)).groupby(said)
    return {str(word): int(rows.iloc[0]) for word, rows in row if rows.nunique() == 1}
