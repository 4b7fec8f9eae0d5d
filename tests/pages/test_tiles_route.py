"""Vector tiles over HTTP: what the base map draws, kept for as long as the data stay."""

import mapbox_vector_tile
import pytest
from pages_town import LAT, LON, client, town  # noqa: F401

from stationmap.tiles import to_world


def tile_of(z, lon=LON + 0.0008, lat=LAT):
    x, y = to_world(lon, lat)
    return f"{z}/{int(x * 2**z)}/{int(y * 2**z)}.mvt"


def test_streets_and_ground_come_as_vector_tiles(client):  # noqa: F811
    response = client.get(f"/tiles/streets/{tile_of(15)}")
    assert response.mimetype == "application/vnd.mapbox-vector-tile"
    assert set(mapbox_vector_tile.decode(response.data)) >= {"primary", "minor"}
    ground = mapbox_vector_tile.decode(client.get(f"/tiles/ground/{tile_of(15)}").data)
    assert set(ground) >= {"building", "path"}


def test_a_tile_of_this_version_may_be_kept_for_good(client, town):  # noqa: F811
    path = f"/tiles/streets/{tile_of(15)}"
    assert "max-age=86400" in client.get(f"{path}?v={town.version}").headers["Cache-Control"]
    first = client.get(f"{path}?v=older")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["streets/2/4/0.mvt", "streets/2/0/4.mvt", "streets/19/0/0.mvt", "secret/2/0/0.mvt"]
)
def test_there_are_no_other_tiles(client, path):  # noqa: F811
    assert client.get(f"/tiles/{path}").status_code == 404


def test_an_empty_place_is_an_empty_tile(client):  # noqa: F811
    response = client.get("/tiles/streets/12/0/0.mvt")
    assert (response.status_code, response.data) == (200, b"")
