"""Open data as files: the same rows in every format, with version, day and datum; nothing lost."""

import json
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
import small_city
from small_city import station_rows, table

from stationmap.city import open_data
from stationmap.cli import run as cli
from stationmap.crs import convert
from stationmap.errors import InputError
from stationmap.stations import COLUMNS
from web.app import create_app


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A small town with one station that has no place yet; do not change it."""
    folder = tmp_path_factory.mktemp("open")
    city = small_city.make(folder)
    lost = {"编号": "LOST", "名称": "待定位点", "类型": small_city.TYPE, "地址": "人民路 1 号"}
    city.import_file(
        "stations", table(folder / "l.csv", [*station_rows(1), lost]), datum="wgs84", add=True
    )
    return city


@pytest.fixture(scope="module")
def client(town):
    return create_app(town.path).test_client()


def export(town, out, *more):
    assert cli.run(["export", str(town.path), "--out", str(out), *more]) == 0
    return out


def fetch(client, path, folder):
    answer = client.get(path)
    assert answer.status_code == 200
    out = folder / path.partition("?")[0].rpartition("/")[2]
    out.write_bytes(answer.data)
    return out


def shown(file):
    """Columns and places of one layer of stations, whatever the format."""
    if file.suffix == ".csv":
        frame = pd.read_csv(file, dtype=str, encoding="utf-8-sig")
        places = frame[["lon", "lat"]].astype(float).to_numpy()
        return frame["station_id"].tolist(), places
    frame = gpd.read_parquet(file) if file.suffix == ".parquet" else gpd.read_file(file)
    points = frame.geometry.to_numpy()
    return frame["station_id"].tolist(), np.column_stack(
        [shapely.get_x(points), shapely.get_y(points)]
    )


@pytest.mark.parametrize("ending", ["geojson", "csv", "parquet", "gpkg"])
def test_every_format_holds_the_same_rows_on_the_page_and_by_command(
    town, client, tmp_path, ending
):
    frame = town.now().stations()
    points = frame.geometry.to_numpy()
    expected = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    (tmp_path / "web").mkdir()
    written = export(town, tmp_path / f"stations.{ending}", "--layer", "stations")
    fetched = fetch(client, f"/data/stations.{ending}", tmp_path / "web")
    for file in (written, fetched):
        ids, places = shown(file)
        assert ids == frame["station_id"].tolist()
        assert np.allclose(places, np.round(expected, 6), atol=1e-9, equal_nan=True)
    if ending != "gpkg":  # it keeps the time of writing
        assert written.read_bytes() == fetched.read_bytes()


def test_files_say_their_version_day_and_datum(town, client, tmp_path):
    said = {"city": town.config.name, "version": town.version, "datum": "wgs84"}
    said["date"] = town.now().today().isoformat()
    geojson = json.loads(export(town, tmp_path / "s.geojson").read_text("utf-8"))
    assert {name: geojson[name] for name in said} == said
    words = pq.read_schema(export(town, tmp_path / "s.parquet")).metadata
    assert {name: words[f"stationmap.{name}".encode()].decode() for name in said} == said
    package = sqlite3.connect(export(town, tmp_path / "s.gpkg"))
    for (text,) in package.execute("SELECT description FROM gpkg_contents"):
        assert json.loads(text) == said
    package.close()
    csv = pd.read_csv(export(town, tmp_path / "s.csv"), encoding="utf-8-sig")
    assert set(csv["datum"]) == {"wgs84"}
    name = client.get("/data/stations.csv").headers["Content-Disposition"]
    assert town.version in name
    assert f"{town.now().today():%Y%m%d}" in name


def test_geojson_keeps_every_column_and_value(town, tmp_path):
    found = json.loads(export(town, tmp_path / "s.geojson").read_text("utf-8"))
    rows = town.now().stations()
    for feature, (_, row) in zip(found["features"], rows.iterrows(), strict=True):
        assert list(feature["properties"]) == list(COLUMNS[:-1])
        for name, value in feature["properties"].items():
            assert value == (
                None if pd.isna(row[name]) else pytest.approx(row[name], abs=1e-6)
            ) or (value == row[name])


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_geojson_and_csv_come_in_another_datum(town, client, tmp_path, datum):
    points = town.now().stations().geometry.to_numpy()
    expected = np.column_stack(
        convert(shapely.get_x(points), shapely.get_y(points), source="wgs84", target=datum)
    )
    for ending in ("geojson", "csv"):
        file = fetch(client, f"/data/stations.{ending}?out_datum={datum}", tmp_path)
        by_hand = export(town, tmp_path / f"own.{ending}", "--datum", datum)
        assert file.read_bytes() == by_hand.read_bytes()
        assert np.allclose(shown(file)[1], expected, atol=6e-7, equal_nan=True)
        assert datum in file.read_text("utf-8")


def test_a_file_that_says_it_is_wgs84_is_refused_in_another_datum(town, client, tmp_path):
    for ending in ("gpkg", "parquet"):
        assert client.get(f"/data/stations.{ending}?out_datum=gcj02").status_code == 400
    assert client.get("/data/city.gpkg?out_datum=bd09").status_code == 400
    assert client.get("/data/stations.csv?out_datum=gcj2").status_code == 400
    for name in ("x.gpkg", "x.kml", "x.xlsx", "x.parquet"):
        frame = {"stations": town.now().stations()}
        said = open_data.about(town.now(), datum="gcj02")
        with pytest.raises(InputError, match="always in WGS-84"):
            open_data.write(tmp_path / name, frame, said=said)
        assert not (tmp_path / name).exists()


def test_the_package_of_the_city_is_the_export(town, client, tmp_path):
    web, own = fetch(client, "/data/city.gpkg", tmp_path), export(town, tmp_path / "own.gpkg")
    names = list(gpd.list_layers(own)["name"])
    assert list(gpd.list_layers(web)["name"]) == names
    for name in names:
        assert gpd.read_file(web, layer=name).equals(gpd.read_file(own, layer=name))


@pytest.mark.parametrize(
    "more", [["--layer", "ways"], ["--datum", "gcj2"], ["--datum", "cgcs2000"]]
)
def test_a_wrong_layer_or_datum_is_told_with_what_there_is(town, tmp_path, capsys, more):
    code = cli.run(["export", str(town.path), "--out", str(tmp_path / "x.geojson"), *more])
    assert code == 2
    assert not (tmp_path / "x.geojson").exists()
    assert {"ways": "stations", "gcj2": "gcj02", "cgcs2000": "gcj02"}[
        more[1]
    ] in capsys.readouterr().err


def test_what_is_not_there_is_404(client):
    for path in ("/data/ways.csv", "/data/stations.kml", "/data/city.csv", "/data/shops.csv"):
        assert client.get(path).status_code == 404
