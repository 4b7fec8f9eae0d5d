"""Boundaries of the demo city as OpenStreetMap relations over shared ways."""

from geodata import districts
from geodata.districts import Area, Side
from geodata.osmxml import Member, OsmXml
from geodata.plane import area
from geodata.town import Town

CITY, DISTRICT, COMMUNITY = 5, 6, 10  # admin_level
BEYOND = -1  # what lies on the other side of the city's limits


class Boundaries:
    """Writes the rims of communities once each, and the relations that share them."""

    def __init__(
        self, town: Town, communities: list[Area], paths: dict[int, list[int]], xml: OsmXml
    ) -> None:
        self.town, self.communities, self.paths, self.xml = town, communities, paths, xml
        self.block_of = {side: n for n, b in enumerate(town.blocks) for side in b.sides}
        self.community_of = {n: c for c, a in enumerate(communities) for n in a.blocks}
        self.ways: dict[frozenset[int], int] = {}
        self.levels: dict[int, int] = {}

    def write(self, areas: list[Area]) -> None:
        """Write the city, its districts and its communities."""
        members = [
            [member for ring in community.rings for member in self._ring(number, ring)]
            for number, community in enumerate(self.communities)
        ]
        city = self.town.plan["city"]
        rim = sorted(way for way, level in self.levels.items() if level == CITY)
        self._relation(city["name"], city["en"], city["adcode"], CITY, rim, note=city["note"])
        for district in areas:
            rim = sorted(
                {
                    way
                    for own, community in zip(members, self.communities, strict=True)
                    if community.district == district.adcode
                    for _, way, _ in own
                    if self.levels[way] < COMMUNITY
                }
            )
            self._relation(
                district.name,
                district.en,
                district.adcode,
                DISTRICT,
                rim,
                population=str(district.population),
                note=city["note"],
            )
        for own, community in zip(members, self.communities, strict=True):
            self.xml.relation(
                own,
                self._tags(community.name, community.en, community.adcode, COMMUNITY)
                | {"residential": "urban" if community.urban else "rural"},
            )

    def _relation(
        self, name: str, en: str, adcode: str, level: int, rim: list[int], **tags: str
    ) -> None:
        members: list[Member] = [("way", way, "outer") for way in rim]
        self.xml.relation(members, self._tags(name, en, adcode, level) | tags)

    def _tags(self, name: str, en: str, adcode: str, level: int) -> dict[str, str]:
        return {
            "type": "boundary",
            "boundary": "administrative",
            "admin_level": str(level),
            "name": name,
            "name:en": en,
            "ref:adcode": adcode,
            "source": "synthetic",
        }

    def _ring(self, number: int, ring: tuple[Side, ...]) -> list[Member]:
        """Ways of one rim of a community, cut where its neighbour changes."""
        start = next(
            (k for k in range(len(ring)) if self._beyond(ring[k]) != self._beyond(ring[k - 1])), 0
        )
        runs: list[list[Side]] = []
        for side in ring[start:] + ring[:start]:
            if runs and self._beyond(runs[-1][0]) == self._beyond(side):
                runs[-1].append(side)
            else:
                runs.append([side])
        role = "outer" if area(districts.ring_points(self.town, ring)) > 0 else "inner"
        return [("way", self._way(number, run), role) for run in runs]

    def _beyond(self, side: Side) -> int:
        block = self.block_of.get((side[0], not side[1]))
        return BEYOND if block is None else self.community_of[block]

    def _way(self, number: int, run: list[Side]) -> int:
        key = frozenset(edge for edge, _ in run)
        if key not in self.ways:
            nodes: list[int] = []
            for edge, forward in run:
                path = self.paths[edge] if forward else self.paths[edge][::-1]
                nodes += path[1:] if nodes else path
            level = self._level(number, self._beyond(run[0]))
            tags = {"boundary": "administrative", "admin_level": str(level)}
            self.ways[key] = self.xml.way(nodes, tags)
            self.levels[self.ways[key]] = level
        return self.ways[key]

    def _level(self, number: int, beyond: int) -> int:
        if beyond == BEYOND:
            return CITY
        same = self.communities[beyond].district == self.communities[number].district
        return COMMUNITY if same else DISTRICT
