"""On real streets the gaps are those of the same rule written in PostGIS.

PostGIS is given the parts, stretches and twins that the product made, and the stations; the rule
of spacing is its own, in SQL. On Nanjing all frontage is assumed; Helsinki's shops are complete.
"""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely
from postgis import postgis  # noqa: F401 - a fixture

from stationmap import streets
from stationmap.checks import spacing
from stationmap.crs import local_crs
from stationmap.io import osm
from stationmap.standards import load

RULE = load("quzhou-2018").rule(kind="spacing")
CITIES = {
    "nanjing": ("osm-nanjing-downtown/nanjing_downtown.osm.pbf", ()),
    "helsinki": ("osm-pbf-world/helsinki.osm.pbf", ("*",)),
}
CM = 0.01

TABLES = """
CREATE TEMP TABLE part (line int PRIMARY KEY, closed bool, geom geometry, length_m float8);
CREATE TEMP TABLE twin (line int, geom geometry);
CREATE TEMP TABLE stretch (line int, side text, from_m float8, to_m float8, frontage text);
CREATE TEMP TABLE station (id text, geom geometry);
"""

INDEXES = """
UPDATE part SET length_m = ST_Length(geom);
CREATE INDEX ON station USING gist (geom);
ANALYZE;
"""

GAPS = """
WITH place AS (  -- where each counting station stands on each part within reach of either line
    SELECT p.line, s.id, f.at_m, side.side
    FROM part p
    JOIN (
        SELECT line, geom FROM part UNION ALL SELECT line, geom FROM twin
    ) near USING (line)
    JOIN station s ON ST_DWithin(s.geom, near.geom, %(snap)s)
    CROSS JOIN LATERAL (
        SELECT ST_LineLocatePoint(p.geom, s.geom) * p.length_m AS at_m,
               ST_Distance(p.geom, s.geom) AS off_m
    ) f
    CROSS JOIN LATERAL (
        SELECT ST_LineInterpolatePoint(p.geom, greatest(0, (f.at_m - 0.05) / p.length_m)) AS a,
               ST_LineInterpolatePoint(p.geom, least(1, (f.at_m + 0.05) / p.length_m)) AS b
    ) around
    CROSS JOIN LATERAL (
        SELECT (ST_X(b) - ST_X(a)) * (ST_Y(s.geom) - ST_Y(a))
             - (ST_Y(b) - ST_Y(a)) * (ST_X(s.geom) - ST_X(a)) AS leftness
    ) turn
    CROSS JOIN LATERAL (
        SELECT 'both' AS side WHERE %(sides)s = 'both'
        UNION SELECT 'left' WHERE %(sides)s = 'each' AND (leftness > 0 OR off_m < 0.5)
        UNION SELECT 'right' WHERE %(sides)s = 'each' AND (leftness < 0 OR off_m < 0.5)
    ) side
    GROUP BY 1, 2, 3, 4
), turn AS (  -- a ring is laid out three times, so that its origin is a place like any other
    SELECT line, length_m, closed, generate_series(-1, 1) * length_m AS shift
    FROM part WHERE closed
    UNION ALL SELECT line, length_m, closed, 0 FROM part WHERE NOT closed
), seen AS (
    SELECT line, id, side, at_m + shift AS at_m FROM place JOIN turn USING (line)
), joined AS (
    SELECT line, side, unnest(range_agg(numrange(
        round((from_m + shift)::numeric, 4), round((to_m + shift)::numeric, 4) + 0.0002
    ))) AS span  -- the turns of a ring touch but for a rounding
    FROM stretch JOIN turn USING (line) WHERE frontage <> 'none' GROUP BY 1, 2
), run AS (
    SELECT line, side, lower(span)::float8 AS low, upper(span)::float8 - 0.0002 AS high,
           false AS ring
    FROM joined JOIN part USING (line)
    WHERE NOT closed
       OR lower(span) >= -0.0001 AND lower(span) < length_m - 0.0002
          AND upper(span) - lower(span) < 2.9 * length_m
    UNION ALL
    SELECT line, side, 0, length_m, true FROM joined JOIN part USING (line)
    WHERE closed AND upper(span) - lower(span) >= 2.9 * length_m
), cut AS (
    SELECT r.*, s.at_m FROM run r JOIN seen s
      ON s.line = r.line AND s.side = r.side
     AND s.at_m BETWEEN r.low - 0.00005 AND r.high + 0.00005
    WHERE NOT ring OR s.at_m >= 0
    UNION ALL SELECT r.*, e FROM run r, unnest(ARRAY[low, high]) e WHERE NOT ring
    UNION ALL  -- the piece that closes a ring ends at the first station of the next turn
    SELECT r.*, (
        SELECT min(at_m) FROM seen s WHERE s.line = r.line AND s.side = r.side AND at_m >= 0
    ) + high FROM run r WHERE ring
), piece AS (
    SELECT line, side, ring, at_m AS from_m,
           lead(at_m) OVER (PARTITION BY line, side, low ORDER BY at_m) AS to_m
    FROM cut WHERE at_m IS NOT NULL
), empty AS (
    SELECT r.* FROM run r WHERE NOT EXISTS (
        SELECT FROM seen s WHERE s.line = r.line AND s.side = r.side
        AND round((r.low - s.at_m)::numeric, 4) <= %(spacing)s
        AND round((s.at_m - r.high)::numeric, 4) <= %(spacing)s
    )
)
SELECT line, side, from_m, to_m, to_m - from_m,
       greatest(1, ceil(round((to_m - from_m)::numeric, 4) / %(spacing)s) - 1)::int
FROM piece WHERE round((to_m - from_m)::numeric, 4) > %(spacing)s
             AND (line, side, from_m) NOT IN (SELECT line, side, low FROM empty)
UNION ALL
SELECT line, side, low, high, high - low, CASE WHEN ring
       THEN ceil(round((high - low)::numeric, 4) / %(spacing)s)::int
       ELSE greatest(1, ceil(round((high - low)::numeric, 4) / %(spacing)s) - 1)::int END
FROM empty
ORDER BY 1, 2, 3
"""


def stations_at_shops(shops: gpd.GeoDataFrame, crs) -> gpd.GeoDataFrame:
    """Stations for this test, at some of the shops; always the same."""
    places = shops.to_crs(crs).geometry.centroid
    random = np.random.default_rng(20180622)
    chosen = places[random.random(len(places)) < 0.4]
    xy = shapely.get_coordinates(chosen.values) + random.normal(0, 4, (len(chosen), 2))
    ids = [f"syn-{i}" for i in range(len(chosen))]
    return gpd.GeoDataFrame({"station_id": ids}, geometry=shapely.points(xy), crs=crs)


def in_postgis(
    connection: psycopg.Connection,
    built: streets.Streets,
    stations: gpd.GeoDataFrame,
    *,
    sides: str,
) -> pd.DataFrame:
    """The rule in SQL on the product's parts."""

    def rows(frame: pd.DataFrame, columns: list[str]):
        plain = pd.DataFrame(frame[[c for c in columns if c != "geom"]])
        if "geom" in columns:
            plain["geom"] = [g.wkb_hex for g in frame.geometry]
        return plain[columns].itertuples(index=False, name=None)

    parts = built.parts.assign(line=built.parts.index)
    stretches = built.stretches
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS part, twin, stretch, station")
        cursor.execute(TABLES)
        for table, columns, frame in (
            ("part", ["line", "closed", "geom"], parts),
            ("twin", ["line", "geom"], built.twins),
            ("stretch", ["line", "side", "from_m", "to_m", "frontage"], stretches),
            ("station", ["id", "geom"], stations.assign(id=stations["station_id"])),
        ):
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows(frame, columns):
                    copy.write_row(row)
        cursor.execute(INDEXES)
        cursor.execute(GAPS, {"snap": RULE.snap_m, "spacing": int(RULE.spacing_m), "sides": sides})
        found = cursor.fetchall()
    names = ["line", "side", "from_m", "to_m", "length_m", "points_needed"]
    return pd.DataFrame(found, columns=names)


@pytest.mark.postgis
@pytest.mark.parametrize("sides", ["both", "each"])
@pytest.mark.parametrize("city", CITIES)
def test_gaps_of_real_streets_are_those_of_postgis(
    city: str,
    sides: str,
    shared: Callable[[str], Path],
    postgis: psycopg.Connection,  # noqa: F811
) -> None:
    name, complete = CITIES[city]
    layers = osm.read(shared(name))
    lon, lat = shapely.get_coordinates(layers.ways.geometry.values).T
    rule = RULE.model_copy(update={"sides": sides})
    built = streets.build(
        layers.ways,
        layers.shops,
        rule=rule,
        districts=layers.districts,
        areas=layers.areas,
        bus_stops=layers.bus_stops,
        crs=local_crs(lon, lat),
        complete=complete,
    )
    stations = stations_at_shops(layers.shops, built.crs)
    prepared = spacing.prepare(built, spacing_m=50.0, snap_m=30.0, sides=sides)
    gaps = spacing.check(prepared, stations).gaps(rule)
    lines = built.parts.reset_index(names="line")[["line", "street_id", "part", "closed"]]
    found = gaps.merge(lines, on=["street_id", "part"], validate="many_to_one")
    found = found.sort_values(["line", "side", "from_m"], ignore_index=True)

    expected = in_postgis(postgis, built, stations, sides=sides)
    length = built.parts["length_m"].reindex(expected["line"]).to_numpy()
    through = built.parts["closed"].reindex(expected["line"]).to_numpy() & (
        expected["length_m"].to_numpy() < length - CM
    )
    for column in ("from_m", "to_m"):
        turned = np.mod(expected[column], length)
        expected[column] = np.where(through, turned, expected[column])
    expected = expected.sort_values(["line", "side", "from_m"], ignore_index=True)

    assert len(expected) > 50
    same = ["line", "side", "points_needed"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(found[same]), expected[same], check_dtype=False, obj=city
    )
    for column in ("from_m", "to_m", "length_m"):
        np.testing.assert_allclose(found[column], expected[column], atol=CM, err_msg=column)
