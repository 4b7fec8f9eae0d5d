"""OpenStreetMap files (.osm.pbf, .osm, .osm.gz) as layers: ways, shops, facilities and more.

One pass reads relations and nodes, a second one ways and outlines, so that the order of the
objects in the file does not matter. Tags are chosen in C++ before Python sees an object.
Tagging rules: https://wiki.openstreetmap.org/wiki/Map_features
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.filter import KeyFilter
from osmium.osm import NODE, RELATION, WAY

from stationmap.errors import InputError
from stationmap.io import pbf
from stationmap.io.files import check_file, check_packed, sniff
from stationmap.io.notes import Note, Rejected
from stationmap.io.osm_frames import districts_of, frame_of, geo, texts
from stationmap.io.osm_tags import (
    PLACE_KEYS,
    ROAD_NODES,
    VALUE_KEYS,
    Get,
    direction,
    facility_tags,
    is_bus_platform,
    is_tunnel,
    name_of,
    on_foot,
    place,
    place_keys,
    second_name,
    tells,
)
from stationmap.messages import N_
from stationmap.standards import tables

SOURCE = "osm"

WAY_COLUMNS = {
    "way_id": "int64",
    "name": object,
    "name_en": object,
    "name_alt": object,
    "highway": object,
    "oneway": "int8",
    "junction": object,
    "tunnel": bool,
    "bridge": bool,
    "motorroad": bool,
    "area": bool,
    "bus": bool,
    "foot": object,
    "footway": object,
}

_FORMATS = {"pbf": "pbf", "osm": "osm", "osm.gz": "osm.gz", "osm.bz2": "osm.bz2"}
_OUTLINE_KEYS = ("building", "landuse", "leisure", "natural", "waterway", "boundary")
_PARKS = ("park", "garden", "common", "recreation_ground", "village_green")
# the tags of a road that has none but its class and name
_PLAIN_ROAD = (None, None, 0, None, False, False, False, False, None, None)
_ROAD_COLUMNS = ["way_id", "name", "highway", "name_en", "name_alt", "oneway", "junction"]
_ROAD_COLUMNS += ["tunnel", "bridge", "motorroad", "area", "foot", "footway"]
_BUS = ("bus", "trolleybus")
_ADCODE = re.compile(r"[0-9]{6,12}")
_NAMES_IN_A_NOTE = 12

_NO_NODES = N_("its nodes are not in the file: extract the area with complete ways")
_NEGATIVE = N_(
    "its nodes have negative numbers, as new objects have in an editor: save the file with positive"
    " numbers (osmium renumber)"
)
_NO_LENGTH = N_("it has no length: fewer than two different points")
_NO_PLACE = N_("its coordinates are missing or out of range")
_NO_OUTLINE = N_("its outline is not complete in the file or crosses itself")


@dataclass
class OsmLayers:
    """Layers of one OSM file, all in EPSG:4326.

    Attributes
    ----------
    ways : GeoDataFrame
        Every way tagged highway=*: way_id, name, name_en, name_alt (a second local language),
        highway, oneway (1 along, -1 against, 0 both), junction, tunnel, bridge, motorroad, area,
        bus (member of a bus or trolleybus route), foot ("yes" or "no" where it says so of people
        on foot), footway ("sidewalk", "crossing" and the like), geometry (LineString; a closed
        outline drawn as an area stays a line with ``area`` set). A way cut by missing nodes gives a
        row per piece.
    shops, facilities : GeoDataFrame
        id ("n", "w" or "r" and the OSM number), name, category, hours (opening_hours as written, or
        None), source, geometry (Point or outline). Facilities also have ``tags``, the OSM tag they
        were taken for; their category is None where the shared table has none for a named place.
    districts : GeoDataFrame
        adcode, name, level (OSM admin_level), population (NaN where unknown), residential ("urban",
        "rural" or None: of communities), geometry.
    areas : GeoDataFrame
        kind ("retail", "commercial"), geometry.
    bus_stops : GeoDataFrame
        id, name, geometry (Point).
    landscape : GeoDataFrame
        kind ("water", "park", "building"), geometry.
    counts : dict
        For each layer the objects ``read`` with its tags and the objects ``used``.
    rejected : list of Rejected
        The objects read but not used, each with its reason.
    notes : list of Note
        What else a user should know of this file.
    """

    ways: gpd.GeoDataFrame
    shops: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    bus_stops: gpd.GeoDataFrame
    landscape: gpd.GeoDataFrame
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def read(path: str | Path) -> OsmLayers:
    """Read an OSM file into layers.

    Parameters
    ----------
    path : str or Path
        An .osm.pbf, .osm, .osm.gz or .osm.bz2 file; its content decides, not its name.

    Returns
    -------
    OsmLayers
        Frames in EPSG:4326 with counts, rejected objects and notes.

    Raises
    ------
    InputError
        The file is missing, not OSM data, damaged, or has no ways or no roads.
    """
    path = check_file(path)
    kind = sniff(path)
    if kind not in _FORMATS:
        raise InputError(
            "{file} is not OpenStreetMap data: expected an .osm.pbf, .osm or .osm.gz file",
            file=path.name,
        )
    if kind == "pbf":
        pbf.check(path)
    elif kind != "osm":
        check_packed(path)
    try:
        reader = _read(path, _FORMATS[kind])
        any_way = reader.way_rows or reader.rejected or reader.has_ways()
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise InputError(
            "{file} is damaged or not complete OpenStreetMap data ({detail}): fetch it again",
            file=path.name,
            detail=(str(error).splitlines() or [type(error).__name__])[0],
        ) from error
    if not any_way:
        raise InputError(
            "{file} has no ways, only points or relations: expected an extract with its roads",
            file=path.name,
        )
    if not reader.way_rows and reader.rejected:
        raise InputError(
            "{file} has no usable road; of the first one, {way}, {reason}",
            file=path.name,
            way=reader.rejected[0].id,
            reason=reader.rejected[0].reason,
        )
    if not reader.way_rows:
        raise InputError(
            "{file} has no road: expected ways tagged highway=*; extract the area again with its"
            " roads",
            file=path.name,
        )
    return reader.layers()


def _read(path: Path, file_format: str) -> "_Reader":
    reader = _Reader(osmium.io.File(str(path), file_format))
    try:
        reader.run()
        return reader
    except RuntimeError as error:
        if "out of order" not in str(error):
            raise
    # outlines are assembled from ways in the order of their numbers, which not every tool keeps
    with TemporaryDirectory() as folder:
        copy = str(Path(folder) / "sorted.osm.pbf")
        merger = osmium.MergeInputReader()
        merger.add_buffer(path.read_bytes(), file_format)
        with osmium.SimpleWriter(copy) as writer:
            merger.apply(writer)
        reader = _Reader(osmium.io.File(copy))
        reader.run()
        return reader


class _Reader:
    """Rows gathered from one file, geometries as hexadecimal WKB; `layers` makes frames of them."""

    def __init__(self, file: osmium.io.File) -> None:
        self.file = file
        self.pool = osmium.io.ThreadPool(0)
        self.make = osmium.geom.WKBFactory()
        self.way_rows: list[tuple[Any, ...]] = []
        self.place_rows: list[tuple[Any, ...]] = []
        self.stop_rows: list[tuple[Any, ...]] = []
        self.district_rows: list[tuple[Any, ...]] = []
        self.area_rows: list[tuple[Any, ...]] = []
        self.landscape_rows: list[tuple[Any, ...]] = []
        self.expected: dict[str, tuple[Any, ...] | None] = {}  # outlines, until assembled
        self.boundaries: dict[str, str] = {}  # administrative ones, likewise
        self.bus_ways: list[int] = []
        self.rejected: list[Rejected] = []
        self.missing_nodes = self.cut_ways = 0

    def run(self) -> None:
        """Read the file twice: relations and nodes, then ways and the outlines they close."""
        nodes = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
        nodes.ignore_errors()
        assembler = osmium.area.AreaManager()
        for entity in self._objects(
            NODE | RELATION,
            nodes,
            _only(RELATION, *_OUTLINE_KEYS, *PLACE_KEYS, "route"),
            assembler.first_pass_handler(),
            _only(NODE, *PLACE_KEYS, *VALUE_KEYS),
        ):
            if entity.is_node():
                self._node(entity)
            else:
                self._relation(entity)
        outlines = osmium.BufferIterator(KeyFilter(*_OUTLINE_KEYS, *PLACE_KEYS))
        for way in self._objects(
            WAY,
            nodes,
            assembler.second_pass_to_buffer(outlines),
            KeyFilter(*PLACE_KEYS, "highway"),
        ):
            self._way(way)
            if outlines:
                for area in outlines:
                    self._outline(area)
        for area in outlines:
            self._outline(area)

    def has_ways(self) -> bool:
        return next(self._objects(WAY), None) is not None

    def _objects(self, entities: Any, *handlers: Any) -> Iterator[Any]:
        with osmium.io.Reader(self.file, entities, thread_pool=self.pool) as reader:
            # the iterator does not keep its handlers alive, this frame does
            yield from osmium.OsmFileIterator(reader, *handlers)

    def _node(self, node: Any) -> None:
        get = node.tags.get
        highway = get("highway")
        if highway in ROAD_NODES:
            return
        row = place(f"n{node.id}", get)
        is_stop = highway == "bus_stop" or is_bus_platform(get)
        if row is None and not is_stop:
            return
        try:
            point = str(self.make.create_point(node))
        except osmium.InvalidLocationError:
            point = None
        if row is not None:
            self.place_rows.append((*row, point))
        if is_stop:
            self.stop_rows.append((f"n{node.id}", name_of(get), point))

    def _relation(self, relation: Any) -> None:
        get = relation.tags.get
        kind = get("type")
        if kind in ("multipolygon", "boundary"):
            self._expect(f"r{relation.id}", get)
        elif kind == "route" and get("route") in _BUS:
            self.bus_ways += [
                member.ref
                for member in relation.members
                if member.type == "w" and not member.role.startswith(("platform", "stop"))
            ]

    def _expect(self, key: str, get: Get) -> None:
        self.expected[key] = place(key, get)
        if get("boundary") == "administrative":
            self.boundaries[key] = name_of(get) or key

    def _way(self, way: Any) -> None:
        get = way.tags.get
        highway = get("highway")
        if highway is not None:
            self._road(way, highway)
        elif way.is_closed():
            self._expect(f"w{way.id}", get)
        if highway in (None, "platform") and is_bus_platform(get):
            self.stop_rows.append((f"w{way.id}", name_of(get), self._line(way)))

    def _road(self, way: Any, highway: str) -> None:
        get = way.tags.get
        name = get("name")
        said: tuple[Any, ...] = _PLAIN_ROAD
        if len(way.tags) > 1 + (name is not None):
            said = (
                name and (get("name:en") or get("int_name")),
                name and second_name(get, name),
                direction(get, highway=highway),
                get("junction"),
                is_tunnel(get),
                get("bridge") not in (None, "no"),
                get("motorroad") == "yes",
                get("area") == "yes",
                on_foot(get),
                get("footway"),
            )
        elif highway == "motorway":
            said = (None, None, 1, *_PLAIN_ROAD[3:])
        row = (way.id, name, highway, *said)
        line = self._line(way)
        if line is not None:
            self.way_rows.append((*row, line))
            return
        pieces = _located_pieces(way)
        self.way_rows += [(*row, shapely.to_wkb(piece, hex=True)) for piece in pieces]
        missing = sum(not node.location.valid() for node in way.nodes)
        self.missing_nodes += missing
        self.cut_ways += missing > 0
        if not pieces:
            negative = any(node.ref < 0 for node in way.nodes)
            reason = _NEGATIVE if negative else _NO_NODES if missing else _NO_LENGTH
            self.rejected.append(Rejected("ways", f"w{way.id}", name, Note(reason, {})))

    def _line(self, way: Any) -> str | None:
        try:
            return str(self.make.create_linestring(way))
        except (osmium.InvalidLocationError, RuntimeError):
            return None

    def _outline(self, area: Any) -> None:
        get = area.tags.get
        key = f"{'w' if area.from_way() else 'r'}{area.orig_id()}"
        try:
            outline = str(self.make.create_multipolygon(area))
        except (osmium.InvalidLocationError, RuntimeError):
            self._expect(key, get)
            return
        self.expected.pop(key, None)
        self.boundaries.pop(key, None)
        building = get("building")
        if building not in (None, "no"):
            self.landscape_rows.append(("building", outline))
            if len(area.tags) == 1 and not tells("building", building):
                return
        row = place(key, get)
        if row is not None:
            self.place_rows.append((*row, outline))
        landuse = get("landuse")
        if landuse in ("retail", "commercial"):
            self.area_rows.append((landuse, outline))
        if (
            get("natural") == "water"
            or get("waterway") == "riverbank"
            or landuse in ("reservoir", "basin")
        ):
            self.landscape_rows.append(("water", outline))
        elif landuse in _PARKS or get("leisure") in _PARKS:
            self.landscape_rows.append(("park", outline))
        if get("boundary") == "administrative" and (name := name_of(get)):
            codes = (get("ref:adcode"), get("division_code"), get("ref"))
            adcode = next((c for c in codes if c and _ADCODE.fullmatch(c)), key)
            numbers = (get("admin_level"), get("population"))
            row = (adcode, name, *numbers, get("residential"), outline)
            self.district_rows.append(row)

    def layers(self) -> OsmLayers:
        """Make frames of the gathered rows; name and count what could not be used."""
        lost = [(*row, None) for row in self.expected.values() if row is not None]
        places = frame_of(["id", "name", "hours", *place_keys()], self.place_rows + lost)
        places["source"] = texts([SOURCE] * len(places))
        shops = places[tables.is_shop(places["shop"], places["amenity"])]
        shops = shops.reset_index(drop=True)
        kinds = tables.shop_category(shops["shop"], shops["amenity"])
        shops["category"] = texts(kinds)
        category, tags = facility_tags(places)
        facilities = places.assign(category=texts(category), tags=texts(tags))[pd.notna(tags)]
        stops = frame_of(["id", "name"], self.stop_rows)
        stops["geometry"] = shapely.centroid(stops["geometry"].to_numpy())
        columns = ["id", "name", "category", "hours", "source"]
        layers = {
            "ways": geo(self._ways()),
            "shops": geo(self._usable("shops", shops[[*columns, "geometry"]])),
            "facilities": geo(
                self._usable("facilities", facilities[[*columns, "tags", "geometry"]])
            ),
            "districts": geo(districts_of(self.district_rows)),
            "areas": geo(frame_of(["kind"], self.area_rows)),
            "bus_stops": geo(self._usable("bus_stops", stops)),
            "landscape": geo(frame_of(["kind"], self.landscape_rows)),
        }
        for key, name in self.boundaries.items():
            self.rejected.append(Rejected("districts", key, name, Note(_NO_OUTLINE, {})))
        used = {layer: len(frame) for layer, frame in layers.items()}
        used["ways"] = layers["ways"]["way_id"].nunique()
        unused = Counter(rejected.layer for rejected in self.rejected)
        counts = {layer: {"read": n + unused[layer], "used": n} for layer, n in used.items()}
        return OsmLayers(**layers, counts=counts, rejected=self.rejected, notes=self._notes())

    def _ways(self) -> pd.DataFrame:
        ways = frame_of(_ROAD_COLUMNS, self.way_rows)
        ways["bus"] = ways["way_id"].isin(self.bus_ways)
        return ways.astype(WAY_COLUMNS)[[*WAY_COLUMNS, "geometry"]]

    def _usable(self, layer: str, frame: pd.DataFrame) -> pd.DataFrame:
        bounds = shapely.bounds(frame["geometry"].to_numpy())
        good = (np.abs(bounds) <= (180, 90, 180, 90)).all(axis=1)
        for row in frame[~good].itertuples():
            reason = _NO_PLACE if row.id.startswith("n") else _NO_OUTLINE
            self.rejected.append(Rejected(layer, row.id, row.name, Note(reason, {})))
        return frame[good].reset_index(drop=True)

    def _notes(self) -> list[Note]:
        notes = []
        if self.missing_nodes:
            notes.append(
                Note(
                    N_(
                        "{nodes} nodes of {ways} roads are not in the file: these roads end or are"
                        " cut there"
                    ),
                    {"nodes": self.missing_nodes, "ways": self.cut_ways},
                )
            )
        if self.boundaries:
            names = sorted(self.boundaries.values())
            more = len(names) - _NAMES_IN_A_NOTE
            notes.append(
                Note(
                    N_("boundaries that are not complete in the file were left out: {names}"),
                    {
                        "names": ", ".join(names[:_NAMES_IN_A_NOTE])
                        + (f" … (+{more})" if more > 0 else "")
                    },
                )
            )
        other = len(self.expected.keys() - self.boundaries.keys())
        if other:
            notes.append(
                Note(
                    N_("{outlines} other outlines are not complete in the file and were left out"),
                    {"outlines": other},
                )
            )
        return notes


def _only(entities: Any, *keys: str) -> KeyFilter:
    """Filter objects of one kind by their keys; other kinds pass."""
    keyed = KeyFilter(*keys)
    keyed.enable_for(entities)
    return keyed


def _located_pieces(way: Any) -> list[shapely.LineString]:
    """Lines through the neighbouring nodes that the file holds: never across a missing one."""
    pieces = []
    for located, nodes in groupby(way.nodes, key=lambda node: node.location.valid()):
        places = [(node.lon, node.lat) for node in nodes] if located else []
        if len(set(places)) > 1:
            pieces.append(shapely.LineString(places))
    return pieces
