"""OSM XML for tests, written by hand so that nothing of the reader is used to make its input."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import osmium


def tags_of(tags):
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def node(number, lon, lat, **tags):
    return f'<node id="{number}" version="1" lon="{lon}" lat="{lat}">{tags_of(tags)}</node>'


def way(number, refs, tags):
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}" version="1">{nodes}{tags_of(tags)}</way>'


def relation(number, members, tags):
    """Members are ("way", ref, role) triples."""
    parts = "".join(f'<member type="{t}" ref="{r}" role="{role}"/>' for t, r, role in members)
    return f'<relation id="{number}" version="1">{parts}{tags_of(tags)}</relation>'


def document(*parts):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">{"".join(parts)}</osm>\n'


def write(path: Path, *parts) -> Path:
    path.write_text(document(*parts), encoding="utf-8")
    return path


def transcode(source: Path, target: Path, kind: str) -> Path:
    """Write the same objects in another format of libosmium's."""
    with osmium.SimpleWriter(osmium.io.File(str(target), kind), overwrite=True) as writer:
        for thing in osmium.FileProcessor(osmium.io.File(str(source), "osm")):
            writer.add(thing)
    return target


def square(first, lon, lat, size=0.001):
    """Four corner nodes numbered from `first`, anticlockwise."""
    corners = ((0, 0), (size, 0), (size, size), (0, size))
    return "".join(node(first + i, lon + dx, lat + dy) for i, (dx, dy) in enumerate(corners))


def ring(first):
    return [first, first + 1, first + 2, first + 3, first]
