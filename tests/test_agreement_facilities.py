"""Facilities of real cities are made one as the documented rules say, pair after pair.

Names are compared by the product's `name_key`; everything else is worked out here anew.
"""

from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.cli import DEMO
from stationmap import City, facilities
from stationmap.crs import local_crs

NEAR_M, SAME_NAME_M, TOUCH_M = 30.0, 50.0, 1.0


@pytest.fixture(scope="module", params=["nanjing", "quzhou", "demo"])
def frame(request, shared, tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("facilities") / request.param
    city = City.create(folder, standard="quzhou-2018", adcode="330800")
    if request.param == "nanjing":
        city.import_file("osm", shared("osm-nanjing-downtown/nanjing_downtown.osm.pbf"))
        places = shared("amap-civic-poi/nanjing_gcj02.csv")
    elif request.param == "demo":
        city.import_file("osm", DEMO / "demo-city.osm.gz")
        city.import_file("facilities", DEMO / "facilities.csv", datum="wgs84")
    else:
        city.import_file("facilities", shared("quzhou-public-facilities/医疗.xls"), datum="wgs84")
        sights = shared("quzhou-public-facilities/旅游景点.xls")
        city.import_file("facilities", sights, datum="wgs84")
        places = shared("amap-civic-poi/quzhou_gcj02.csv")
    if request.param != "demo":
        city.import_file("facilities", places, datum="gcj02")
    found = city.now().layer("facilities")
    return found[found["category"].notna()].reset_index(drop=True)


class Sets:
    """Rows that stand for the same."""

    def __init__(self, size: int) -> None:
        self.of = list(range(size))

    def join(self, a: int, b: int) -> None:
        old, new = self.of[a], self.of[b]
        self.of = [new if x == old else x for x in self.of]


def told(frame, crs):
    """Shapes in metres, names to compare, and whether each is an outline."""
    shapes = list(shapely.make_valid(frame.geometry.to_crs(crs).to_numpy()))
    keys = [facilities.name_key(name) for name in frame["name"]]
    return shapes, keys, [shapely.get_dimensions(s) == 2 for s in shapes]


def pairs(frame, shapes):
    """Every two rows of one category that lie near each other, both ways round."""
    for rows in frame.groupby("category", observed=True).groups.values():
        own = np.array([shapes[i] for i in rows], dtype=object)
        for i in rows:
            apart = shapely.distance(own, shapes[i])
            for k in np.flatnonzero(apart <= SAME_NAME_M):
                if rows[k] != i:
                    yield int(i), int(rows[k]), float(apart[k])


def one_by_one(frame, crs) -> list[set[int]]:
    """The rows of each facility."""
    shapes, keys, area = told(frame, crs)
    sets = Sets(len(frame))
    vague: list[tuple[int, int, float]] = []  # what says less, what says more, metres apart
    wide: list[tuple[int, int, float]] = []  # the same where the outline is what says less
    settled: set[int] = set()
    for i, j, metres in pairs(frame, shapes):
        same = keys[i] != "" and keys[i] == keys[j]
        if area[i] == area[j]:
            if same and metres <= (TOUCH_M if area[i] else SAME_NAME_M):
                sets.join(i, j)
            elif area[i] and keys[j] == "" and shapes[i].covers(shapes[j]):
                vague.append((j, i, 0.0))
        elif area[j] and metres <= NEAR_M:
            inside = keys[j] != "" and keys[j] in keys[i] and metres == 0
            if same or inside:
                sets.join(i, j)
                settled |= {j} if inside and not same else set()
            elif keys[i] in keys[j]:
                vague.append((i, j, metres))
            elif keys[j] in keys[i]:
                wide.append((j, i, metres))
    done = {sets.of[j] for j in settled}
    vague += [pair for pair in wide if sets.of[pair[0]] not in done]
    nearest_only(sets, vague)
    found: dict[int, set[int]] = {}
    for row, group in enumerate(sets.of):
        found.setdefault(group, set()).add(row)
    return list(found.values())


def nearest_only(sets: Sets, vague: list[tuple[int, int, float]]) -> None:
    """Join what says less to the nearest that says more."""
    first = list(sets.of)
    choices: dict[int, list[tuple[float, int]]] = {}
    for poor, rich, metres in vague:
        if first[poor] != first[rich]:
            choices.setdefault(first[poor], []).append((round(metres, 6), rich))
    for group, rich in choices.items():
        nearest, row = min(rich)
        tied = {first[other] for metres, other in rich if metres == nearest}
        assert len(tied) == 1 or nearest == 0, "two as near: the rules do not say which"
        sets.join(first.index(group), row)


def test_facilities_are_made_one_as_the_rules_say(frame):
    west, south, east, north = frame.total_bounds
    crs = local_crs([west, east], [south, north])
    keyed = frame.assign(id=[f"row{k}" for k in range(len(frame))])
    merged = facilities.merge(keyed, crs=crs)
    groups = one_by_one(frame, crs)
    lead = {int(id_[3:]) for id_ in merged["id"]}
    assert len(groups) == len(merged)
    assert len(groups) < len(frame) or (frame.geom_type == "Point").all()
    size = frame.geometry.to_crs(crs).area
    for rows in groups:
        stays = lead & rows
        assert len(stays) == 1, frame.loc[sorted(rows), ["id", "name", "category"]]
        assert size[stays.pop()] == size[sorted(rows)].max()
