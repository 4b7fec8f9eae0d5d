"""Real files through the import pipeline: wrong datums, workbooks, boundaries, road layers."""

import uuid

import numpy as np
import pytest
import shapely

from stationmap.city import City
from stationmap.errors import DatumUndecided

BOUNDARIES = "admin-boundaries/quzhou_330800_datav_gcj02.geojson"
SURVEY = "admin-boundaries/quzhou_counties_survey_wgs84.geojson"
WORKBOOKS = {  # rows, and rows that repeat the id of another
    "医疗.xls": (1956, 0),
    "公共厕所.xlsx": (87, 0),
    "公共自行车.xlsx": (180, 9),
    "垃圾中转站.xlsx": (9, 0),
    "旅游景点.xls": (20, 0),
}


@pytest.fixture(scope="module")
def nanjing(shared, tmp_path_factory):
    city = City.create(tmp_path_factory.mktemp("real") / "nanjing", standard="quzhou-2018")
    city.import_file("osm", shared("osm-nanjing-downtown/nanjing_downtown.osm.pbf"))
    return city


@pytest.fixture
def quzhou(shared, tmp_path):
    city = City.create(tmp_path / "quzhou", standard="quzhou-2018")
    city.import_file("districts", shared(BOUNDARIES), datum="gcj02")
    return city


def test_points_of_a_web_map_are_known_for_what_they_are(nanjing, shared):
    file = shared("amap-civic-poi/nanjing_gcj02.csv")
    report = nanjing.import_file("stations", file, datum="auto", sets={"type": "point"})
    assert (report.datum, report.decided) == ("gcj02", True)
    assert (report.counts.read, report.counts.accepted) == (1086, 1086)
    assert report.outside > 900
    # few civic points stand at a street: nearly all of the frontage is gap
    summary = nanjing.spacing().summary()
    assert 5 <= summary["stations_counted"] <= 9
    assert summary["covered_share"] < 0.05
    assert summary["gaps"] == len(nanjing.gaps())


def test_points_of_a_web_map_declared_otherwise_are_warned_about(nanjing, shared):
    file = shared("amap-civic-poi/nanjing_gcj02.csv")
    sets = {"type": "point"}
    declared = nanjing.import_file("stations", file, datum="wgs84", sets=sets, dry_run=True)
    assert declared.datum == "wgs84"
    assert any("speaks for another datum" in w.render("en") for w in declared.warnings)
    right = nanjing.import_file("stations", file, datum="gcj02", sets=sets, dry_run=True)
    assert not right.warnings


@pytest.mark.parametrize("name", WORKBOOKS)
def test_office_workbooks_come_in_with_no_hand_edits(quzhou, shared, name):
    """Sheet, headings and coordinates are found; every row is accounted for."""
    file, (rows, repeats) = shared(f"quzhou-public-facilities/{name}"), WORKBOOKS[name]
    if name == "医疗.xls":
        # its Region column against the boundaries
        report = quzhou.import_file("facilities", file)
        assert (report.datum, report.decided) == ("wgs84", True)
    else:
        with pytest.raises(DatumUndecided):
            quzhou.import_file("facilities", file)
        report = quzhou.import_file("facilities", file, datum="wgs84")
    counts = report.counts
    assert (counts.read, counts.accepted, counts.quarantined) == (rows, rows - repeats, repeats)
    assert not report.warnings
    found = quzhou.layer("facilities")
    assert len(found) == rows - repeats
    assert found["name"].notna().all()
    inside = shapely.union_all(quzhou.layer("districts").geometry.to_numpy())
    shapely.prepare(inside)
    assert shapely.contains(inside, found.geometry.to_numpy()).mean() > 0.99
    if name in ("医疗.xls", "公共厕所.xlsx", "公共自行车.xlsx"):
        assert found["category"].notna().mean() > 0.9
    again = quzhou.import_file("facilities", file, datum=report.datum)
    assert again.counts.unchanged == counts.accepted
    assert not again.written


@pytest.mark.parametrize("name", [*WORKBOOKS, "venues_gcj02.csv"])
def test_office_lists_as_stations_of_a_county_and_undone(quzhou, shared, name):
    """A county takes its own rows, says why it takes no other, and leaves nothing when undone."""
    folder = "zhejiang-civic-venues" if name.endswith("csv") else "quzhou-public-facilities"
    file = shared(f"{folder}/{name}")
    options = {"datum": "gcj02" if name.endswith("csv") else "wgs84", "sets": {"type": "point"}}
    whole = quzhou.import_file("stations", file, **options, dry_run=True).counts
    report = quzhou.import_file("stations", file, **options, within="330802")
    counts = report.counts
    assert counts.read == counts.accepted + counts.quarantined == whole.read
    assert 0 < counts.accepted <= whole.accepted
    frame = quzhou.stations()
    assert len(frame) == counts.accepted
    assert set(frame["adcode"]) == {"330802"}
    outline = quzhou.layer("districts").set_index("adcode").geometry["330802"]
    placed = frame.geometry.dropna()
    assert placed.intersects(outline).all()
    assert counts.to_locate == len(frame) - len(placed)
    told = {e.refusal.sentences()[0].render("zh") for e in report.entries}
    assert all("{" not in sentence for sentence in told)
    again = quzhou.import_file("stations", file, **options, within="330802")
    assert (again.written, again.counts.unchanged) == (False, counts.accepted)
    quzhou.register.undo(report.action, action=str(uuid.uuid4()), by="cli")
    assert quzhou.stations().empty
    assert [r.kind for r in quzhou.sources()] == ["districts"]


def test_the_two_boundaries_of_quzhou_overlap_once_converted(quzhou, shared, tmp_path):
    quzhou.import_file("districts", shared(SURVEY), datum="wgs84")
    frame = quzhou.layer("districts")
    assert len(frame) == 12

    def overlap(first, second):
        shapes = [shapely.union_all(f.geometry.to_crs(4549).to_numpy()) for f in (first, second)]
        both, either = shapely.intersection(*shapes), shapely.union(*shapes)
        return shapely.area(both) / shapely.area(either)

    web = frame[frame["adcode"].str.fullmatch(r"\d{6}")]
    survey = frame[~frame.index.isin(web.index)]
    raw = City.create(tmp_path / "raw", standard="quzhou-2018")
    raw.import_file("districts", shared(BOUNDARIES), datum="wgs84")
    converted, misread = overlap(web, survey), overlap(raw.layer("districts"), survey)
    assert converted == pytest.approx(0.990, abs=0.001)
    assert misread == pytest.approx(0.972, abs=0.001)


def test_placeholder_names_of_a_navigation_map_are_no_names(quzhou, shared):
    report = quzhou.import_file(
        "streets",
        shared("xian-road-network/xian_link.shp"),
        columns={"oneway": "dir"},
        sets={"highway": "secondary"},
    )
    assert (report.counts.read, report.counts.accepted) == (9842, 9842)
    ways = quzhou.layer("ways")
    assert int(ways["name"].isna().sum()) == 728 + 176  # 路口转向, 无名道路
    assert set(np.unique(ways["oneway"])) == {0, 1}
    assert ways["way_id"].is_unique


def test_shops_declared_complete_are_the_frontage(shared, tmp_path):
    city = City.create(tmp_path / "helsinki", standard="quzhou-2018")
    report = city.import_file("osm", shared("osm-pbf-world/helsinki.osm.pbf"), complete=True)
    assert report.counts.read == report.counts.accepted + report.counts.quarantined
    streets = city.streets()
    assert "assumed" not in set(streets.stretches["frontage"])
    summary = city.spacing().summary()
    assert summary["assumed_m"] == 0
    assert 0 < summary["frontage_m"] < streets.parts["length_m"].sum()
    gaps = city.gaps()
    assert gaps["length_m"].sum() == pytest.approx(summary["frontage_m"], abs=1)
    assert streets.parts["name_en"].notna().any()
