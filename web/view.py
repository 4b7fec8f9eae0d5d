"""What the pages ask of one version of a city, kept ready: streets, gaps, stations and tiles."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache, partial
from threading import Lock, RLock
from typing import Any, cast
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap import tiles
from stationmap.checks.spacing import Spacing
from stationmap.city import City, inspected
from stationmap.city.answers import Answers
from stationmap.crs import to_wgs84
from stationmap.index import StationIndex
from stationmap.standards import SpacingRule
from stationmap.streets import Streets
from web.findings import Findings
from web.keeping import once
from web.pace import Board

Bools = NDArray[np.bool_]

# above these numbers in view, or below this zoom, a map layer is gathered into cells
MAX_GAPS = 2000
MAX_STATIONS = 2000
FIRST_SINGLE_ZOOM = 12
TILES_KEPT = 2048
TILE_LAYERS = ("ground", "streets")

# what follows from the atlas, the settings and the standard alone
OF_THE_GROUND = (
    *("has_streets", "kinds", "rule", "_district_names", "counties", "_streets", "parts"),
    *("_frontage", "_street_kinds", "districts", "known_frontage_m", "_facility_rows"),
    *("_labels", "tile"),
)
# columns that the pages read, for a city without streets
STREET_COLUMNS = [
    "street_id", "name", "name_en", "length_m", "points_needed", "gaps", "classes", "adcodes",
]  # fmt: skip
GAP_COLUMNS = [
    "gap_id", "street_id", "street_class", "adcode", "part", "side", "from_m", "to_m", "length_m",
    "points_needed", "frontage", "geometry",
]  # fmt: skip
BUILT, EFFECTIVE = "built", "effective"
COVERAGES = (BUILT, EFFECTIVE)
# what both coverages have in common
SHARED = (
    *("rule", "_frontage", "_street_kinds", "parts", "districts", "known_frontage_m"),
    *("stations", "_index", "_lonlat", "_rows_of_stations"),
)
# what follows from the stations too, and from which of them count
OF_THE_STATIONS = (
    *(*SHARED, "bounds"),
    *("spacing", "gaps", "street_table", "_stretches", "counted", "_gap_tree", "gap_middles"),
)


class CityView:
    """One version of a city; each property is worked out when first asked for, then kept.

    Its `coverage` tells which stations count: "built", those in operation; "effective", of those
    the ones that serve; `idle` are the ids of those that are left out.
    """

    def __init__(
        self,
        answers: Answers,
        *,
        before: "CityView | None" = None,
        idle: frozenset[str] | None = None,
    ) -> None:
        self.answers = answers
        self.coverage = BUILT if idle is None else EFFECTIVE
        self.idle = idle or frozenset()
        self.lock = RLock()
        self._served: tuple[frozenset[str], dict[str, Any]] = (frozenset(), {})
        if before is not None and answers.same_ground(before.answers):
            self._take(OF_THE_GROUND, vars(before))
            if idle is None and answers.same_stations(before.answers):
                self._take(OF_THE_STATIONS, vars(before))
                was, kept = before._served
                self._served = was, {n: kept[n] for n in OF_THE_STATIONS if n in kept}
        self._board: Board[Findings] = before._board if before is not None else Board()
        fresh = partial(Findings, answers, board=self._board, beside=before is not None)
        self._findings_of = lru_cache(maxsize=1)(lambda today: fresh(today=today))
        self._serving_of = lru_cache(maxsize=1)(self._serving)
        self.version = answers.version
        self.name = answers.config.name
        self.pack = answers.pack

    def _take(self, names: Iterable[str], kept: Mapping[str, Any]) -> None:
        """Take over what was worked out for another view."""
        vars(self).update({name: kept[name] for name in names if name in kept})

    def by(self, coverage: str) -> "CityView":
        """Return the view that counts by "built" or "effective" coverage.

        It is this one where nobody can tell which stations serve; see `can_tell_serving`.
        """
        if coverage == BUILT or not self.can_tell_serving:
            return self
        with self.lock:
            return self._serving_of(self.today)

    @once
    def can_tell_serving(self) -> bool:
        """Whether effective coverage is known: there are gaps to find, and inspections."""
        return self.has_gaps and inspected.are_there(self.answers.register)

    def _serving(self, today: date) -> "CityView":
        """Return the same city as if its stations that do not serve on a day were not there."""
        for name in SHARED:
            getattr(self, name)
        found = CityView(self.answers, before=self, idle=self.answers.idle(today))
        if self._served[0] == found.idle:
            found._take(OF_THE_STATIONS, self._served[1])
        found._take(SHARED, vars(self))
        self._served = found.idle, vars(found)
        found._findings_of = self._findings_of
        return found

    @once
    def has_streets(self) -> bool:
        """Whether any street was imported; without one no gap can be found."""
        return len(self.answers.layer("ways")) > 0

    @once
    def has_gaps(self) -> bool:
        """Whether gaps can be found: there are streets, and a rule about spacing."""
        return self.has_streets and self.rule is not None

    @once
    def kinds(self) -> list[str]:
        """Kinds of the pack's rules, in its order."""
        return list(dict.fromkeys(rule.kind for rule in self.pack.entries()))

    @property
    def today(self) -> date:
        """The day in the city's time zone."""
        return datetime.now(ZoneInfo(self.answers.config.time_zone)).date()

    @property
    def findings(self) -> Findings:
        """What the rules say today."""
        with self.lock:
            return self._findings_of(self.today)

    def give_up(self) -> None:
        """Let be what was not begun yet: a newer version has come."""
        # without the lock, which whoever works something out may hold for long
        self._findings_of(self.today).give_up()

    @once
    def date(self) -> str | None:
        """UTC instant (ISO 8601) of the last import."""
        return max((source.imported_at for source in self.answers.sources()), default=None)

    # -- what stands where -------------------------------------------------------------------

    @once
    def rule(self) -> SpacingRule | None:
        """The first spacing rule of the city's pack; None where it has none."""
        return next((rule for rule in self.pack.rules if isinstance(rule, SpacingRule)), None)

    @property
    def along(self) -> tuple[str, ...]:
        """Classes of streets along which the spacing rule holds."""
        return self.rule.along if self.rule else ()

    @property
    def spacing_rule(self) -> SpacingRule:
        """The same, where there are gaps."""
        return cast(SpacingRule, self.rule)

    @once
    def stations(self) -> gpd.GeoDataFrame:
        """The stations, by their id."""
        return self.answers.stations().set_index("station_id", drop=False).rename_axis(None)

    @once
    def _index(self) -> StationIndex:
        return StationIndex(self.stations)

    @once
    def _district_names(self) -> dict[str, str]:
        layer = self.answers.layer("districts").dropna(subset=["name"])
        names = zip(layer["adcode"].astype(str), layer["name"], strict=True)
        return {self.answers.config.adcode: self.name, **dict(names)}

    @once
    def districts(self) -> dict[str, str]:
        """Names of the counties in which there is frontage, by their code."""
        seen = sorted(set(self._frontage["adcode"]) - {""})
        return {code: self._district_names.get(code, code) for code in seen}

    @once
    def counties(self) -> dict[str, str]:
        """Names of the city's counties by their code."""
        own = self.answers.config.adcode
        return {k: v for k, v in self._district_names.items() if len(k) == 6 and k != own}

    def district_name(self, code: str) -> str:
        """Name of a district after that of its county; the code of one without a name."""
        county, own = self._district_names.get(code[:6]), self._district_names.get(code)
        return " ".join(dict.fromkeys(filter(None, (county, own)))) or code

    @once
    def bounds(self) -> list[float] | None:
        """West, south, east, north of the streets, else of what there is; None without any."""
        if self.has_gaps and len(self.parts):
            return [float(v) for v in self.parts.total_bounds]
        found = self.answers.extent() or self.stations.total_bounds
        return [float(v) for v in found] if np.isfinite(found).all() else None

    # -- streets -----------------------------------------------------------------------------

    @once
    def _streets(self) -> Streets:
        return self.answers.streets(self.spacing_rule.id)

    @once
    def spacing(self) -> Spacing:
        """The spacing check's answer; only where there are streets."""
        return self.answers.spacing(self.spacing_rule.id, effective=self.coverage == EFFECTIVE)

    @once
    def parts(self) -> gpd.GeoDataFrame:
        """Measured lines of the streets in EPSG:4326, one row a part."""
        return to_wgs84(self._streets.parts)

    @once
    def _frontage(self) -> pd.DataFrame:
        """Stretches with frontage: street_id, part, side, from_m, to_m, street_class, adcode."""
        columns = ["side", "from_m", "to_m", "street_class", "adcode"]
        if not self.has_gaps:
            return pd.DataFrame(columns=["street_id", "part", *columns])
        stretches = self._streets.stretches[self._streets.stretches["frontage"] != "none"]
        owner = self._streets.parts[["street_id", "part"]].iloc[stretches["line"]]
        return owner.reset_index(drop=True).join(stretches[columns].reset_index(drop=True))

    def outlines(self, street_ids: Collection[str]) -> dict[str, dict[int, dict[str, Any]]]:
        """Lay out streets in short: by id and part, their length, runs of frontage and gaps.

        Runs are rows of from_m, to_m, side; gaps of from_m, to_m, points_needed, side.
        """
        found: dict[str, dict[int, dict[str, Any]]] = {}
        parts = self._streets.parts[["street_id", "part", "length_m"]]
        for street_id, part, length_m in _of(parts, street_ids):
            found.setdefault(street_id, {})[part] = {"length_m": length_m, "runs": [], "gaps": []}
        runs = self._frontage[["street_id", "part", "from_m", "to_m", "side"]]
        gaps = self.gaps[["street_id", "part", "from_m", "to_m", "points_needed", "side"]]
        for name, frame in (("runs", runs), ("gaps", gaps)):
            for street_id, part, *row in _of(frame, street_ids):
                found[street_id][part][name].append(row)
        return found

    @once
    def street_table(self) -> pd.DataFrame:
        """One row a street that has frontage, with its classes and districts, by its id."""
        if not self.has_gaps:
            return pd.DataFrame(columns=STREET_COLUMNS)
        table = self.spacing.streets()
        table = table[table["frontage_m"] > 0].set_index("street_id", drop=False).rename_axis(None)
        return table.join(self._street_kinds)

    @once
    def _street_kinds(self) -> pd.DataFrame:
        """Classes and districts of the frontage of every street, by its id."""
        table = pd.DataFrame(index=self._frontage["street_id"].unique())
        rank = self._frontage["street_class"].map(list(self.along).index)
        for name, plural, order in (
            ("street_class", "classes", rank),
            ("adcode", "adcodes", self._frontage["adcode"]),
        ):
            found = self._frontage[["street_id", name]].assign(order=order)
            found = found.drop_duplicates().sort_values("order", kind="stable")
            table[plural] = found.groupby("street_id")[name].agg(tuple)
        return table

    def strips(self, street_id: str) -> list[dict[str, Any]]:
        """Kerbs of a street laid out to scale; see `Spacing.strips`."""
        found: list[dict[str, Any]] = self.spacing.strips(street_id)
        return found

    @once
    def gaps(self) -> gpd.GeoDataFrame:
        """All gaps, by their id."""
        if not self.has_gaps:
            return gpd.GeoDataFrame(columns=GAP_COLUMNS, geometry="geometry", crs="EPSG:4326")
        rule, effective = self.spacing_rule.id, self.coverage == EFFECTIVE
        found = self.answers.gaps(rule, effective=effective)
        return found.set_index("gap_id", drop=False).rename_axis(None)

    @once
    def counted(self) -> frozenset[str]:
        """Ids of the stations that count on a street."""
        return self.spacing.counted() if self.has_gaps else frozenset()

    @once
    def known_frontage_m(self) -> float:
        """Length of the known shop frontage, whatever was assumed beside it."""
        if not self.has_gaps:
            return 0.0
        shops = self._streets.shop_stretches
        return float((shops["to_m"] - shops["from_m"]).sum())

    def select_streets(
        self, *, words: str = "", street_class: str = "", district: str = ""
    ) -> pd.DataFrame:
        """Streets whose name holds `words`, with frontage of a class and in a district."""
        table = self.street_table
        keep = np.ones(len(table), dtype=bool)
        if words:
            keep &= _holds(table["name"], words) | _holds(table["name_en"], words)
        if street_class:
            keep &= table["classes"].map(lambda c: street_class in c).to_numpy(dtype=bool)
        if district:
            keep &= (
                table["adcodes"]
                .map(lambda codes: any(c.startswith(district) for c in codes))
                .to_numpy(dtype=bool)
            )
        return table[keep]

    def select_gaps(self, *, words: str = "", street_class: str = "", district: str = "") -> Bools:
        """Which gaps lie on streets whose name holds `words`, in a class and in a district."""
        gaps = self.gaps
        keep = np.ones(len(gaps), dtype=bool)
        if words:
            ids = self.select_streets(words=words).index
            keep &= gaps["street_id"].isin(ids).to_numpy()
        if street_class:
            keep &= (gaps["street_class"] == street_class).to_numpy()
        if district:
            keep &= gaps["adcode"].astype(str).str.startswith(district).to_numpy()
        return keep

    @once
    def _stretches(self) -> pd.DataFrame:
        return self.spacing.stretches()

    def figures(self, *, words: str, street_class: str, district: str) -> dict[str, Any]:
        """Sum up the frontage and the gaps that filters let through."""
        stretches = self._stretches
        keep = stretches["street_class"].isin([street_class] if street_class else self.along)
        keep &= stretches["adcode"].astype(str).str.startswith(district)
        if words:
            keep &= stretches["street_id"].isin(self.select_streets(words=words).index)
        frontage_m, covered_m = stretches.loc[keep, ["frontage_m", "covered_m"]].sum()
        gaps = self.gaps[
            self.select_gaps(words=words, street_class=street_class, district=district)
        ]
        return {
            "along": [street_class] if street_class else list(self.along),
            "frontage_m": float(frontage_m),
            "covered_share": float(covered_m / frontage_m) if frontage_m else None,
            "gaps": len(gaps),
            "points_needed": int(gaps["points_needed"].sum()),
        }

    # -- facilities --------------------------------------------------------------------------

    @once
    def _facility_rows(self) -> dict[str, int]:
        ids = self.answers.facilities()["id"]
        return {str(facility_id): row for row, facility_id in enumerate(ids)}

    def facility(self, facility_id: str) -> dict[str, Any] | None:
        """Facts of a facility; None where there is none of this id."""
        row = self._facility_rows.get(facility_id)
        if row is None:
            return None
        frame = self.answers.facilities()
        return {name: frame[name].iloc[row] for name in frame}

    # -- the map -----------------------------------------------------------------------------

    @once
    def _gap_tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.gaps.geometry.to_numpy())

    @once
    def gap_middles(self) -> NDArray[np.float64]:
        """Longitude and latitude of the middle of each gap."""
        middles = shapely.line_interpolate_point(self.gaps.geometry, 0.5, normalized=True)
        return cast(NDArray[np.float64], shapely.get_coordinates(middles))

    def gaps_in(self, view: tiles.Viewport, *, keep: Bools) -> gpd.GeoDataFrame | pd.DataFrame:
        """Gaps in view, or cells of them (columns count, points_needed, length_m) if too many."""
        west, east = view.west, view.east
        spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
        boxes = [shapely.box(a, view.south, b, view.north) for a, b in spans]
        seen = np.unique(self._gap_tree.query(boxes, predicate="intersects")[1])
        seen = seen[keep[seen]]
        if len(seen) <= MAX_GAPS and view.zoom >= FIRST_SINGLE_ZOOM:
            return self.gaps.iloc[seen]
        middle, gaps = self.gap_middles[seen], self.gaps.iloc[seen]
        return tiles.aggregate(
            middle[:, 0],
            middle[:, 1],
            zoom=view.zoom,
            values={name: gaps[name] for name in ("points_needed", "length_m")},
        )

    @once
    def _rows_of_stations(self) -> dict[str, int]:
        return {station_id: row for row, station_id in enumerate(self.stations["station_id"])}

    @once
    def _lonlat(self) -> NDArray[np.float64]:
        points = self.stations.geometry.to_numpy()
        return np.column_stack([shapely.get_x(points), shapely.get_y(points)])

    def stations_in(
        self, view: tiles.Viewport, *, hidden: Collection[str] = ()
    ) -> gpd.GeoDataFrame | pd.DataFrame:
        """Stations in view that are of no `hidden` type, or cells of them if too many."""
        if view.zoom < FIRST_SINGLE_ZOOM:
            rows = np.flatnonzero(view.holds(*self._lonlat.T))
        else:
            found = self._index.viewport((view.west, view.south, view.east, view.north))
            rows = np.fromiter((self._rows_of_stations[i] for i in found), np.int64, len(found))
        rows = rows[~self.stations["type"].isin(list(hidden)).to_numpy()[rows]]
        if len(rows) <= MAX_STATIONS and view.zoom >= FIRST_SINGLE_ZOOM:
            return self.stations.iloc[rows]
        lon, lat = self._lonlat[rows].T
        return tiles.aggregate(lon, lat, zoom=view.zoom, values={})

    @once
    def _labels(self) -> pd.DataFrame:
        return tiles.street_labels(self.answers.layer("ways"))

    def labels_in(self, view: tiles.Viewport, *, english: bool) -> pd.DataFrame:
        """Street names to write in view."""
        return tiles.pick_labels(self._labels, view=view, english=english)

    @once
    def tile(self) -> Callable[[str, int, int, int], bytes]:
        """Tile of a layer of the base map: name, z, x, y to its bytes."""
        layer = self.answers.layer
        sets = {
            "ground": tiles.ground_tiles(layer("landscape"), layer("districts"), layer("ways")),
            "streets": tiles.street_tiles(layer("ways")),
        }
        return lru_cache(maxsize=TILES_KEPT)(lambda name, z, x, y: sets[name].tile(z, x, y))

    def warm(self) -> None:
        """Work out what the first page asks for."""
        self.warm_gaps()
        for name in ("_index", "_rows_of_stations", "_lonlat", "_labels", "tile", "bounds"):
            getattr(self, name)
        if self.can_tell_serving:
            self.by(EFFECTIVE).warm_gaps()
        self.findings.warm()

    def warm_gaps(self) -> None:
        """Work out what the list and the map of gaps ask for."""
        for name in ("street_table", "_gap_tree", "gap_middles", "counted", "_stretches"):
            getattr(self, name)


class Source:
    """A city folder; gives the view of the version that is in force now."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._lock = Lock()
        self._view = CityView(city.now())

    @property
    def city(self) -> City:
        """The city itself, for imports and for its register."""
        return self._city

    def now(self) -> CityView:
        """View of the present version: one cheap look at the folder a request."""
        with self._lock:
            answers = self._city.now()
            if answers.version != self._view.version:
                self._view.give_up()
                self._view = CityView(answers, before=self._view)
            return self._view


def _of(frame: pd.DataFrame, street_ids: Collection[str]) -> Iterable[tuple[Any, ...]]:
    rows = frame[frame["street_id"].isin(list(street_ids))]
    return zip(*(rows[name].tolist() for name in rows), strict=True)


def _holds(text: pd.Series, words: str) -> Bools:
    found = text.fillna("").str.casefold().str.contains(words.casefold(), regex=False)
    return cast(Bools, found.to_numpy(dtype=bool))
