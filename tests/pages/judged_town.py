"""The town with facilities, a complete list of stations, and things that the standard asks for."""

import shutil

import pytest
from pages_town import HOSTILE, place, serve, table

from stationmap.city import City

# an id with everything that an address gives a meaning to
ODD = "H/1 #?%&+//a..b中"


def facility_rows():
    """A hospital with a post beside it, one without, whose name is hostile, and one far away."""
    rows = [
        {"编号": "NEAR", "名称": "近处医院", "类别": "hospital", "x": 640, "y": -40},
        {"编号": ODD, "名称": HOSTILE, "类别": "hospital", "x": 200, "y": 100},
        {"编号": "FAR", "名称": "远处医院", "类别": "hospital", "x": 900, "y": -200},
    ]
    for row in rows:
        row["经度"], row["纬度"] = place(row.pop("x"), row.pop("y"))
    return rows


def make_judged(town, folder):
    """Copy the town and bring in what is judged."""
    shutil.copytree(town.path, folder / "judged")
    city = City.open(folder / "judged")
    lon, lat = place(640, -50)
    post = {"编号": "POST", "名称": "急救站", "类型": "有礼站（台）", "经度": lon, "纬度": lat}
    city.import_file("stations", table(folder / "posts.csv", [post]), datum="wgs84")
    city.import_file("facilities", table(folder / "poi.csv", facility_rows()), datum="wgs84")
    settings = city.path / "city.toml"
    declared = '[complete]\n"stations:post" = ["*"]\n'
    settings.write_text(settings.read_text("utf-8").replace("[complete]\n", declared), "utf-8")
    return City.open(city.path)


@pytest.fixture(scope="session")
def judged(town, tmp_path_factory):
    """The judged town; do not change it."""
    return make_judged(town, tmp_path_factory.mktemp("judged"))


@pytest.fixture(scope="session")
def judged_address(judged):
    """Address at which the judged town is served."""
    served = serve(judged.path)
    yield served.address
    served.close()
