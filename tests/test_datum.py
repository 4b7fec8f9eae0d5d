"""The datum guard: right or undecided, never wrong, on made towns and on real tables.

``print(table(find))`` with ``find`` a function from a data file's name to its path gives the
README's table of real tables.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.ops import split

from stationmap import crs
from stationmap.datum import HYPOTHESES, Evidence, assess, contradicts
from stationmap.errors import CrsError
from stationmap.io import osm, tabular
from stationmap.standards import tables

CENTRE = (118.87, 28.95)
CATEGORIES = ["library", "toilet", "hospital", "school", "park", "bank", "restaurant", "police"]
FREQUENCY = [0.02, 0.1, 0.05, 0.1, 0.08, 0.15, 0.45, 0.05]
PAIRS = [(a, b) for a in HYPOTHESES for b in HYPOTHESES if a != b]


# ----------------------------------------------------------------------------- made towns


def degrees(xy):
    lon = CENTRE[0] + xy[:, 0] / (111_320 * np.cos(np.radians(CENTRE[1])))
    return lon, CENTRE[1] + xy[:, 1] / 110_900


def scatter(rng, n, pattern):
    """Places within some 5 km: even, dense in the middle, in clumps, or along a street grid."""
    if pattern == "even":
        return rng.uniform(-5_000, 5_000, (n, 2))
    if pattern == "dense":
        return rng.normal(0, 1_500, (n, 2))
    if pattern == "clumps":
        clumps = rng.normal(0, 2_500, (max(3, n // 15), 2))
        return clumps[rng.integers(len(clumps), size=n)] + rng.normal(0, 80, (n, 2))
    xy = rng.integers(-20, 21, (n, 2)) * 250.0
    xy[np.arange(n), rng.integers(2, size=n)] += rng.uniform(-125, 125, n)
    return xy + rng.normal(0, 8, (n, 2))


def facilities(xy, category, name=None):
    return gpd.GeoDataFrame(
        {"name": name, "category": category}, geometry=gpd.points_from_xy(*degrees(xy)), crs=4326
    )


def expressed(xy, datum, **columns):
    lon, lat = crs.convert(*degrees(xy), source="wgs84", target=datum)
    return pd.DataFrame({"lon": lon, "lat": lat, **columns})


def town(seed, *, n=300, pattern="even"):
    rng = np.random.default_rng(seed)
    xy = scatter(rng, n, pattern)
    return rng, xy, rng.choice(CATEGORIES, n, p=FREQUENCY)


def known_places(seed, *, n=40, share=1.0, noise_m=0.0, pattern="even"):
    """A town and a table: a share of its rows are facilities of the town, the others are not."""
    rng, xy, category = town(seed, pattern=pattern)
    same = round(n * share)
    pick = rng.choice(len(xy), same, replace=False)
    places = np.concatenate(
        [
            xy[pick] + rng.normal(0, noise_m / np.sqrt(2), (same, 2)),
            scatter(rng, n - same, pattern),
        ]
    )
    kinds = np.concatenate([category[pick], rng.choice(CATEGORIES, n - same, p=FREQUENCY)])
    names = np.array([f"n{i}" for i in pick] + [None] * (n - same), dtype=object)
    atlas = facilities(xy, category, [f"n{i}" for i in range(len(xy))])
    return places, kinds, names, atlas


def grid_streets(step_m):
    count = int(5_000 // step_m)
    at = np.arange(-count, count + 1) * step_m
    ends = np.array([[(x, -5_000), (x, 5_000)] for x in at])
    ends = np.concatenate([ends, ends[..., ::-1]]).reshape(-1, 2)
    lines = shapely.linestrings(np.column_stack(degrees(ends)).reshape(-1, 2, 2))
    return gpd.GeoDataFrame(geometry=lines, crs=4326)


@pytest.mark.parametrize("datum", HYPOTHESES)
@pytest.mark.parametrize("noise_m", [0, 30, 60])
def test_facilities_of_the_same_kind_decide(datum, noise_m):
    for seed in range(4):
        places, kinds, _, atlas = known_places(seed, share=0.7, noise_m=noise_m)
        evidence = assess(expressed(places, datum, category=kinds), facilities=atlas)
        assert evidence.decided == datum
        truth = evidence.hypotheses[HYPOTHESES.index(datum)]
        assert truth.p_chance == 0.002
        assert truth.matches > 3 * truth.by["facility"].expected
        assert truth.median_m < 70
        assert not contradicts(evidence, datum)
        assert all(contradicts(evidence, other) for other in HYPOTHESES if other != datum)


@pytest.mark.parametrize("datum", HYPOTHESES)
def test_names_decide_where_there_are_no_categories(datum):
    places, _, names, atlas = known_places(1, n=20, noise_m=60)
    spaced = [f" {name.upper()} " for name in names]
    evidence = assess(
        expressed(places, datum, name=spaced), facilities=atlas.drop(columns="category")
    )
    assert evidence.decided == datum
    support = evidence.hypotheses[HYPOTHESES.index(datum)].by["facility"]
    assert support.by_name == support.matches > 10


def test_a_name_that_many_facilities_bear_is_no_name():
    places, _, _, atlas = known_places(2, n=40)
    evidence = assess(
        expressed(places, "gcj02", name=["公共厕所"] * 40), facilities=atlas.assign(name="公共厕所")
    )
    assert evidence.decided is None
    assert all(h.points_used == 0 for h in evidence.hypotheses)


def test_outlines_of_facilities_match_anywhere_inside():
    rng = np.random.default_rng(3)
    centres = rng.uniform(-5_000, 5_000, (60, 2))
    outlines = shapely.box(*(centres - 60).T, *(centres + 60).T)
    outlines = shapely.transform(outlines, lambda xy: np.column_stack(degrees(xy)))
    atlas = gpd.GeoDataFrame({"category": ["school"] * 60}, geometry=outlines, crs=4326)
    places = centres[:30] + rng.uniform(-55, 55, (30, 2))
    evidence = assess(expressed(places, "gcj02", category="school"), facilities=atlas)
    assert evidence.decided == "gcj02"
    assert evidence.hypotheses[1].median_m <= 25


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("datum", HYPOTHESES)
def test_a_few_places_leave_it_undecided(n, datum):
    for seed in range(5):
        places, kinds, names, atlas = known_places(seed, n=n)
        table = expressed(places, datum, category=kinds, name=names)
        evidence = assess(table, facilities=atlas, streets=grid_streets(250))
        assert evidence.decided is None
        assert "too few" in evidence.render("en")


def test_rows_that_repeat_a_place_count_once():
    places, kinds, names, atlas = known_places(4, n=5)
    table = expressed(places, "gcj02", category=kinds, name=names)
    evidence = assess(pd.concat([table] * 50), facilities=atlas)
    assert evidence.decided is None
    assert evidence.hypotheses[1].points_used == 5


def test_one_clump_on_another_is_one_coincidence():
    rng = np.random.default_rng(5)
    clump = rng.uniform(-60, 60, (40, 2))
    atlas = facilities(clump, ["bank"] * 40)
    evidence = assess(expressed(clump, "wgs84", category="bank"), facilities=atlas)
    assert evidence.hypotheses[0].matches > 5
    assert evidence.hypotheses[0].by["facility"].distinct <= 4
    assert evidence.decided is None


def test_one_cluster_on_another_is_one_coincidence_too():
    rng = np.random.default_rng(16)
    town_xy, kinds = scatter(rng, 300, "even"), rng.choice(CATEGORIES, 300, p=FREQUENCY)
    # a campus of 30 banks 900 m across, on which the table's own cluster happens to fall
    campus = rng.uniform(-450, 450, (30, 2))
    atlas = facilities(np.concatenate([town_xy, campus]), [*kinds, *["bank"] * 30])
    places = np.concatenate([campus + rng.normal(0, 20, (30, 2)), scatter(rng, 70, "even")])
    said = [*["bank"] * 30, *rng.choice(CATEGORIES, 70, p=FREQUENCY)]
    evidence = assess(expressed(places, "gcj02", category=said), facilities=atlas)
    assert evidence.hypotheses[1].by["facility"].distinct >= 6
    assert evidence.decided is None


@pytest.mark.parametrize("pattern", ["even", "dense", "clumps", "grid"])
def test_tables_without_relation_to_the_atlas_leave_it_undecided(pattern):
    streets = grid_streets(250)
    for seed in range(20):
        rng, xy, category = town(seed, pattern=pattern)
        places = scatter(rng, 100, pattern)
        kinds = rng.choice(CATEGORIES, 100, p=FREQUENCY)
        table = expressed(places, HYPOTHESES[seed % 3], category=kinds)
        evidence = assess(
            table, facilities=facilities(xy, category), streets=streets if seed < 5 else None
        )
        assert evidence.decided is None, seed


def test_streets_alone_never_decide_however_well_they_fit():
    rng = np.random.default_rng(6)
    streets = grid_streets(400)
    at = rng.integers(-10, 11, 200) * 400.0
    on_streets = np.column_stack([at, rng.uniform(-4_000, 4_000, 200)])
    for datum in HYPOTHESES:
        evidence = assess(expressed(on_streets, datum), streets=streets)
        support = evidence.hypotheses[HYPOTHESES.index(datum)].by["street"]
        assert support.median_m < 1
        assert support.p_chance <= 0.05
        assert evidence.decided is None
        assert not any(contradicts(evidence, other) for other in HYPOTHESES)


def test_a_street_grid_that_fits_the_wrong_datum_does_not_mislead():
    # the grid is as wide as the offset of GCJ-02 here: misread places stand on streets too
    shift = np.array(crs.convert(*CENTRE, source="wgs84", target="gcj02")) - CENTRE
    east_m = shift[0] * 111_320 * np.cos(np.radians(CENTRE[1]))
    streets = grid_streets(east_m)
    for seed in range(3):
        rng, xy, category = town(seed)
        pick = rng.choice(300, 60, replace=False)
        places = np.column_stack([np.round(xy[pick, 0] / east_m) * east_m, xy[pick, 1]])
        places[:25] = xy[pick[:25]]
        table = expressed(places, "gcj02", category=category[pick])
        evidence = assess(table, facilities=facilities(xy, category), streets=streets)
        assert evidence.decided in ("gcj02", None)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1, 0.2, 0.3, 0.5])
@pytest.mark.parametrize("noise_m", [0, 60])
def test_a_table_of_mixed_datums_is_never_read_in_the_lesser_one(share, noise_m):
    for seed, (most, rest) in enumerate(PAIRS):
        places, kinds, _, atlas = known_places(seed, n=120, share=0.6, noise_m=noise_m)
        lesser = np.random.default_rng(seed).permutation(120) < round(120 * share)
        table = expressed(places, most, category=kinds)
        table[lesser] = expressed(places, rest, category=kinds)[lesser]
        evidence = assess(table, facilities=atlas)
        allowed = (None,) if share >= 0.3 else (None, most)
        assert evidence.decided in allowed, (most, rest)


def test_a_mixed_table_is_called_mixed():
    places, kinds, _, atlas = known_places(7, n=120, share=0.6)
    table = expressed(places, "wgs84", category=kinds)
    lesser = np.arange(120) % 3 == 0
    table[lesser] = expressed(places, "bd09", category=kinds)[lesser]
    evidence = assess(table, facilities=atlas)
    assert evidence.render("en") == (
        "part of the rows fits wgs84, part bd09: the table may mix datums"
    )
    assert "bd09" in evidence.render("zh") != evidence.render("en")


# ----------------------------------------------------------------------------- districts


def quarters(*, wobble_m=0.0, seed=8):
    """Four districts that meet in the middle; their borders stray in waves some 8 km long."""
    rng = np.random.default_rng(seed)
    far = 60_000.0
    at = np.linspace(-far, far, 61)
    stray = np.where(np.abs(at) < 5_000, 0.0, rng.normal(0, wobble_m, (2, 61)))
    stray = (stray + np.roll(stray, 1, axis=1)) / np.sqrt(2)
    whole = shapely.box(-far, -far, far, far)
    shapes = []
    for half in split(whole, shapely.LineString(np.column_stack([stray[0], at]))).geoms:
        shapes += split(half, shapely.LineString(np.column_stack([at, stray[1]]))).geoms
    middle = [shape.centroid for shape in shapes]
    names = [("北" if p.y > 0 else "南") + ("东区" if p.x > 0 else "西区") for p in middle]
    shapes = shapely.transform(np.array(shapes), lambda xy: np.column_stack(degrees(xy)))
    codes = [f"33080{i}" for i in range(4)]
    return gpd.GeoDataFrame({"adcode": codes, "name": names}, geometry=shapes, crs=4326)


def residents(n=400, seed=9):
    """Places within 2 km of a border, and the quarter that each lies in."""
    rng = np.random.default_rng(seed)
    xy = np.column_stack([rng.uniform(-2_000, 2_000, n), rng.uniform(-30_000, 30_000, n)])
    xy[n // 2 :] = xy[n // 2 :, ::-1]
    stated = np.where(xy[:, 1] > 0, "北", "南") + np.where(xy[:, 0] > 0, "东区", "西区").astype(
        object
    )
    return xy, stated


@pytest.mark.parametrize("datum", HYPOTHESES)
@pytest.mark.parametrize("wording", ["name", "short name", "adcode"])
def test_stated_districts_decide(datum, wording):
    districts = quarters()
    xy, stated = residents()
    said = {
        "name": stated,
        "short name": [s[:-1] for s in stated],
        "adcode": districts.set_index("name").loc[list(stated), "adcode"].to_numpy(),
    }[wording]
    evidence = assess(expressed(xy, datum, district=said), districts=districts)
    assert evidence.decided == datum
    support = evidence.hypotheses[HYPOTHESES.index(datum)].by["district"]
    assert support.matches == support.points_used < len(xy)  # one witness for each cell
    assert not contradicts(evidence, datum)
    assert all(contradicts(evidence, other) for other in HYPOTHESES if other != datum)


@pytest.mark.parametrize("wobble_m", [100, 300, 600, 1_000])
def test_generalised_boundaries_do_not_mislead(wobble_m):
    districts = quarters(wobble_m=wobble_m)
    for seed, datum in enumerate(HYPOTHESES * 2):
        xy, stated = residents(seed=seed)
        evidence = assess(expressed(xy, datum, district=stated), districts=districts)
        assert evidence.decided in (datum, None)


def test_places_far_from_any_border_bear_no_witness():
    xy, _ = residents()
    xy += np.where(xy > 0, 10_000, -10_000)
    stated = np.where(xy[:, 1] > 0, "北", "南") + np.where(xy[:, 0] > 0, "东区", "西区").astype(
        object
    )
    evidence = assess(expressed(xy, "gcj02", district=stated), districts=quarters())
    assert evidence.decided is None
    assert "nothing near these places" in evidence.render("en")


def test_districts_stated_at_random_leave_it_undecided():
    for seed in range(15):
        xy, stated = residents(seed=seed)
        stated = np.random.default_rng(seed).permutation(stated)
        evidence = assess(expressed(xy, "gcj02", district=stated), districts=quarters())
        assert evidence.decided is None


def test_a_name_that_two_districts_bear_is_left_out():
    districts = quarters()
    xy, stated = residents()
    twice = pd.concat([districts, districts.assign(adcode="x")], ignore_index=True)
    assert assess(expressed(xy, "gcj02", district=stated), districts=twice).decided is None


def test_facilities_and_districts_that_disagree_leave_it_undecided():
    places, kinds, _, atlas = known_places(10, n=200)
    xy, stated = residents()
    table = pd.concat(
        [
            expressed(places, "gcj02", category=kinds),
            expressed(xy, "wgs84", district=stated),
        ],
        ignore_index=True,
    )
    evidence = assess(table, facilities=atlas, districts=quarters())
    assert evidence.decided is None
    assert "gcj02 by facilities, wgs84 by districts" in evidence.render("en")


# ----------------------------------------------------------------------------- edges


def test_nothing_to_compare_is_undecided():
    table = expressed(np.zeros((10, 2)), "gcj02", category="bank")
    empty = facilities(np.zeros((0, 2)), [])
    nowhere = gpd.GeoDataFrame(
        {"name": ["a", "b"], "category": ["bank", "bank"]},
        geometry=[None, shapely.Point()],
        crs=4326,
    )
    for atlas in (None, empty, nowhere):
        evidence = assess(table, facilities=atlas, districts=atlas, streets=atlas)
        assert evidence.decided is None
        assert all(h.matches == 0 and h.p_chance == 1 for h in evidence.hypotheses)
        assert not contradicts(evidence, "wgs84")


def test_rows_without_coordinates_are_left_out():
    table = pd.DataFrame({"lon": [None, "x", 200.0], "lat": [1.0, 2.0, 3.0]})
    evidence = assess(table, facilities=facilities(np.zeros((1, 2)), ["bank"]))
    assert evidence.decided is None
    assert evidence.hypotheses == ()
    assert evidence.render("en") == "no row has coordinates"
    places, kinds, names, atlas = known_places(11)
    whole = expressed(places, "gcj02", category=kinds, name=names)
    holed = pd.concat([whole.astype({"lon": object}), table], ignore_index=True)
    found, expected = (assess(t, facilities=atlas).to_json() for t in (holed, whole))
    assert found == expected


@pytest.mark.parametrize("lon", [[24.94, 24.95], [-51.2, -51.1], [179.9, -179.9]])
def test_abroad_all_datums_are_the_same(lon):
    evidence = assess(pd.DataFrame({"lon": lon, "lat": [-17.0, -17.1]}))
    assert evidence.decided == "wgs84"
    assert not any(contradicts(evidence, datum) for datum in crs.DATUMS)


def test_stray_rows_do_no_harm():
    places, kinds, names, atlas = known_places(17)
    table = expressed(places, "gcj02", category=kinds, name=names)
    stray = pd.DataFrame({"lon": [0.0, -61.1, 28.95], "lat": [0.0, -28.9, 90.0], "name": "n1"})
    evidence = assess(pd.concat([stray, table], ignore_index=True), facilities=atlas)
    assert evidence.decided == "gcj02"
    assert evidence.hypotheses[1].matches == 40


def test_where_the_datums_nearly_meet_nothing_is_decided():
    lon, lat = np.meshgrid(np.linspace(80, 120, 300), np.linspace(24, 42, 300))
    there = crs.convert(lon, lat, source="wgs84", target="gcj02")
    offset_m = np.hypot((there[0] - lon) * 91_000, (there[1] - lat) * 111_000)
    offset_m[~crs.in_china(lon, lat)] = np.inf
    at = np.unravel_index(offset_m.argmin(), offset_m.shape)
    assert offset_m[at] < 60
    rng = np.random.default_rng(12)
    x = lon[at] + rng.uniform(-0.02, 0.02, 60)
    y = lat[at] + rng.uniform(-0.02, 0.02, 60)
    atlas = gpd.GeoDataFrame({"category": ["bank"] * 60}, geometry=gpd.points_from_xy(x, y))
    evidence = assess(pd.DataFrame({"lon": x, "lat": y, "category": "bank"}), facilities=atlas)
    assert evidence.decided is None
    assert not contradicts(evidence, "wgs84")


def test_the_same_table_gives_the_same_evidence_as_plain_json():
    places, kinds, _, atlas = known_places(13)
    table = expressed(places, "gcj02", category=kinds)
    found = assess(table, facilities=atlas, streets=grid_streets(250))
    again = assess(table, facilities=atlas, streets=grid_streets(250))
    assert found.to_json() == again.to_json()
    document = found.to_json()
    assert document["decided"] == "gcj02"
    assert [h["datum"] for h in document["hypotheses"]] == list(HYPOTHESES)
    assert set(document["hypotheses"][0]["by"]) == {"facility", "street"}
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_a_declared_datum_is_one_that_exists():
    evidence = Evidence((), None, "no row has coordinates")
    assert not contradicts(evidence, "cgcs2000")
    with pytest.raises(CrsError, match="mars"):
        contradicts(evidence, "mars")


def test_cgcs2000_counts_as_wgs84():
    places, kinds, _, atlas = known_places(14)
    evidence = assess(expressed(places, "wgs84", category=kinds), facilities=atlas)
    assert evidence.decided == "wgs84"
    assert not contradicts(evidence, "cgcs2000")


# ----------------------------------------------------------------------------- real tables

Find = Callable[[str], Path]
QUZHOU = ("医疗.xls", "公共厕所.xlsx", "公共自行车.xlsx", "垃圾中转站.xlsx", "旅游景点.xls")
REAL_TABLES = {  # file: (its true datum, the category of all its rows when it has no column)
    "amap-civic-poi/nanjing_gcj02.csv": ("gcj02", None),
    "amap-civic-poi/quzhou_gcj02.csv": ("gcj02", None),
    "amap-civic-poi/hangzhou_gcj02.csv": ("gcj02", None),
    "amap-civic-poi/shanghai_gcj02.csv": ("gcj02", None),
    "zhejiang-civic-venues/venues_gcj02.csv": ("gcj02", None),
    **{
        f"quzhou-public-facilities/{name}": ("wgs84", category)
        for name, category in zip(
            QUZHOU, (None, "toilet", "bike_share", "waste_transfer", "scenic"), strict=True
        )
    },
    **{
        f"shanghai-amap-poi/shanghai_{name}.csv": ("wgs84", None)
        for name in ("bus", "food", "hospital", "hotpot", "school", "urban")
    },
}
REAL_ATLASES = {  # name: the tables that it is made of, or a way to read it
    "OSM, central Nanjing": "osm-nanjing-downtown/nanjing_downtown.osm.pbf",
    "OSM, west Hangzhou": "osm-china-small/hangzhou_west.osm",
    "OSM streets, central Shanghai": "osm-china-small/shanghai_center_roads.osm",
    "survey boundaries, Quzhou": ("quzhou_counties_survey_wgs84.geojson", "FNAME", "wgs84"),
    "DataV boundaries, Quzhou": ("quzhou_330800_datav_gcj02.geojson", "name", "gcj02"),
    "DataV boundaries, Zhejiang": ("zhejiang_330000_datav_gcj02.geojson", "name", "gcj02"),
    "Quzhou's tables of 2016": [f"quzhou-public-facilities/{name}" for name in QUZHOU],
    "Amap places, Quzhou": ["amap-civic-poi/quzhou_gcj02.csv"],
    "Amap places, Hangzhou": ["amap-civic-poi/hangzhou_gcj02.csv"],
    "Zhejiang venues": ["zhejiang-civic-venues/venues_gcj02.csv"],
    "Shanghai restaurants": ["shanghai-amap-poi/shanghai_food.csv"],
}


@cache
def read_table(path: Path, category: str | None) -> pd.DataFrame:
    table = tabular.read(path)
    columns = {role: table.frame[heading] for role, heading in table.roles.items()}
    frame = pd.DataFrame(
        {k: columns[k] for k in ("lon", "lat", "name", "district", "city") if k in columns}
    )
    frame[["lon", "lat"]] = frame[["lon", "lat"]].astype(float)
    said = columns.get("category", columns.get("type"))
    frame["category"] = category if category else tables.category_of_text(said)
    return frame


def read_real(find: Find, name: str, datum: str) -> pd.DataFrame:
    """Read a real table, its coordinates written in `datum`."""
    truth, category = REAL_TABLES[name]
    frame = read_table(find(name), category).copy()
    frame["lon"], frame["lat"] = crs.convert(frame.lon, frame.lat, source=truth, target=datum)
    return frame


def read_atlas(find: Find, source) -> dict[str, gpd.GeoDataFrame]:
    if isinstance(source, str):
        layers = osm.read(find(source))
        return {"facilities": layers.facilities, "streets": layers.ways}
    if isinstance(source, tuple):
        file, name, datum = source
        frame = gpd.read_file(find(f"admin-boundaries/{file}"))
        shapes = crs.convert_geometry(frame.geometry, source=datum, target="wgs84")
        return {"districts": gpd.GeoDataFrame({"name": frame[name]}, geometry=shapes, crs=4326)}
    frame = pd.concat([read_real(find, name, "wgs84") for name in source], ignore_index=True)
    points = gpd.points_from_xy(frame.lon, frame.lat)
    return {"facilities": gpd.GeoDataFrame(frame, geometry=points, crs=4326)}


def near(frame: pd.DataFrame, atlas: dict[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    west, south, east, north = np.array([a.total_bounds for a in atlas.values() if len(a)]).T
    return frame[
        frame.lon.between(west.min() - 0.03, east.max() + 0.03)
        & frame.lat.between(south.min() - 0.03, north.max() + 0.03)
    ]


def real_verdicts(find: Find) -> pd.DataFrame:
    """Every real table, written in each datum, against each atlas of its region."""
    rows = []
    for atlas_name, source in REAL_ATLASES.items():
        atlas = read_atlas(find, source)
        for name, (truth, _) in REAL_TABLES.items():
            if isinstance(source, list) and name in source:
                continue
            for datum in HYPOTHESES:
                frame = near(read_real(find, name, datum), atlas)
                if atlas_name == "DataV boundaries, Zhejiang" and "city" in frame:
                    frame = frame.assign(district=frame["city"])
                if len(frame) == 0:
                    continue
                evidence = assess(frame, **atlas)
                verdict = {datum: "right", None: "undecided"}.get(evidence.decided, "WRONG")
                rows.append((name, truth, atlas_name, datum, verdict, evidence))
    columns = ["table", "truth", "atlas", "written_in", "verdict", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def table(find: Find) -> str:
    """Return the README's table: each real table under each datum, right or undecided."""
    lines = [
        "| table (its own datum) | compared with | evidence | as WGS-84 | as GCJ-02 | as BD-09 |",
        "|---|---|---|---|---|---|",
    ]
    found = real_verdicts(find)
    found["kinds"] = [evidence.hypotheses[0].by for evidence in found["evidence"]]
    # an atlas that says nothing about a table stands here only if none does, and then one of them
    silent = ~found["kinds"].map(bool)
    spoken_of = found.loc[~silent, "table"]
    first = ~found.duplicated(["table", "written_in"])
    found = found[~silent | (first & ~found["table"].isin(spoken_of))]
    for (name, truth, atlas), group in found.groupby(["table", "truth", "atlas"], sort=False):
        kinds = group["kinds"].iloc[0]
        said = ", ".join(f"{kind} {support.points_used}" for kind, support in kinds.items())
        said = said or "none"
        verdicts = group.set_index("written_in")["verdict"].reindex(HYPOTHESES, fill_value="")
        cells = [f"`{name}` ({truth})", atlas, said, *verdicts]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def verdicts(shared):
    return real_verdicts(shared)


def test_no_real_table_is_ever_read_in_a_wrong_datum(verdicts):
    assert len(verdicts) > 100
    assert set(verdicts["verdict"]) == {"right", "undecided"}
    for row in verdicts.itertuples():
        assert not contradicts(row.evidence, row.written_in), (row.table, row.atlas, row.written_in)


def of(verdicts, table, atlas, datum):
    hit = (verdicts[["table", "atlas", "written_in"]] == [table, atlas, datum]).all(axis=1)
    return verdicts[hit].iloc[0]


def test_nodes_of_the_roads_of_xian_stay_undecided_on_their_own_roads(shared):
    roads = gpd.read_file(shared("xian-road-network/xian_link.shp"), rows=1_000).to_crs(4326)
    lon, lat = shapely.get_coordinates(shapely.get_point(roads.geometry.array, 0)).T
    for datum in HYPOTHESES:
        there = crs.convert(lon, lat, source="wgs84", target=datum)
        evidence = assess(pd.DataFrame({"lon": there[0], "lat": there[1]}), streets=roads)
        assert evidence.decided is None
        assert evidence.hypotheses[HYPOTHESES.index(datum)].median_m < 1


def test_points_of_nanjing_are_found_to_be_gcj02_though_streets_say_otherwise(verdicts):
    row = of(verdicts, "amap-civic-poi/nanjing_gcj02.csv", "OSM, central Nanjing", "gcj02")
    assert row.verdict == "right"
    wgs84, gcj02, _ = row.evidence.hypotheses
    assert wgs84.by["street"].p_chance < 0.02 < gcj02.by["street"].p_chance
    assert gcj02.by["facility"].distinct >= 6
    assert gcj02.median_m < 26
    assert contradicts(row.evidence, "wgs84")


@pytest.mark.parametrize("atlas", ["survey boundaries, Quzhou", "DataV boundaries, Quzhou"])
def test_the_region_column_of_the_medical_table_decides(verdicts, atlas):
    row = of(verdicts, "quzhou-public-facilities/医疗.xls", atlas, "wgs84")
    assert row.verdict == "right"
    assert contradicts(row.evidence, "gcj02")


@pytest.mark.parametrize("name", QUZHOU[1:])
@pytest.mark.parametrize(
    "atlas", ["survey boundaries, Quzhou", "DataV boundaries, Quzhou", "OSM, central Nanjing"]
)
def test_the_other_workbooks_of_quzhou_stay_undecided(shared, name, atlas):
    frame = read_real(shared, f"quzhou-public-facilities/{name}", "wgs84")
    evidence = assess(frame, **read_atlas(shared, REAL_ATLASES[atlas]))
    assert evidence.decided is None
    assert not contradicts(evidence, "wgs84")


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5])
def test_the_medical_table_in_mixed_datums_is_never_read_in_the_lesser_one(shared, share):
    name = "quzhou-public-facilities/医疗.xls"
    atlas = read_atlas(shared, REAL_ATLASES["survey boundaries, Quzhou"])
    for seed, (most, rest) in enumerate(PAIRS):
        frame, other = read_real(shared, name, most), read_real(shared, name, rest)
        lesser = np.random.default_rng(seed).random(len(frame)) < share
        frame[lesser] = other[lesser]
        allowed = (None,) if share >= 0.3 else (None, most)
        assert assess(frame, **atlas).decided in allowed


def test_real_tables_moved_anywhere_else_leave_it_undecided(shared):
    rng = np.random.default_rng(15)
    cases = [
        ("amap-civic-poi/nanjing_gcj02.csv", "OSM, central Nanjing"),
        ("zhejiang-civic-venues/venues_gcj02.csv", "Amap places, Hangzhou"),
        ("quzhou-public-facilities/医疗.xls", "survey boundaries, Quzhou"),
    ]
    for name, atlas_name in cases:
        atlas = read_atlas(shared, REAL_ATLASES[atlas_name])
        frame = near(read_real(shared, name, "wgs84"), atlas)
        # under GCJ-02 and BD-09 these coordinates lie south-west to north-west of the truth;
        # eastward shifts bring no hypothesis near it
        for _ in range(8):
            moved = frame.copy()
            moved["lon"] -= rng.uniform(0.004, 0.02)
            moved["lat"] += rng.uniform(-0.01, 0.01)
            assert assess(moved, **atlas).decided is None
