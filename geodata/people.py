"""Where the people of the demo city live: a grid cell a block, and what groups they are of."""

import random
from collections.abc import Mapping, Sequence

from geodata.books import as_csv
from geodata.districts import Area
from geodata.plane import area, middle, to_lonlat
from geodata.town import Town

# people a square metre of block, as one use has more than another
_DENSITY = {"old": 3.0, "town": 2.0}
_RURAL = 0.02
# group → share of the people in the old town, in the new one, and in villages
_GROUPS: Mapping[str, tuple[float, float, float]] = {
    "空巢老人": (0.09, 0.04, 0.12),
    "留守儿童": (0.01, 0.01, 0.06),
    "农民工": (0.04, 0.10, 0.02),
    "残疾人": (0.02, 0.015, 0.03),
}
_PLACES = ("old", "town", "rural")


def demand(
    town: Town, areas: Sequence[Area], communities: Sequence[Area], rng: random.Random
) -> bytes:
    """Return the list of grid cells; villages have no coordinates, their community tells where."""
    cells = [cell for community in communities for cell in _cells(town, community)]
    heavy = {a.adcode: sum(w for c, _, _, _, w in cells if c.district == a.adcode) for a in areas}
    people = {a.adcode: a.population for a in areas}
    rows = []
    for number, (community, name, use, block, weight) in enumerate(cells, start=1):
        share = weight / heavy[community.district]
        living = round(people[community.district] * share * rng.uniform(0.8, 1.2))
        said = {"网格编号": f"WG{number:03d}", "网格名称": name, "社区": community.name}
        said["常住人口"] = str(living)
        for group, shares in _GROUPS.items():
            mean = shares[_PLACES.index(use)]
            said[group] = str(round(living * mean * rng.uniform(0.4, 1.6)))
        lon, lat = to_lonlat(middle(town.blocks[block].ring)) if block is not None else (None, None)
        said["经度"] = "" if lon is None else f"{lon:.7f}"
        said["纬度"] = "" if lat is None else f"{lat:.7f}"
        rows.append(said)
    return as_csv(rows)


_Cell = tuple[Area, str, str, int | None, float]


def _cells(town: Town, community: Area) -> list[_Cell]:
    """Cells of a community: name, use, block (none for a village), weight."""
    size = {n: abs(area(town.blocks[n].ring)) for n in community.blocks}
    if not community.urban:
        return [(community, community.name, "rural", None, _RURAL * sum(size.values()))]
    lived_in = [n for n in community.blocks if town.uses[n] in _DENSITY]
    return [
        (community, f"{community.name}第{k}网格", town.uses[n], n, _DENSITY[town.uses[n]] * size[n])
        for k, n in enumerate(lived_in, start=1)
    ]
