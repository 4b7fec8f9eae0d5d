"""OpenStreetMap XML, version 0.6, written object by object in the order of their numbers."""

import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import quoteattr

from geodata.plane import Point, to_lonlat

Member = tuple[str, int, str]  # kind, number, role


class OsmXml:
    """Nodes, ways and relations with running numbers.

    Parameters
    ----------
    note : str
        What the data is; stands in the file's first element.
    """

    def __init__(self, note: str) -> None:
        self.note = note
        self.places: list[Point] = []
        self.node_tags: dict[int, Mapping[str, str]] = {}
        self.ways: list[tuple[Sequence[int], Mapping[str, str]]] = []
        self.relations: list[tuple[Sequence[Member], Mapping[str, str]]] = []

    def node(self, place: Point, tags: Mapping[str, str] | None = None) -> int:
        """Add a node at a place of the plane (metres); return its number."""
        self.places.append(to_lonlat(place))
        if tags:
            self.node_tags[len(self.places)] = tags
        return len(self.places)

    def way(self, nodes: Sequence[int], tags: Mapping[str, str]) -> int:
        """Add a way along nodes; return its number."""
        self.ways.append((nodes, tags))
        return len(self.ways)

    def ring(self, points: Iterable[Point], tags: Mapping[str, str]) -> int:
        """Add a closed way around an area, with nodes of its own; return its number."""
        nodes = [self.node(p) for p in points]
        return self.way([*nodes, nodes[0]], tags)

    def relation(self, members: Sequence[Member], tags: Mapping[str, str]) -> int:
        """Add a relation of members (kind, number, role); return its number."""
        self.relations.append((members, tags))
        return len(self.relations)

    def text(self) -> str:
        """Return the file's text."""
        lons, lats = [p[0] for p in self.places], [p[1] for p in self.places]
        head = f'generator="StationMap demo city" attribution={quoteattr(self.note)}'
        licence = "https://creativecommons.org/publicdomain/zero/1.0/"
        low = f'minlat="{min(lats):.7f}" minlon="{min(lons):.7f}"'
        high = f'maxlat="{max(lats):.7f}" maxlon="{max(lons):.7f}"'
        out = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<osm version="0.6" {head} license="{licence}">',
            f"<bounds {low} {high}/>",
        ]
        for number, (lon, lat) in enumerate(self.places, start=1):
            head = f'<node id="{number}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"'
            tags = self.node_tags.get(number)
            out += [head + "/>"] if not tags else [head + ">", *_tags(tags), "</node>"]
        for number, (nodes, tags) in enumerate(self.ways, start=1):
            out.append(f'<way id="{number}" version="1">')
            out += [f'<nd ref="{n}"/>' for n in nodes]
            out += [*_tags(tags), "</way>"]
        for number, (members, tags) in enumerate(self.relations, start=1):
            out.append(f'<relation id="{number}" version="1">')
            out += [f'<member type="{t}" ref="{n}" role={quoteattr(r)}/>' for t, n, r in members]
            out += [*_tags(tags), "</relation>"]
        return "\n".join([*out, "</osm>", ""])


def _tags(tags: Mapping[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()]


def packed(content: bytes) -> bytes:
    """Gzip without name and time: the same bytes for the same content and the same zlib."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=9, mtime=0) as file:
        file.write(content)
    return out.getvalue()
