"""Vector tiles over HTTP: what the base map draws, kept for as long as the data stay."""

import re

import mapbox_vector_tile
import pytest
from pages_town import LAT, LON, client, own_town, place, town  # noqa: F401

from stationmap.tiles import to_world
from web.app import create_app


def tile_of(z, lon=LON + 0.0008, lat=LAT):
    x, y = to_world(lon, lat)
    return f"{z}/{int(x * 2**z)}/{int(y * 2**z)}.mvt"


def test_streets_and_ground_come_as_vector_tiles(client):  # noqa: F811
    response = client.get(f"/tiles/streets/{tile_of(15)}")
    assert response.mimetype == "application/vnd.mapbox-vector-tile"
    assert set(mapbox_vector_tile.decode(response.data)) >= {"primary", "minor"}
    ground = mapbox_vector_tile.decode(client.get(f"/tiles/ground/{tile_of(15)}").data)
    assert set(ground) >= {"building", "path"}


def ground_of(client):  # noqa: F811
    """Mark that the page gives to the addresses of its tiles."""
    data = re.search(r'"ground":"([^"]+)"', client.get("/").text)
    return data[1]


def test_a_tile_of_this_ground_may_be_kept_for_good(client):  # noqa: F811
    path = f"/tiles/streets/{tile_of(15)}"
    kept = client.get(f"{path}?v={ground_of(client)}")
    assert "max-age=86400" in kept.headers["Cache-Control"]
    first = client.get(f"{path}?v=older")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_tiles_stay_when_stations_change_and_answers_do_not(own_town, tmp_path):  # noqa: F811
    here = create_app(own_town.path).test_client()
    path, figures = f"/tiles/streets/{tile_of(15)}", "/api/v1/summary"
    ground, tile, said = ground_of(here), here.get(path).headers["ETag"], here.get(figures)
    new = tmp_path / "new.csv"
    lon, lat = place(200, 5)
    new.write_text(f"编号,名称,类型,lon,lat\nN1,新有礼点,有礼点,{lon},{lat}\n", "utf-8")
    own_town.import_file("stations", new, datum="wgs84")
    assert ground_of(here) == ground
    assert here.get(path, headers={"If-None-Match": tile}).status_code == 304
    fresh = here.get(figures, headers={"If-None-Match": said.headers["ETag"]})
    assert fresh.status_code == 200
    assert fresh.json != said.json


@pytest.mark.parametrize(
    "path", ["streets/2/4/0.mvt", "streets/2/0/4.mvt", "streets/19/0/0.mvt", "secret/2/0/0.mvt"]
)
def test_there_are_no_other_tiles(client, path):  # noqa: F811
    assert client.get(f"/tiles/{path}").status_code == 404


def test_an_empty_place_is_an_empty_tile(client):  # noqa: F811
    response = client.get("/tiles/streets/12/0/0.mvt")
    assert (response.status_code, response.data) == (200, b"")
