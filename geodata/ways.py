"""Streets of the demo city as OpenStreetMap ways: cut and turned at random, with bus routes."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from geodata.buildings import SETBACK_M, Builder
from geodata.osmxml import Member, OsmXml
from geodata.plane import Point, along, beside, distance, foot, length
from geodata.town import Town, warped
from geodata.walks import Vertex, Walk

STOP_EVERY_M = 430.0


@dataclass
class Ways:
    """Writes a town's streets; remembers the node of every vertex, and the way of every edge."""

    town: Town
    builder: Builder
    xml: OsmXml
    rng: random.Random
    extra: dict[int, list[tuple[float, dict[str, str]]]] = field(default_factory=dict)
    vertex: dict[Vertex, int] = field(default_factory=dict)
    paths: dict[int, list[int]] = field(default_factory=dict)
    ats: dict[int, list[float]] = field(default_factory=dict)
    ways_of: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    routes: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def put_in(self, edge: int, at_m: float, tags: dict[str, str]) -> None:
        """Give an edge one more vertex."""
        self.extra.setdefault(edge, []).append((at_m, tags))

    def write(self, walks: list[Walk]) -> None:
        """Write nodes, streets and walks."""
        for walk in walks:
            for spot in walk.spots:
                if spot.vertex:
                    tags = {"highway": "crossing", "crossing": "marked"}
                    crosses = walk.tags.get("footway") == "crossing"
                    self.put_in(*spot.vertex, tags if crosses else {})
        self._portals()
        self._nodes()
        self._bus_legs()
        for line in sorted({e.line for e in self.town.network.edges}):
            if self.town.streets[line].kind == "street":
                self._street(line)
        own: dict[Point, int] = {}
        for walk in walks:
            nodes = []
            for spot in walk.spots:
                if spot.vertex:
                    nodes.append(self.vertex[spot.vertex])
                else:
                    if spot.place not in own:
                        own[spot.place] = self.xml.node(spot.place)
                    nodes.append(own[spot.place])
            self.xml.way(nodes, walk.tags)

    def _portals(self) -> None:
        for number, edge in enumerate(self.town.network.edges):
            tunnel = self.town.streets[edge.line].tunnel
            if tunnel:
                steps = range(int(length(edge.points)))
                norths = [along(edge.points, s)[0][1] for s in steps]
                for low, high, at in zip(norths, norths[1:], steps, strict=False):
                    if any(min(low, high) <= t < max(low, high) for t in tunnel):
                        self.put_in(number, at + 0.5, {})

    def _nodes(self) -> None:
        shared: dict[int, int] = {}
        for number, edge in enumerate(self.town.network.edges):
            run = 0.0
            places: list[tuple[float, Point, dict[str, str], Vertex | None]] = []
            for k, p in enumerate(edge.points):
                run += distance(edge.points[k - 1], p) if k else 0.0
                places.append((run, p, {}, None))
            for at, tags in self.extra.get(number, ()):
                places.append((at, along(edge.points, at)[0], tags, (number, at)))
            places.sort(key=lambda item: item[0])
            self.paths[number], self.ats[number] = [], []
            for at, place, tags, key in places:
                node: int | None
                if key in self.vertex:
                    if tags:
                        self.xml.node_tags[self.vertex[key]] = tags
                    continue
                if key is None and place in (edge.points[0], edge.points[-1]):
                    end = edge.start if at == 0 else edge.end
                    if end not in shared:
                        shared[end] = self.xml.node(place)
                    node = shared[end]
                else:
                    node = self.xml.node(place, tags)
                if key:
                    self.vertex[key] = node
                self.paths[number].append(node)
                self.ats[number].append(at)

    # --- streets ---

    def _street(self, line: int) -> None:
        """One line as ways: cut at junctions and where bridge, tunnel or bus routes change."""
        street = self.town.streets[line]
        own = [n for n, e in enumerate(self.town.network.edges) if e.line == line]
        pieces: list[tuple[list[int], dict[str, str], list[int]]] = []
        left = self.rng.randint(1, 5)
        for number in own:
            for nodes, tags in self._runs(number):
                same = pieces and pieces[-1][1] == tags and pieces[-1][0][-1] == nodes[0]
                routes = pieces and self.routes[pieces[-1][2][-1]] == self.routes[number]
                fresh = not same or not routes or (left <= 0 and nodes[0] == self.paths[number][0])
                if fresh:
                    pieces.append((list(nodes), tags, [number]))
                    left = self.rng.randint(1, 5)
                else:
                    pieces[-1][0].extend(nodes[1:])
                    pieces[-1][2].append(number)
            left -= 1
        for nodes, tags, numbers in pieces:
            turned, sense = self.rng.random() < 0.5, {}
            if street.oneway:
                turned = self.rng.random() < 0.06 and "junction" not in street.tags
                sense = {"oneway": "-1" if turned else "yes"}
            way = self.xml.way(nodes[::-1] if turned else nodes, {**tags, **sense})
            for number in numbers:
                if way not in self.ways_of[number]:
                    self.ways_of[number].append(way)

    def _runs(self, number: int) -> list[tuple[list[int], dict[str, str]]]:
        """Nodes of an edge by runs of equal tags."""
        edge = self.town.network.edges[number]
        street = self.town.streets[edge.line]
        base = {"highway": street.highway}
        if street.name:
            base["name"] = street.name
        if street.en:
            base["name:en"] = street.en
        base |= street.tags
        if self._on_bridge(number):
            named = {"bridge:name": street.bridge} if street.bridge else {}
            return [(self.paths[number], {**base, "bridge": "yes", "layer": "1", **named})]
        if street.tunnel is None:
            return [(self.paths[number], base)]
        runs: list[tuple[list[int], dict[str, str]]] = []
        path, ats = self.paths[number], self.ats[number]
        for k in range(len(path) - 1):
            north = along(edge.points, (ats[k] + ats[k + 1]) / 2)[0][1]
            under = street.tunnel[0] < north < street.tunnel[1]
            tags = {**base, "tunnel": "yes", "layer": "-1"} if under else base
            if runs and runs[-1][1] == tags:
                runs[-1][0].append(path[k + 1])
            else:
                runs.append(([path[k], path[k + 1]], tags))
        return runs

    def _on_bridge(self, number: int) -> bool:
        sides = [self.builder.block_of.get((number, left)) for left in (True, False)]
        return all(s is not None and self.town.uses[s] == "river" for s in sides)

    # --- buses ---

    def _legs(self, entry: dict[str, Any]) -> list[tuple[int, bool]]:
        """Edges of a route in its order, each with whether it runs forward."""
        out: list[tuple[int, bool]] = []
        for name, start, end in entry["legs"]:
            own = [
                n
                for n, e in enumerate(self.town.network.edges)
                if self.town.streets[e.line].name == name
            ]
            nodes = [self.town.network.edges[own[0]].start]
            nodes += [self.town.network.edges[n].end for n in own]
            far = [distance(self.town.network.nodes[n], warped(start)) for n in nodes]
            near = [distance(self.town.network.nodes[n], warped(end)) for n in nodes]
            a, b = far.index(min(far)), near.index(min(near))
            out += [(own[k], True) for k in range(a, b)] if a < b else []
            out += [(own[k], False) for k in range(a - 1, b - 1, -1)] if a > b else []
        return out

    def _bus_legs(self) -> None:
        for entry in self.town.plan["bus"]:
            if entry.get("ref"):
                for number, _ in self._legs(entry):
                    self.routes[number].add(entry["ref"])

    def write_buses(self) -> list[Point]:
        """Write stops on both sides of the routes, and a relation for each route with a number.

        Returns the stops' places.
        """
        stops: list[tuple[Point, int]] = []
        for entry in self.town.plan["bus"]:
            legs = self._legs(entry)
            members: list[Member] = []
            for number, _ in legs:
                for way in self.ways_of[number]:
                    if ("way", way, "") not in members:
                        members.append(("way", way, ""))
            run = STOP_EVERY_M / 2
            for number, forward in legs:
                edge = self.town.network.edges[number]
                span = length(edge.points)
                while run < span and not self._on_bridge(number):
                    at = min(max(run if forward else span - run, 25.0), max(span - 25.0, 25.0))
                    stop = self._stop(number, at, stops)
                    members += [("node", node, "platform") for node in stop]
                    run += STOP_EVERY_M
                run = max(run - span, 0.0)
            if entry.get("ref"):
                tags = {"type": "route", "route": "bus", "ref": entry["ref"]}
                tags |= {"name": entry["name"], "name:en": entry["en"]}
                self.xml.relation(members, tags)
        return [place for place, _ in stops]

    def _stop(self, number: int, at: float, stops: list[tuple[Point, int]]) -> list[int]:
        """Both platforms of a stop, those already there included."""
        edge = self.town.network.edges[number]
        street = self.town.streets[edge.line]
        nodes: list[int] = []
        for sign in (1.0, -1.0):
            place = beside(edge.points, at, sign * (SETBACK_M[street.highway] - 7.0))
            known = [n for p, n in stops if distance(p, place) < 90.0]
            if len(known) > 1 and not nodes:
                return known[:2]
            tags = {"highway": "bus_stop", "public_transport": "platform", "bus": "yes"}
            tags["name"] = self._stop_name(number, at)
            nodes.append(self.xml.node(place, tags))
            stops.append((place, nodes[-1]))
        return nodes

    def _stop_name(self, number: int, at: float) -> str:
        edge = self.town.network.edges[number]
        place = along(edge.points, at)[0]
        own = self.town.streets[edge.line].name
        cross = [
            (foot(e.points, place)[1], self.town.streets[e.line].name)
            for e in self.town.network.edges
            if self.town.streets[e.line].name not in ("", own)
        ]
        return own + min(cross)[1] + "口"
