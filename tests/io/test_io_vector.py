"""Vector files: one driver by content, texts in their true encoding, odd geometries are counted."""

import json
import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import LineString, MultiPoint, Point, Polygon

from stationmap.errors import CrsError, InputError
from stationmap.io import tabular, vector

ROADS = gpd.GeoDataFrame(
    {"路名": ["衢江路", "人民路", None], "长度": [12.5, np.nan, 3.0], "编号": [1, 2, 3]},
    geometry=[
        LineString([(118.87, 28.95), (118.88, 28.95)]),
        LineString([(118.87, 28.96), (118.88, 28.96)]),
        None,
    ],
    crs="EPSG:4326",
)


def message(path, **options):
    with pytest.raises(InputError) as caught:
        vector.read(path, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert caught.value.render("zh") != text
    return text


def said(frame):
    return " | ".join(map(str, frame.attrs["notes"]))


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(path, *features, encoding="utf-8", **members):
    data = {"type": "FeatureCollection", **members, "features": list(features)}
    path.write_bytes(json.dumps(data, ensure_ascii=False).encode(encoding))
    return path


POINT = {"type": "Point", "coordinates": [118.87, 28.95]}


# --- round trips ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["gpkg", "parquet", "geojson"])
def test_round_trip_keeps_chinese_names_values_and_gaps(tmp_path, ending):
    path = tmp_path / f"道路.{ending}"
    vector.write(path, {"道路": ROADS})
    read = vector.read(path)
    assert list(read.columns) == ["路名", "长度", "编号", "geometry"]
    assert read["路名"].tolist() == ["衢江路", "人民路", None]
    assert read["路名"].dtype == object
    assert read["长度"].tolist()[::2] == [12.5, 3.0]
    assert np.isnan(read["长度"][1])
    assert read["编号"].tolist() == [1, 2, 3]
    assert shapely.equals_exact(read.geometry[:2], ROADS.geometry[:2], tolerance=1e-9).all()
    assert read.geometry[2] is None
    assert "1 rows have no geometry" in said(read)
    assert read.crs == (None if ending == "geojson" else "EPSG:4326")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_geopackage_of_several_layers_is_asked_about(tmp_path):
    path = tmp_path / "a.gpkg"
    vector.write(path, {"道路": ROADS, "站点": ROADS.iloc[:0], "表": ROADS.iloc[:1]})
    assert "several layers: 道路, 站点, 表; choose one with --sheet" in message(path)
    assert len(vector.read(path, layer="表")) == 1
    empty = vector.read(path, layer="站点")
    assert len(empty) == 0
    assert list(empty.columns) == ["路名", "长度", "编号", "geometry"]
    assert "has no layer 小区: its layers are 道路, 站点, 表" in message(path, layer="小区")


def test_table_without_geometry_beside_the_layer_is_passed_over(tmp_path):
    path = tmp_path / "a.gpkg"
    vector.write(path, {"道路": ROADS})
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="说明", append=True)
    assert len(vector.read(path)) == 3


def test_columns_named_like_the_formats_own(tmp_path):
    frame = ROADS.assign(fid=["a", "b", "c"], FID2=1, length=[1.0, 2, 3], id=["x", "y", "z"])
    for ending in ("gpkg", "geojson", "parquet"):
        vector.write(tmp_path / f"a.{ending}", {"s": frame})
        read = vector.read(tmp_path / f"a.{ending}")
        assert read["fid"].tolist() == ["a", "b", "c"]
        assert read["length"].tolist() == [1, 2, 3]


def test_text_table_of_points_and_of_lines(tmp_path):
    points = gpd.GeoDataFrame(
        {"名称": ["甲", "乙"]}, geometry=[Point(118.87, 28.95), None], crs="EPSG:4326"
    )
    vector.write(tmp_path / "a.csv", {"s": points})
    table = tabular.read(tmp_path / "a.csv")
    assert table.roles == {"name": "名称", "lon": "lon", "lat": "lat"}
    assert table.numbers("lon")[0] == 118.87
    assert np.isnan(table.numbers("lon")[1])
    vector.write(tmp_path / "b.csv", {"s": ROADS})
    lines = tabular.read(tmp_path / "b.csv").frame["geometry"]
    assert shapely.from_wkt(lines[0]) == ROADS.geometry[0]


def test_writing_refuses_what_would_lie(tmp_path):
    for ending in ("gpkg", "geojson", "parquet", "csv"):
        with pytest.raises(CrsError, match="no reference system"):
            vector.write(tmp_path / f"a.{ending}", {"s": ROADS.set_crs(None, allow_override=True)})
    for ending in ("geojson", "csv"):
        with pytest.raises(CrsError, match="degrees"):
            vector.write(tmp_path / f"a.{ending}", {"s": ROADS.to_crs(3857)})
        with pytest.raises(InputError, match="can hold one layer, not 2"):
            vector.write(tmp_path / f"a.{ending}", {"s": ROADS, "t": ROADS})
    with pytest.raises(InputError, match="no ending this program writes"):
        vector.write(tmp_path / "a.shp", {"s": ROADS})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet"])
def test_failed_write_leaves_the_old_file(tmp_path, ending, monkeypatch):
    path = tmp_path / f"a.{ending}"
    vector.write(path, {"s": ROADS})
    before = path.read_bytes()

    def broken(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(pyogrio, "write_dataframe", broken)
    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", broken)
    with pytest.raises(OSError, match="disk full"):
        vector.write(path, {"s": ROADS.iloc[:1]})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


# --- GeoJSON --------------------------------------------------------------------------------------


def test_geojson_has_a_crs_only_if_it_says_so(tmp_path):
    assert vector.read(collection(tmp_path / "a.geojson", feature(POINT))).crs is None
    inside = feature(POINT, note='"crs": {"type"')
    assert vector.read(collection(tmp_path / "b.geojson", inside)).crs is None
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    assert vector.read(collection(tmp_path / "c.geojson", feature(POINT), crs=crs)).crs == 4490
    crs84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    frame = vector.read(collection(tmp_path / "d.geojson", feature(POINT), crs=crs84))
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry[0] == Point(118.87, 28.95)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_geojson_in_any_encoding(tmp_path, encoding):
    path = collection(tmp_path / "a.geojson", feature(POINT, 名称="𠮷㙍路"), encoding=encoding)
    assert vector.read(path)["名称"].tolist() == ["𠮷㙍路"]


def test_coordinates_beyond_all_numbers(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "Point", "coordinates": [1e400, 1]}')
    try:
        frame = vector.read(path)
    except InputError as error:
        assert "1e400" in str(error)  # noqa: PT017
    else:
        assert "no numbers" in said(frame)


def test_odd_geometries_pass_and_are_counted(tmp_path):
    path = tmp_path / "a.geojson"
    collection(
        path,
        feature(POINT),
        feature(None),
        feature({"type": "Point", "coordinates": [118.87, 28.95, 60]}),
        feature({"type": "Polygon", "coordinates": []}),
        feature({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}),
        feature({"type": "LineString", "coordinates": [[0, 0]]}),
        feature({"type": "Point", "coordinates": [float("nan"), 1]}),
        feature({"type": "GeometryCollection", "geometries": [POINT]}),
    )
    frame = vector.read(path)
    assert len(frame) == 8
    assert frame.geometry[2].has_z
    for words in (
        "2 rows have no geometry",
        "1 geometries are empty",
        "1 geometries are not valid",
        "1 geometries have heights",
        "1 geometries have coordinates that are no numbers",
    ):
        assert words in said(frame)


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "FeatureCollection", "features": [',
        '{"type": "FeatureCollection", "features": ' + "[" * 100_000,
        '{"type": "Topology", "objects": {}, "arcs": []}',
        '{"name": "settings"}',
        "[1, 2, 3]",
    ],
)
def test_json_that_is_damaged_or_something_else(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text)
    message(path)


# --- what a file claims to be ---------------------------------------------------------------------

SECRET = "name,lon,lat\nsecret,118.87,28.95\n"


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp", "a.parquet", "a.json", "a.vrt"])
def test_virtual_source_is_refused_under_every_name(tmp_path, name):
    """A VRT may name any file of the machine, whatever it calls itself."""
    (tmp_path / "secret.csv").write_text(SECRET)
    path = tmp_path / name
    path.write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>"
        f"{tmp_path}/secret.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    assert len(pyogrio.read_dataframe(path)) == 1  # GDAL itself would have read it
    assert "is XML (OGRVRTDataSource)" in message(path)


@pytest.mark.parametrize(
    "content",
    [
        b"<?xml version='1.0'?><!-- x --><kml></kml>",
        b"\xef\xbb\xbf \n<GDALTileIndexDataset/>",
        SECRET.encode(),
        b"PK\x03\x04" + bytes(60),
        b"\x1f\x8b" + bytes(60),
        b"SQLite format 3\x00" + bytes(100),
        b"PAR1" + bytes(100) + b"PAR1",
        b"\x00\x00\x27\x0a" + bytes(100),
        b"%PDF-1.4",
    ],
)
def test_what_is_no_vector_file(tmp_path, content):
    path = tmp_path / "a.gpkg"
    path.write_bytes(content)
    message(path)


def test_addresses_and_virtual_paths(tmp_path):
    for path in ("https://example.org/a.geojson", "/vsicurl/https://example.org/a.geojson"):
        assert "is an address" in message(path)
    assert "does not exist" in message(tmp_path / "no.gpkg")
    assert "is a folder" in message(tmp_path)


def test_other_databases_are_not_even_opened(tmp_path):
    """GDAL would open any SQLite file, virtual tables and all."""
    path = tmp_path / "a.gpkg"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE s (a)")
    assert "is not a vector file" in message(path)


def test_ending_does_not_matter(tmp_path):
    vector.write(tmp_path / "a.gpkg", {"s": ROADS})
    (tmp_path / "a.gpkg").rename(tmp_path / "a.geojson")
    assert len(vector.read(tmp_path / "a.geojson")) == 3


def test_layer_that_is_a_view_is_refused(tmp_path):
    """A view may call any function of the database engine when it is read."""
    path = tmp_path / "a.gpkg"
    vector.write(path, {"s": ROADS})
    with closing(sqlite3.connect(path)) as database, database:
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            columns = [r[1] for r in database.execute(f"PRAGMA table_info({table})")]
            chosen = ", ".join("'v'" if c in ("table_name", "identifier") else c for c in columns)
            database.execute(f"INSERT INTO {table} SELECT {chosen} FROM {table}")
        database.execute("CREATE VIEW v AS SELECT * FROM s")
    assert "the layer v is a view" in message(path, layer="v")
    assert len(vector.read(path, layer="s")) == 3


@pytest.mark.parametrize("ending", ["gpkg", "parquet"])
def test_damaged_file(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    vector.write(path, {"s": ROADS})
    whole = path.read_bytes()
    for size in np.linspace(16, len(whole) - 1, 15).astype(int):
        path.write_bytes(whole[:size])
        try:
            frame = vector.read(path)
        except InputError as error:
            assert str(error)  # noqa: PT017
        else:
            assert len(frame) == 3  # what was cut off held none of the layer


def test_parquet_without_geometry(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    assert "GeoParquet" in message(tmp_path / "a.parquet")


def test_geometry_column_of_another_name(tmp_path):
    ROADS.rename_geometry("geom").to_parquet(tmp_path / "a.parquet")
    assert vector.read(tmp_path / "a.parquet").geometry.name == "geometry"


# --- Shapefiles -----------------------------------------------------------------------------------

NAMES = ["人民路", "㙍头路", "𠮷祥路", "路", "Ringstraße"]


def shapefile(folder, *, encoding, cpg=None, names=NAMES, prj=True):
    frame = gpd.GeoDataFrame(
        {"name": names}, geometry=[Point(118.87, 28.95)] * len(names), crs="EPSG:4326"
    )
    path = folder / "road.shp"
    raw = [name.encode(encoding).decode("latin-1") for name in names]
    pyogrio.write_dataframe(frame.assign(name=raw), path, encoding="ISO-8859-1")
    (folder / "road.cpg").unlink(missing_ok=True)
    if cpg:
        (folder / "road.cpg").write_text(cpg)
    if not prj:
        (folder / "road.prj").unlink()
    return path


@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK", "936", "ISO-8859-1", "nonsense"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_shapefile_texts_by_content_whatever_the_cpg_says(tmp_path, encoding, cpg):
    frame = vector.read(shapefile(tmp_path, encoding=encoding, cpg=cpg))
    assert frame["name"].tolist() == NAMES
    true = {"utf-8": ("UTF-8",), "gb18030": ("GBK", "936")}[encoding]
    assert ("the .cpg says" in said(frame)) == (cpg not in (None, "nonsense", *true))


def test_shapefile_of_another_alphabet_follows_its_cpg(tmp_path):
    names = ["Straße", "Mäkelänkatu", "Åkersgata"]
    path = shapefile(tmp_path, encoding="cp1252", cpg="ANSI 1252", names=names)
    assert vector.read(path)["name"].tolist() == names


def test_one_gbk_character_that_is_also_utf8(tmp_path):
    """路 in GBK is the two bytes of · in UTF-8; a .cpg of GBK decides."""
    path = shapefile(tmp_path, encoding="gbk", cpg="GBK", names=["路", "路"])
    assert vector.read(path)["name"].tolist() == ["路", "路"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_name_cut_inside_a_character(tmp_path, encoding):
    long = "人民路" * 30
    cut = long.encode(encoding)[:79]
    path = shapefile(tmp_path, encoding=encoding, names=["人民路", "x" * 79])
    table = (tmp_path / "road.dbf").read_bytes()
    (tmp_path / "road.dbf").write_bytes(table.replace(b"x" * 79, cut))
    frame = vector.read(path)
    assert frame["name"][1] == cut.decode(encoding, "ignore")
    assert "1 texts end in a character that their field cut" in said(frame)


def test_field_names_in_gbk(tmp_path):
    path = shapefile(tmp_path, encoding="gb18030")
    table = (tmp_path / "road.dbf").read_bytes()
    (tmp_path / "road.dbf").write_bytes(table.replace(b"name", "路名".encode("gbk"), 1))
    assert vector.read(path)["路名"].tolist() == NAMES


def test_shapefile_without_a_reference_system(tmp_path):
    assert vector.read(shapefile(tmp_path, encoding="gb18030", prj=False)).crs is None


def test_shapefile_without_its_other_parts(tmp_path):
    path = shapefile(tmp_path, encoding="gb18030")
    (tmp_path / "road.dbf").rename(tmp_path / "road.DBF")
    (tmp_path / "road.DBF").rename(tmp_path / "x")
    assert "road.dbf does not stand beside it" in message(path)
    (tmp_path / "x").rename(tmp_path / "road.dbf")
    assert "one part of a Shapefile: give its .shp" in message(tmp_path / "road.dbf")
    (tmp_path / "road.shx").unlink()
    assert "road.shx does not stand beside it" in message(path)


def test_texts_that_are_in_no_known_encoding(tmp_path):
    path = shapefile(tmp_path, encoding="latin-1", names=["\xff\xff\xff\xfe", "\x81 \xff"])
    assert "neither UTF-8 nor GBK" in message(path)


def test_measures_and_curves_pass(tmp_path):
    measured = shapely.from_wkt("LINESTRING M (0 0 5, 1 1 6)")
    frame = gpd.GeoDataFrame(geometry=[measured, MultiPoint([(0, 0)]), Polygon()], crs=4326)
    frame.to_parquet(tmp_path / "a.parquet")
    read = vector.read(tmp_path / "a.parquet")
    assert read.geom_type.tolist() == ["LineString", "MultiPoint", "Polygon"]


# --- real files -----------------------------------------------------------------------------------


def test_links_of_xian_are_gbk(shared):
    frame = vector.read(shared("xian-road-network/xian_link.shp"))
    assert len(frame) == 9842
    assert frame.crs.to_epsg() == 4326
    assert (frame["road_name"] == "路口转向").sum() == 728
    assert (frame["road_name"] == "无名道路").sum() == 176
    plain = pyogrio.read_dataframe(shared("xian-road-network/xian_link.shp"), encoding="GBK")
    assert frame["road_name"].tolist() == plain["road_name"].tolist()
    assert frame["length"].tolist() == plain["length"].tolist()
    assert frame.attrs["notes"] == []
    assert len(vector.read(shared("xian-road-network/xian_node.shp"))) == 8469


@pytest.mark.parametrize(
    ("name", "features", "column"),
    [
        ("quzhou_counties_survey_wgs84", 6, "FNAME"),
        ("quzhou_330800_datav_gcj02", 6, "name"),
        ("zhejiang_330000_datav_gcj02", 11, "name"),
        ("changzhi_140400_datav_gcj02", 12, "name"),
    ],
)
def test_boundaries_declare_no_datum(shared, name, features, column):
    frame = vector.read(shared(f"admin-boundaries/{name}.geojson"))
    assert (len(frame), frame.crs) == (features, None)
    assert frame[column].str.len().min() >= 2
