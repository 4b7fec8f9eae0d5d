"""What of a city has a name and a place: facilities, shops, stops, compounds and streets."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import rapidfuzz
import shapely
from numpy.typing import NDArray

from stationmap.checks.facts import stem
from stationmap.city.answers import Answers
from stationmap.crs import local_crs, to_wgs84
from stationmap.facilities import NEAR_M, SAME_NAME_M, name_key
from stationmap.messages import N_
from stationmap.standards import tables

# kinds of named places, the most telling first; of one name at one place the first stays
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "facility": N_("facility"),
        "compound": N_("compound"),
        "stop": N_("bus stop"),
        "shop": N_("shop"),
        "street": N_("street"),
        "crossing": N_("crossing"),
    }
)
# assumed: ways of one name no farther apart are one street
ONE_STREET_M = 300.0
# assumed: carriageways of two streets meet within this, and several such places are one crossing
MEETING_M = 40.0
ONE_CROSSING_M = 80.0
# assumed: streets are borders of districts, and outlines are no better than this
BORDER_M = 50.0
# assumed: names of fewer letters say too little when they only stand inside another text
LEAST_INSIDE = 3
LEAST_LATIN = 5
# letters that tell one of a series from the next: 荷花二路 is not 荷花三路
_TELLING = frozenset("一二三四五六七八九十百0123456789东南西北上下前后左右")
_OF_ONE_KIND = frozenset("省市县区")


class Named(NamedTuple):
    """A thing with a name. `shape` is in the gazetteer's metric CRS, its point lies inside."""

    kind: str
    id: str
    name: str
    key: str
    before: str
    shape: Any
    x: float
    y: float
    span_m: float


@dataclass(frozen=True)
class Mention:
    """A name found in a text, which has it from `start` up to `end` (exclusive)."""

    key: str
    start: int
    end: int
    places: tuple[Named, ...]

    @property
    def is_street(self) -> bool:
        """Whether the name is that of streets alone."""
        return all(place.kind == "street" for place in self.places)


class Gazetteer:
    """Named things of one version of a city's atlas, found by their names.

    Names are compared without spaces, widths, brackets, case, and the province, city or county
    before them. All measures are in `crs`, a metric CRS centred on the city.
    """

    def __init__(
        self,
        places: gpd.GeoDataFrame,
        streets: gpd.GeoDataFrame,
        *,
        districts: gpd.GeoDataFrame,
        crs: pyproj.CRS,
    ) -> None:
        """Take what has a name.

        Parameters
        ----------
        places : GeoDataFrame
            kind (one of `KINDS`), id, name, geometry; rows without a name or place are left out.
        streets : GeoDataFrame
            name, geometry: lines, each piece of a street by itself.
        districts : GeoDataFrame
            adcode, name, geometry.
        crs : pyproj.CRS
            Local metric CRS.
        """
        self.crs = crs
        self.names: dict[str, list[Named]] = defaultdict(list)
        for place in _one_each(_named(places.to_crs(crs))):
            self.names[place.key].append(place)
        self._lines: dict[str, list[Any]] = defaultdict(list)
        lines = streets.to_crs(crs)
        for said, line in zip(lines["name"], lines.geometry, strict=True):
            if said == said and said and (key := plain(said)):
                self._lines[key].append((said, line))
        self._districts = districts.to_crs(crs)
        self._district_names = [
            (str(code), name)
            for code, name in zip(self._districts["adcode"], self._districts["name"], strict=True)
            if code == code and code and name == name and name and len(name) > 1
        ]
        self._to_degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform
        self._keys = sorted(self.names)
        self._with_pair: dict[str, list[int]] = defaultdict(list)
        for number, key in enumerate(self._keys):
            for pair in _pairs(key):
                self._with_pair[pair].append(number)
        self._longest = max(map(len, (*self._keys, *self._lines)), default=0)
        self.street = lru_cache(maxsize=4096)(self._street)
        self._outlines = lru_cache(maxsize=256)(self._outline_of)

    @classmethod
    def of(cls, answers: Answers) -> "Gazetteer":
        """Take the facilities, compounds, stops, shops and streets of a city."""
        zones = answers.zones()
        layers = {
            "facility": answers.facilities(),
            "compound": zones[(zones["kind"] == "compound") & zones.geometry.notna()],
            "stop": answers.layer("bus_stops"),
            "shop": answers.layer("shops"),
        }
        places = pd.concat(
            [frame[["id", "name", "geometry"]].assign(kind=k) for k, frame in layers.items()],
            ignore_index=True,
        )
        ways = answers.layer("ways")
        also = ways.assign(name=ways["name_alt"].str.split(";")).explode("name", ignore_index=True)
        streets = pd.concat([ways, also], ignore_index=True)[["name", "geometry"]]
        streets = streets.drop_duplicates()
        west, south, east, north = answers.extent() or (105.0, 35.0, 105.0, 35.0)
        return cls(
            gpd.GeoDataFrame(places, crs="EPSG:4326"),
            gpd.GeoDataFrame(streets, crs="EPSG:4326"),
            districts=answers.layer("districts"),
            crs=local_crs([west, east], [south, north]),
        )

    def called(self, text: str) -> list[Named]:
        """Return the places whose whole name a text is, whatever county stands before either.

        Two that both name their county, and not the same, differ; 市图书馆 is a 某某市图书馆.
        """
        key, before = parted(text)
        found = [p for p in self.names.get(key, ()) if _agree(before, p.before)]
        if not found and key[:1] in _OF_ONE_KIND and not before:
            found = [p for p in self.names.get(key[1:], ()) if p.before.endswith(key[0])]
        return found

    def mentions(self, text: str) -> list[Mention]:
        """Return the names of places and streets inside a text, in its order.

        Where names overlap the longest is meant, the first of equals.
        """
        text = plain(text)
        spans = sorted(
            (
                (start, end)
                for start in range(len(text))
                for end in range(start + 2, min(len(text), start + self._longest) + 1)
                if self._says(text[start:end])
            ),
            key=lambda span: (span[0] - span[1], span[0]),
        )
        taken = np.zeros(len(text), dtype=bool)
        found = []
        for start, end in spans:
            if not taken[start:end].any():
                taken[start:end] = True
                key = text[start:end]
                found.append(
                    Mention(key, start, end, (*self.names.get(key, ()), *self.street(key)))
                )
        return sorted(found, key=lambda mention: mention.start)

    def alike(self, text: str, *, least: float = 80.0, most: int = 5) -> list[tuple[Named, float]]:
        """Return the places whose names are close to a text, the closest first.

        Close is a ratio of at least `least` of 100 (rapidfuzz's), or the text being part of the
        name; numbers and directions must be the same. Equal names are left out.
        """
        key = parted(text)[0]
        if len(key) < LEAST_INSIDE:
            return []
        telling = _telling(key)
        # names as close as this have two letters in a row in common
        numbers = {n for pair in _pairs(key) for n in self._with_pair.get(pair, ())}
        near = [self._keys[number] for number in sorted(numbers)]
        scores: dict[str, float] = {
            found: score
            for found, score, _ in rapidfuzz.process.extract_iter(
                key, near, scorer=rapidfuzz.fuzz.ratio, score_cutoff=least
            )
        }
        for found in near:
            if key in found:
                scores[found] = max(scores.get(found, 0.0), 90.0 * len(key) / len(found))
        close = [
            (found, score)
            for found, score in scores.items()
            if found != key and (key in found or _telling(found) == telling)
        ]
        close.sort(key=lambda pair: (-pair[1], pair[0]))
        return [(place, score) for found, score in close[:most] for place in self.names[found]]

    def holding(self, text: str, *, most: int) -> list[Named]:
        """Return the streets and places whose names have a text in them, at most `most`.

        The whole name comes first, then names that begin with the text, then the shortest. Where
        none has it, what the text itself names: a street and number, a place with its county.
        """
        if not plain(text):
            return []
        keys = {plain(text), parted(text)[0]}
        ranked = sorted(
            (key not in keys, not any(key.startswith(k) for k in keys), len(key), key)
            for key in {*self._lines, *self.names}
            if any(k in key for k in keys)
        )
        found: list[Named] = []
        for *_, key in ranked[:most]:
            found += [*self.street(key), *self.names.get(key, ())]
        if not found:
            found = [place for mention in self.mentions(text) for place in mention.places]
        return found[:most]

    def _says(self, key: str) -> bool:
        """Whether a piece of a text is the name of something, and says enough to be meant."""
        if key in self._lines:
            return True
        if key not in self.names or tables.is_category_word(key):
            return False
        return len(key) >= (LEAST_LATIN if key.isascii() else LEAST_INSIDE)

    def _street(self, key: str) -> tuple[Named, ...]:
        """Return the streets of one name, from west to east: ways far apart are several."""
        said = self._lines.get(key)
        if not said:
            return ()
        shapes = np.array([line for _, line in said], dtype=object)
        whole = shapely.unary_union(shapely.buffer(shapes, ONE_STREET_M / 2, quad_segs=2))
        found = []
        for number, area in enumerate(sorted(shapely.get_parts(whole), key=lambda a: a.bounds)):
            own = shapes[shapely.intersects(area, shapes)]
            line = shapely.union_all(own)
            middle = _middle(line)
            west, south, east, north = line.bounds
            span = float(np.hypot(east - west, north - south))
            found.append(
                Named("street", f"{key}#{number + 1}", said[0][0], key, "", line, *middle, span)
            )
        return tuple(found)

    def crossings(self, first: Named, second: Named) -> list[tuple[float, float]]:
        """Return where two streets meet, from west to east; carriageways meet once."""
        if shapely.distance(first.shape, second.shape) > MEETING_M:
            return []
        near = shapely.intersection(
            shapely.buffer(first.shape, MEETING_M / 2, quad_segs=4),
            shapely.buffer(second.shape, MEETING_M / 2, quad_segs=4),
        )
        areas = shapely.get_parts(shapely.buffer(near, ONE_CROSSING_M / 2, quad_segs=2))
        # streets that run beside each other meet nowhere in particular
        centres = [area.centroid for area in areas if _across(area) <= 4 * ONE_CROSSING_M]
        return sorted((float(c.x), float(c.y)) for c in centres)

    def reaches(self, adcode: str, shape: Any) -> bool:
        """Whether a shape lies in a district, or within `BORDER_M` of it.

        True for a district without an outline.
        """
        areas = self._outlines(adcode)
        return not len(areas) or bool(shapely.dwithin(areas, shape, BORDER_M).any())

    def _outline_of(self, adcode: str) -> NDArray[np.object_]:
        """Return the outlines of a district, or of the districts inside it."""
        codes = self._districts["adcode"].astype("str")
        own = codes == adcode
        inside = own if own.any() else codes.str.startswith(stem(adcode), na=False)
        found: NDArray[np.object_] = self._districts.geometry[inside].to_numpy(dtype=object)
        shapely.prepare(found)
        return found

    def districts_named(self, text: str) -> list[str]:
        """Return the adcodes of the districts whose whole names stand in a text, longest first."""
        codes = [code for code, name in self._district_names if name in text]
        return sorted(codes, key=lambda code: (-len(code), code))

    def lonlat(self, x: float, y: float) -> tuple[float, float]:
        """Turn a place into WGS-84 degrees, rounded to 7 decimals (1 cm)."""
        lon, lat = self._to_degrees(x, y)
        return round(lon, 7), round(lat, 7)

    def outline(self, shape: Any) -> dict[str, Any]:
        """Turn a shape into a GeoJSON geometry in WGS-84, no finer than a metre."""
        frame = gpd.GeoDataFrame(geometry=[shapely.simplify(shape, 1.0)], crs=self.crs)
        found: dict[str, Any] = shapely.geometry.mapping(
            shapely.set_precision(to_wgs84(frame).geometry.iloc[0], 1e-6, mode="pointwise")
        )
        return found


def plain(text: str | None) -> str:
    """Return a text without spaces, widths, signs and case; "" for none."""
    if text is None or text != text:
        return ""
    kept = (c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    return "".join(kept)


def parted(name: str) -> tuple[str, str]:
    """Part a name into itself and the province, city or county before it."""
    whole, key = plain(name), name_key(name)
    return key, whole[: len(whole) - len(key)]


def _agree(one: str, other: str) -> bool:
    return not one or not other or one.endswith(other) or other.endswith(one)


def _pairs(key: str) -> set[str]:
    return {key[k : k + 2] for k in range(len(key) - 1)}


def _telling(key: str) -> str:
    return "".join(sorted(letter for letter in key if letter in _TELLING))


def _named(places: gpd.GeoDataFrame) -> Iterator[Named]:
    said = places[places["name"].notna() & places.geometry.notna()]
    said = said[~said.geometry.is_empty]
    points = said.geometry.representative_point()
    west, south, east, north = said.bounds.to_numpy().T
    spans = np.hypot(east - west, north - south)
    for kind, own, name, shape, x, y, span in zip(
        said["kind"],
        said["id"],
        said["name"],
        said.geometry,
        points.x,
        points.y,
        spans,
        strict=True,
    ):
        key, before = parted(name)
        if key:
            yield Named(kind, str(own), name, key, before, shape, float(x), float(y), float(span))


def _one_each(places: Iterable[Named]) -> list[Named]:
    """Keep each place once, though several layers have it: of one name nearby the first kind."""
    groups: dict[str, list[Named]] = defaultdict(list)
    for place in places:
        groups[place.key].append(place)
    rank = {kind: number for number, kind in enumerate(KINDS)}
    found = []
    for group in groups.values():
        kept: list[Named] = []
        for place in sorted(group, key=lambda p: (rank[p.kind], -p.span_m, p.id)):
            # stops of one name stand on both sides of a street
            reach = 3 * SAME_NAME_M if place.kind == "stop" else max(SAME_NAME_M, NEAR_M)
            if not any(
                _agree(place.before, other.before)
                and shapely.distance(other.shape, place.shape) <= reach
                for other in kept
            ):
                kept.append(place)
        found += kept
    return found


def _middle(line: Any) -> tuple[float, float]:
    """Return the place on lines that is nearest to their centre."""
    at = shapely.shortest_line(line, line.centroid).coords[0]
    return float(at[0]), float(at[1])


def _across(area: Any) -> float:
    west, south, east, north = area.bounds
    return float(np.hypot(east - west, north - south))
