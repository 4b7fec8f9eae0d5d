"""KML into a city and out of it: the same lists as from other files, and the datum is asked."""

import pytest
import shapely
from small_city import LAT, LON, make

from stationmap.cli import run as cli
from stationmap.errors import DatumUndecided
from stationmap.io import kml, vector

HEAD = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return make(tmp_path_factory.mktemp("kml"), stations=False)


def mark(name, shape, **table):
    data = "".join(f'<Data name="{k}"><value>{v}</value></Data>' for k, v in table.items())
    return f"<Placemark><name>{name}</name><ExtendedData>{data}</ExtendedData>{shape}</Placemark>"


def written(path, *marks):
    path.write_text(f"{HEAD}{''.join(marks)}</Document></kml>", encoding="utf-8")
    return path


def point(lon, lat):
    return f"<Point><coordinates>{lon},{lat},0</coordinates></Point>"


def square(lon, lat, size):
    places = [(lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size)]
    said = " ".join(f"{x},{y},0" for x, y in [*places, places[0]])
    return (
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{said}</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon>"
    )


def test_stations_come_in_with_their_table_once_the_datum_is_told(town, tmp_path):
    places = [
        mark(f"站{k}", point(LON + k * 0.0008, LAT), 类型="有礼点", 开放时间="全天", 编号=f"K{k}")
        for k in range(3)
    ]
    file = written(tmp_path / "x.kml", *places, mark("站点无处", "", 类型="有礼亭"))
    with pytest.raises(DatumUndecided):
        town.import_file("stations", file)
    report = town.import_file("stations", file, datum="gcj02")
    assert (report.counts.accepted, report.counts.to_locate) == (4, 1)
    found = town.stations().set_index("name")
    assert found.loc["站1", "type"] == "point"
    assert found.loc["站1", "hours"] == "全天"
    # half a kilometre to the north-west, as GCJ-02 lies at Quzhou
    assert found.loc["站0"].geometry.x == pytest.approx(LON - 0.0045, abs=0.0005)


def test_folders_may_be_the_types(town, tmp_path):
    folder = f"<Folder><name>有礼亭</name>{mark('亭', point(LON, LAT))}</Folder>"
    file = written(tmp_path / "x.kml", folder)
    report = town.import_file(
        "stations", file, datum="wgs84", columns={"type": "layer"}, dry_run=True
    )
    assert report.counts.accepted == 1


@pytest.mark.parametrize(
    ("kind", "placemark"),
    [
        ("districts", mark("柯城区", square(LON, LAT, 0.01), adcode="330802")),
        ("facilities", mark("市民中心", square(LON, LAT, 0.001), 类别="政务大厅")),
        ("facilities", mark("柯城区老年大学", point(LON, LAT))),
        ("built-up", mark("建成区", square(LON, LAT, 0.01))),
        ("shops", mark("店", point(LON, LAT), 类别="餐馆")),
        (
            "streets",
            mark("新路", f"<LineString><coordinates>{LON},{LAT} {LON + 0.01},{LAT}"
                 "</coordinates></LineString>", 道路等级="支路"),
        ),
    ],
)  # fmt: skip
def test_every_kind_that_lies_somewhere_comes_in(town, tmp_path, kind, placemark):
    file = written(tmp_path / "x.kml", placemark)
    report = town.import_file(kind, file, datum="wgs84")
    assert report.counts.accepted == 1
    if "老年大学" in placemark:
        assert "senior_university" in set(town.layer("facilities")["category"])


def test_stations_go_out_and_come_back_where_they_were(town, tmp_path):
    written(tmp_path / "x.kml", mark("站", point(LON, LAT), 类型="有礼点"))
    town.import_file("stations", tmp_path / "x.kml", datum="wgs84", replace=True)
    before = town.stations()
    vector.write(tmp_path / "y.kmz", {"stations": before})
    after = kml.read(tmp_path / "y.kmz")
    there = ~shapely.is_missing(before.geometry.to_numpy())
    apart = shapely.distance(after.geometry.to_numpy()[there], before.geometry.to_numpy()[there])
    assert apart.max() < 1e-7
    assert after["station_id"].tolist() == before["station_id"].tolist()


@pytest.mark.parametrize(
    ("command", "name", "layers"),
    [
        ("gaps", "x.kml", {"gaps"}),
        ("gaps", "x.kmz", {"gaps"}),
        ("export", "x.kmz", {"gaps", "streets", "facilities", "findings"}),
    ],
)
def test_commands_write_it_with_a_folder_for_each_layer(town, tmp_path, command, name, layers):
    assert cli.run([command, str(town.path), "--out", str(tmp_path / name)]) == 0
    found = kml.read(tmp_path / name)
    assert layers <= set(found["layer"])
    gaps = found[found["layer"] == "gaps"]
    assert gaps["gap_id"].tolist() == town.gaps()["gap_id"].tolist()
    assert (gaps.geometry.geom_type == "LineString").all()
