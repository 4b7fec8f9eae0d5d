"""Tiles, labels and cells: against formulas written apart, at their limits, on awkward geometry."""

import math

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap import tiles
from stationmap.tiles import EXTENT, MARGIN, TILE_PX, TileSet, Viewport

LON, LAT = 118.87, 28.95
degrees = st.tuples(st.floats(-180, 180), st.floats(-85, 85))


def slippy(lon, lat, z):
    """Tile and place in it as the OpenStreetMap wiki gives them."""
    n = 2.0**z
    x = n * (lon + 180.0) / 360.0
    phi = math.radians(lat)
    y = n * (1.0 - math.log(math.tan(phi) + 1.0 / math.cos(phi)) / math.pi) / 2.0
    return x, y


def tile_at(lon, lat, z):
    return tuple(math.floor(v) for v in slippy(lon, lat, z))


def metres(x, y):
    """Degrees of a place some metres east and north of the middle."""
    return LON + x / (111_320 * math.cos(math.radians(LAT))), LAT + y / 110_853


def line(*points):
    return shapely.LineString([metres(*point) for point in points])


def ways(*rows):
    """Ways from (highway, geometry) or (highway, geometry, name[, name_en])."""
    return gpd.GeoDataFrame(
        {
            "highway": [row[0] for row in rows],
            "name": [row[2] if len(row) > 2 else None for row in rows],
            "name_en": [row[3] if len(row) > 3 else None for row in rows],
        },
        geometry=[row[1] for row in rows],
        crs="EPSG:4326",
    )


def layers(tile):
    return mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True}) if tile else {}


def drawn(tile, name):
    """The one geometry of a layer, in tile units."""
    (feature,) = layers(tile)[name]["features"]
    return shapely.geometry.shape(feature["geometry"])


# -- places ----------------------------------------------------------------------------------


@given(degrees)
def test_places_are_where_slippy_tiles_have_them(place):
    x, y = tiles.to_world(*place)
    assert (float(x), float(y)) == pytest.approx(slippy(*place, 0), abs=1e-12)


@given(degrees)
def test_places_come_back(place):
    back = tiles.from_world(*tiles.to_world(*place))
    assert tuple(map(float, back)) == pytest.approx(place, abs=1e-9)


def test_beyond_the_square_is_its_edge():
    assert tiles.to_world([0, 0], [90, -90])[1] == pytest.approx([0, 1], abs=1e-9)


# -- tiles -----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), min_size=2, max_size=12),
    st.integers(11, 18),
)
def test_a_line_is_drawn_where_it_lies_in_every_tile(points, z):
    """Each place of it lies within one pixel of what its tile draws."""
    street = line(*points)
    if street.length * 111_000 < 1000:
        return
    made = TileSet({"street": (np.array([street]), 0)})
    px = EXTENT / TILE_PX
    for share in np.linspace(0.01, 0.99, 9):
        spot = street.interpolate(share, normalized=True)
        x, y = slippy(spot.x, spot.y, z)
        tile = made.tile(z, math.floor(x), math.floor(y))
        local = shapely.Point((x % 1) * EXTENT, (y % 1) * EXTENT)
        assert drawn(tile, "street").distance(local) <= px


def test_a_tile_holds_its_margin_and_no_more():
    street = line((-5000, 0), (5000, 0))
    made = TileSet({"street": (np.array([street]), 0)})
    west, south, east, north = drawn(made.tile(14, *tile_at(LON, LAT, 14)), "street").bounds
    assert (west, east) == (-MARGIN, EXTENT + MARGIN)
    assert abs(north - south) <= 1
    x, y = tile_at(LON, LAT, 14)
    assert made.tile(14, x, y + 1) == b""


def test_neighbours_meet():
    """A street is drawn in the margin of the next tile, so that its stroke is not cut off."""
    x, y = slippy(LON, LAT, 15)
    edge = math.floor(x) / 2**15 * 360 - 180
    inside = MARGIN / EXTENT / 2**15 * 360
    for beyond, is_drawn in ((0.99, True), (1.01, False)):
        lon = edge + inside * beyond
        made = TileSet({"s": (np.array([shapely.LineString([(lon, LAT), (lon, LAT + 0.001)])]), 0)})
        assert bool(made.tile(15, math.floor(x) - 1, math.floor(y))) is is_drawn


@pytest.mark.parametrize(("name", "zoom"), [(n, z) for n, (z, _) in tiles.STREET_ZOOMS.items()])
def test_a_class_of_streets_appears_at_its_zoom(name, zoom):
    highway = tiles.STREET_ZOOMS[name][1][0]
    frame = ways((highway, line((-300, 0), (300, 0))))
    empty = gpd.GeoDataFrame({"kind": [], "level": []}, geometry=[], crs="EPSG:4326")
    made = tiles.ground_tiles(empty, empty, frame) if name == "path" else tiles.street_tiles(frame)
    # tiles are counted one below the zoom of the map
    assert set(layers(made.tile(zoom - 1, *tile_at(LON, LAT, zoom - 1)))) == {name}
    assert made.tile(zoom - 2, *tile_at(LON, LAT, zoom - 2)) == b""


def test_a_motorway_lies_above_a_lane():
    frame = ways(
        ("motorway", line((-300, 0), (300, 0))), ("residential", line((0, -300), (0, 300)))
    )
    names = list(layers(tiles.street_tiles(frame).tile(15, *tile_at(LON, LAT, 15))))
    assert names == ["minor", "motorway"]


def test_every_way_of_a_class_is_one_feature():
    rows = [("secondary", line((k * 20, -200), (k * 20, 200))) for k in range(30)]
    frame = ways(*rows)
    tile = tiles.street_tiles(frame).tile(14, *tile_at(LON, LAT, 14))
    assert len(layers(tile)["secondary"]["features"]) == 1
    assert len(tile) < 30 * 30


@pytest.mark.parametrize(("side_px", "is_drawn"), [(1.99, False), (2.01, True)])
def test_a_pond_below_four_square_pixels_is_left_out(side_px, is_drawn):
    size = side_px / TILE_PX / 2**14
    x, y = tiles.to_world(LON, LAT)
    corners = [(0, 0), (size, 0), (size, size), (0, size)]
    ring = [tuple(map(float, tiles.from_world(x + a, y + b))) for a, b in corners]
    made = TileSet({"water": (np.array([shapely.Polygon(ring)]), 0)})
    assert bool(made.tile(14, *tile_at(LON, LAT, 14))) is is_drawn


def test_holes_turn_the_other_way():
    """Outer rings clockwise on the screen, as the vector tile specification 2.1, 4.3.4.4, asks."""
    lake = shapely.Polygon(line((-200, -200), (200, -200), (200, 200), (-200, 200)).coords)
    island = shapely.Polygon(line((-50, -50), (50, -50), (50, 50), (-50, 50)).coords)
    for shape in (lake.difference(island), lake.difference(island).reverse()):
        made = TileSet({"water": (np.array([shape]), 0)})
        found = drawn(made.tile(14, *tile_at(LON, LAT, 14)), "water")
        pieces = getattr(found, "geoms", [found])
        # y counts downwards, so clockwise on the screen is counter-clockwise in numbers
        assert [piece.exterior.is_ccw for piece in pieces] == [True]
        assert [ring.is_ccw for piece in pieces for ring in piece.interiors] == [False]


def test_awkward_geometry_is_drawn_or_left_out():
    bow_tie = shapely.Polygon(line((0, 0), (100, 100), (100, 0), (0, 100)).coords)
    awkward = [
        None,
        shapely.LineString(),
        line((0, 0), (0, 0)),
        line((0, 0), (0, 0), (200, 0), (200, 0)),
        shapely.MultiLineString([line((0, 30), (200, 30)), line((0, 45), (200, 45))]),
        line((0, -100), (100, -100), (100, -50), (0, -100)),
    ]
    made = TileSet({"s": (np.array(awkward, dtype=object), 0), "p": (np.array([bow_tie]), 0)})
    found = drawn(made.tile(15, *tile_at(LON, LAT, 15)), "s")
    assert len(found.geoms) == 4
    assert TileSet({"s": (np.array([], dtype=object), 0)}).tile(0, 0, 0) == b""
    assert TileSet({}).tile(3, 1, 1) == b""


def test_ground_knows_rivers_from_lakes_and_shared_borders():
    square = shapely.Polygon(line((0, 0), (100, 0), (100, 100), (0, 100)).coords)
    landscape = gpd.GeoDataFrame(
        {"kind": ["water", "water", "park", "building", "unknown"]},
        geometry=[line((-200, 0), (0, 50)), square, square, square, square],
        crs="EPSG:4326",
    )
    west, east = (shapely.box(*metres(x, -300), *metres(x + 200, 300)) for x in (-200, 0))
    districts = gpd.GeoDataFrame(
        {"level": [6, 6, 10]}, geometry=[west, east, west], crs="EPSG:4326"
    ).astype({"level": "Int64"})
    made = tiles.ground_tiles(landscape, districts, ways())
    tile = made.tile(15, *tile_at(LON, LAT, 15))
    assert set(layers(tile)) == {"park", "water", "waterway", "building", "district"}
    # the border that both counties share is drawn once
    x, _ = slippy(*metres(0, 0), 15)
    border = drawn(tile, "district").intersection(
        shapely.box((x % 1) * EXTENT - 2, 0, (x % 1) * EXTENT + 2, EXTENT)
    )
    assert border.length <= EXTENT


def test_without_counties_the_highest_districts_are_outlined():
    box = shapely.box(*metres(-100, -100), *metres(100, 100))
    for levels, count in (([9, 10], 1), ([None, None], 1)):
        districts = gpd.GeoDataFrame(
            {"level": levels}, geometry=[box, shapely.box(*metres(0, 0), *metres(90, 90))],
            crs="EPSG:4326",
        ).astype({"level": "Int64"})  # fmt: skip
        empty = gpd.GeoDataFrame({"kind": []}, geometry=[], crs="EPSG:4326")
        made = tiles.ground_tiles(empty, districts, ways())
        assert len(layers(made.tile(15, *tile_at(LON, LAT, 15)))["district"]["features"]) == count


# -- viewports and cells ---------------------------------------------------------------------


def test_a_viewport_holds_its_edges_and_the_antimeridian():
    view = Viewport(10, 20, 30, 40, 5)
    assert view.holds([10, 30, 9.999999, 30.000001], [20, 40, 30, 30]).tolist() == [
        True, True, False, False,
    ]  # fmt: skip
    across = Viewport(170, -10, -170, 10, 5)
    assert across.holds([175, -175, 0, 169], [0, 0, 0, 0]).tolist() == [True, True, False, False]
    assert not view.holds([np.nan], [30]).any()


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.floats(118, 119), st.floats(28, 29), st.integers(1, 9)), max_size=60),
    st.integers(3, 16),
)
def test_cells_lose_nothing_and_stay_where_they_are(points, zoom):
    lon, lat, need = (np.array([p[k] for p in points], dtype=float) for k in range(3))
    cells = tiles.aggregate(lon, lat, zoom=zoom, values={"need": need})
    assert cells["count"].sum() == len(points)
    assert cells["need"].sum() == need.sum()
    size = 96
    by_hand = {}
    for x, y in zip(lon, lat, strict=True):
        place = slippy(x, y, zoom)
        by_hand.setdefault(tuple(int(v * 256 // size) for v in place), []).append((x, y))
    assert len(cells) == len(by_hand)
    assert sorted(cells["count"]) == sorted(map(len, by_hand.values()))
    half = len(points) // 2
    again = tiles.aggregate(lon[half:], lat[half:], zoom=zoom, values={})
    assert set(again["count"]) <= set(range(1, len(points) + 1))
    inside = cells["lon"].between(lon.min(initial=119) - 1e-9, lon.max(initial=118) + 1e-9)
    assert inside.all()


# -- labels ----------------------------------------------------------------------------------


def test_a_straight_street_is_written_along_its_middle():
    frame = ways(
        ("primary", line((0, 0), (400, 0)), "人民路", "Renmin Road"),
        ("primary", line((400, 0), (1000, 0)), "人民路", "Renmin Road"),
        ("residential", line((0, -50), (0, 50)), None),
        ("raceway", line((0, -50), (0, 50)), "赛道"),
    )
    (label,) = tiles.street_labels(frame).to_dict("records")
    assert (label["lon"], label["lat"]) == pytest.approx(metres(500, 0), abs=1e-7)
    assert label["angle_deg"] == pytest.approx(0, abs=0.01)
    assert label["span"] * 2 * math.pi * 6378137 * math.cos(math.radians(LAT)) == pytest.approx(
        1000, rel=0.01
    )


@pytest.mark.parametrize(
    ("end", "angle"), [((0, 300), -90), ((300, 300), -45), ((300, -300), 45), ((-300, -300), -45)]
)
def test_names_are_never_upside_down(end, angle):
    (label,) = tiles.street_labels(ways(("primary", line((0, 0), end), "路"))).to_dict("records")
    assert label["angle_deg"] == pytest.approx(angle, abs=0.5)


@pytest.mark.parametrize(("bend", "runs"), [(14.9, 1), (15.1, 2)])
def test_a_street_is_written_until_it_bends(bend, runs):
    # drawn in the plane of the map, where angles are true
    x, y = tiles.to_world(LON, LAT)
    turn = math.radians(bend)
    step = 1e-6
    points = [(x, y), (x + step, y), (x + step + step * math.cos(turn), y + step * math.sin(turn))]
    street = shapely.LineString([tuple(map(float, tiles.from_world(*p))) for p in points])
    assert len(tiles.street_labels(ways(("primary", street, "路")))) == runs


def test_rings_and_points_have_no_or_many_places():
    ring = line((0, 0), (300, 0), (300, 300), (0, 300), (0, 0))
    frame = ways(("primary", ring, "环路"), ("primary", line((9, 9), (9, 9)), "点"))
    found = tiles.street_labels(frame)
    assert found["name"].tolist() == ["环路"] * 4
    for nothing in (ways(), ways(("primary", ring, None)), ways(("primary", ring, ""))):
        assert tiles.street_labels(nothing).empty


def test_important_and_long_streets_come_first():
    frame = ways(
        ("residential", line((0, 0), (900, 0)), "长巷"),
        ("primary", line((0, 50), (300, 50)), "短路"),
        ("primary", line((0, 90), (600, 90)), "大路"),
    )
    assert tiles.street_labels(frame)["name"].tolist() == ["大路", "短路", "长巷"]


def test_names_are_written_where_they_fit_and_once():
    frame = ways(
        *(("primary", line((0, k * 8), (1200, k * 8)), "人民路", "Renmin Road") for k in (0, 1)),
        ("residential", line((0, 100), (45, 100)), "很长很长的巷子的名字"),
        ("residential", line((0, 200), (600, 200)), "后街"),
    )
    labels = tiles.street_labels(frame)
    west, south = metres(-100, -100)
    east, north = metres(1300, 300)

    def texts(zoom, **options):
        view = Viewport(west, south, east, north, zoom)
        return tiles.pick_labels(labels, view=view, **options)["text"].tolist()

    assert texts(15) == ["人民路", "后街"]
    assert texts(15, english=True) == ["Renmin Road", "后街"]
    assert texts(13) == ["人民路"]  # lanes are named one zoom after they are drawn
    assert texts(9) == []
    assert texts(15, limit=1) == ["人民路"]
    assert "很长很长的巷子的名字" in texts(19)
    far = Viewport(0, 0, 1, 1, 15)
    assert tiles.pick_labels(labels, view=far).empty
    assert tiles.pick_labels(tiles.street_labels(ways()), view=far).empty
