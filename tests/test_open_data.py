"""Open data as files: the same rows in every format, with version, day and datum; nothing lost."""

import io
import json
import shutil
import sqlite3
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
import small_city
from small_city import station_rows, table

from stationmap import hours
from stationmap.city import City, open_data
from stationmap.cli import run as cli
from stationmap.crs import convert
from stationmap.errors import InputError
from stationmap.stations import COLUMNS
from web import open_kept
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
    written = export(town, tmp_path / f"stations.{ending}", "--layer", "stations", "--published")
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
        said = feature["properties"].pop("opening_hours")
        assert said == hours.osm(None if pd.isna(row["hours"]) else row["hours"])
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
        by_hand = export(town, tmp_path / f"own.{ending}", "--datum", datum, "--published")
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
    web = fetch(client, "/data/city.gpkg", tmp_path)
    own = export(town, tmp_path / "own.gpkg", "--published")
    names = list(gpd.list_layers(own)["name"])
    assert list(gpd.list_layers(web)["name"]) == names
    assert names == [name for name in names if name in open_data.LAYERS]
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


@pytest.fixture(scope="module")
def coarse(town, tmp_path_factory):
    """The town, publishing in another datum to 100 m, and a browser on it; do not change it."""
    folder = tmp_path_factory.mktemp("coarse") / "town"
    shutil.copytree(town.path, folder)
    settings = folder / "city.toml"
    text = settings.read_text("utf-8").replace("decimals = 6", "decimals = 3")
    settings.write_text(text.replace('datum = "wgs84"', 'datum = "gcj02"'), encoding="utf-8")
    found = City.open(folder)
    assert (found.config.published.decimals, found.config.published.datum) == (3, "gcj02")
    return found, create_app(folder).test_client()


@pytest.mark.parametrize("ending", ["geojson", "csv", "parquet", "gpkg"])
def test_the_offices_own_export_keeps_its_places_whatever_is_published(coarse, tmp_path, ending):
    city, browser = coarse
    points = city.now().stations().geometry.to_numpy()
    exact = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    own = shown(export(city, tmp_path / f"own.{ending}", "--layer", "stations"))[1]
    assert np.allclose(own, exact, atol=2e-7, equal_nan=True)
    moved = shown(fetch(browser, f"/data/stations.{ending}", tmp_path))[1]
    assert np.array_equal(moved, moved.round(3), equal_nan=True)
    public = export(city, tmp_path / f"p.{ending}", "--layer", "stations", "--published")
    assert np.array_equal(shown(public)[1], moved, equal_nan=True)


def numbers(value):
    """All pairs of longitude and latitude in an answer."""
    if isinstance(value, dict):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list):
        if len(value) >= 2 and all(isinstance(v, float) and v > 20 for v in value[:2]):
            yield from value[:2]
        else:
            for one in value:
                yield from numbers(one)


BOX = "bbox=118.7,28.8,119,29.1&zoom=16"


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/map/stations?{BOX}",
        "/api/v1/map/stations?bbox=118,28,120,30&zoom=3",
        f"/api/v1/map/gaps?{BOX}",
        f"/api/v1/map/findings?{BOX}",
        "/api/v1/streets/{street}",
        "/api/v1/gaps/{gap}",
        "/api/v1/finding?id={finding}",
        "/api/v1/stations/{station}",
    ],
)
def test_no_answer_is_preciser_than_the_city_publishes(coarse, path):
    city, browser = coarse
    now = city.now()
    findings = now.check().findings
    names = {
        "street": now.gaps()["street_id"].iloc[0],
        "gap": now.gaps()["gap_id"].iloc[0],
        "finding": findings.loc[findings.geometry.notna(), "finding_id"].iloc[0],
        "station": now.stations()["station_id"].iloc[0],
    }
    answer = browser.get(path.format(**names))
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json["datum"] == ("gcj02" if "{station}" in path else "wgs84")
    found = list(numbers(answer.json))
    assert found
    assert found == [round(v, 3) for v in found]


def test_a_stations_findings_are_in_the_datum_of_its_answer(client, town):
    row = town.now().stations().iloc[0]
    x, y = convert(row.geometry.x, row.geometry.y, source="wgs84", target="bd09")
    said = client.get(f"/api/v1/stations/{row['station_id']}?out_datum=bd09").json
    places = [one["place"] for one in said["findings"] if one["place"]]
    assert places
    for place in [said["place"], *places]:
        assert place == [round(float(x), 6), round(float(y), 6)]


def test_a_file_is_written_once_for_all_who_ask(client, monkeypatch):
    written = []
    plain = open_data.write
    monkeypatch.setattr(open_data, "write", lambda *a, **k: (written.append(a), plain(*a, **k)))
    first = client.get("/data/streets.csv?lang=en")
    again = client.get("/data/streets.csv?lang=en")
    assert len(written) == 1
    assert first.data == again.data != b""
    assert client.get("/data/streets.csv?lang=en&out_datum=bd09").data != first.data
    assert len(written) == 2
    part = client.get("/data/streets.csv?lang=en", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, first.data[:10])


def test_of_kept_files_the_longest_unasked_goes_and_is_still_sent_whole(tmp_path):
    files = open_kept.KeptFiles(most_files=2)

    def ask(key):
        def write(path):
            wrote.append(key)
            path.write_text(key, "utf-8")

        return files.send(key, write, ending="txt", send=lambda path: path.open("rb"))

    wrote = []
    held = ask("a")  # somebody is slow to take it
    ask("b").close()
    ask("a").close()
    ask("c").close()
    ask("d").close()
    with held:
        assert held.read() == b"a"
    ask("c").close()
    assert wrote == ["a", "b", "c", "d"]
    ask("a").close()
    assert wrote == ["a", "b", "c", "d", "a"]


def test_where_no_file_can_be_written_now_it_is_told_when_to_come_again(town):
    app = create_app(town.path)
    app.extensions["open_kept"] = open_kept.KeptFiles(places=0)
    browser = app.test_client()
    answer = browser.get("/data/stations.csv")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "正在生成其他文件" in answer.text
    # the office's own files have places of their own
    assert browser.get("/download/gaps.xlsx").status_code == 200


def test_an_approver_is_in_no_public_file(town, tmp_path):
    folder = tmp_path / "spared"
    shutil.copytree(town.path, folder)
    city = City.open(folder)
    row = city.now().check().findings.query("state == 'not_met'").iloc[0]
    spared = {
        "条款": row["rule_id"],
        "对象编号": row["subject_id"],
        "原因": "封闭改造",
        "批准单位": "张三丰 副局长",
        "到期日": "2099-01-01",
    }
    city.import_file("exemptions", table(tmp_path / "e.csv", [spared]))
    browser = create_app(folder).test_client()
    for path in ("/data/findings.csv", "/ogc/collections/findings/items?limit=10000"):
        text = browser.get(path).text
        assert "封闭改造" in text
        assert "张三丰" not in text
    for ending in ("docx", "xlsx"):
        report = zipfile.ZipFile(io.BytesIO(browser.get(f"/download/report.{ending}").data))
        text = "".join(report.read(name).decode("utf-8", "replace") for name in report.namelist())
        assert ending == "xlsx" or "封闭改造" in text
        assert "张三丰" not in text
    own = tmp_path / "own.docx"
    assert cli.run(["check", str(folder), "--out", str(own)]) in (0, 1)
    assert "张三丰" in zipfile.ZipFile(own).read("word/document.xml").decode()
