"""City folders: imports account for every row, change all or nothing, and survive being killed."""

import json
import random
import shutil
import subprocess
import sys
import textwrap

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import small_city
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import LAT, LON, osm_file, station_rows, table

from stationmap import crs, stations
from stationmap.city import City, imports, layers
from stationmap.city.versions import KEPT, Store, exclusive
from stationmap.errors import CityError, CrsError, DatumUndecided, InputError, PackError
from stationmap.standards import load

BAD_ROW = {**station_rows(1)[0], "编号": "bad", "类型": "?"}


@pytest.fixture
def town(tmp_path):
    return small_city.make(tmp_path, stations=False)


@pytest.fixture(scope="module")
def full_town(tmp_path_factory):
    """A town with stations that no test changes."""
    return small_city.make(tmp_path_factory.mktemp("full"))


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def bring(city, rows, *, name="list.csv", kind="stations", datum="wgs84", **options):
    file = table(city.path.parent / name, rows)
    return city.import_file(kind, file, datum=datum, **options)


def reasons(report):
    return {e.row: e.refusal.sentences()[0].render("en") for e in report.entries}


# --------------------------------------------------------------------- folders


def test_new_city_reads_back(tmp_path):
    city = City.create(tmp_path / "q", standard="quzhou-2018", name='衢"州', adcode="330802")
    assert (city.config.name, city.config.adcode) == ('衢"州', "330802")
    assert city.config.time_zone == "Asia/Shanghai"
    assert city.pack.id == "quzhou-2018"
    assert city.stations().equals(stations.empty())
    for layer, columns in layers.ATLAS.items():
        frame = city.layer(layer)
        assert list(frame.columns) == [
            *(c for c in columns if c not in {"tags", "residential", "hours"}),
            "geometry",
        ]
        assert frame.empty
        assert frame.crs.to_epsg() == 4326


def test_new_city_takes_an_own_pack_file(tmp_path):
    from stationmap import standards

    own = tmp_path / "own.toml"
    own.write_bytes(standards.path_of("quzhou-2018").read_bytes())
    assert City.create(tmp_path / "q", standard=str(own)).pack.id == "quzhou-2018"


def test_new_city_wants_an_empty_folder_but_takes_up_an_interrupted_one(tmp_path):
    (tmp_path / "half" / "packs").mkdir(parents=True)
    (tmp_path / "half" / ".city.toml.tmp").write_text("")
    City.create(tmp_path / "half", standard="quzhou-2018")
    with pytest.raises(CityError, match="exists already"):
        City.create(tmp_path / "half", standard="quzhou-2018")
    (tmp_path / "file").write_text("x")
    with pytest.raises(CityError, match="exists already"):
        City.create(tmp_path / "file", standard="quzhou-2018")


def test_unknown_pack_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(PackError, match="quzhou-2018"):
        City.create(tmp_path / "q", standard="quzhou-2019")
    with pytest.raises(InputError, match="six digits"):
        City.create(tmp_path / "q", standard="quzhou-2018", adcode="3308")
    assert not (tmp_path / "q").exists()


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        ("city.toml", lambda t: t.replace("schema_version = 1", "schema_version = 2"), "newer"),
        ("city.toml", lambda t: t.replace("schema_version = 1", "schema_version = 'x'"), "damaged"),
        ("city.toml", lambda t: t.replace("name =", "nom ="), "name: missing key"),
        ("city.toml", lambda t: t + '\n[colour]\nmap = "red"', "colour: unknown key"),
        ("city.toml", lambda t: t.replace("Asia/Shanghai", "Asia/Quzhou"), "no such time zone"),
        ("city.toml", lambda t: t.replace('"wgs84"', '"wsg84"'), "unknown datum; expected wgs84"),
        ("city.toml", lambda t: t.replace('address = ""', 'address = "a.cn"'), "without a path"),
        ("city.toml", lambda t: t.replace('address = ""', 'address = "https://a.cn/x"'), "a path"),
        ("city.toml", lambda t: t.replace('address = ""', 'address = "https://a\\nb"'), "a path"),
        ("city.toml", lambda t: t.replace("decimals = 6", "decimals = 9"), "from 3 to 7"),
        ("city.toml", lambda t: t.replace("decimals = 6", "decimals = true"), "from 3 to 7"),
        ("city.toml", lambda t: t.replace("quzhou-2018", "gone-2018"), "has no file in packs/"),
        ("city.toml", lambda t: t.replace("quzhou-2018", "../x"), "has no file in packs/"),
        ("city.toml", lambda _: "name = [", "cannot be read"),
        ("packs/quzhou-2018.toml", lambda t: t.replace("spacing_m", "spacing"), "spacing"),
        ("atlas/current", lambda _: "000099-abcdef01", "missing or damaged"),
        ("atlas/current", lambda _: "../../etc", "missing or damaged"),
        ("manifest", lambda t: t[: len(t) // 2], "missing or damaged"),
        ("manifest", lambda t: t.replace('"layers"', '"strata"'), "missing or damaged"),
        ("manifest", lambda t: t.replace('"schema_version": 1', '"schema_version": 7'), "newer"),
    ],
)
def test_a_folder_that_cannot_be_trusted_is_refused_in_one_sentence(
    full_town, tmp_path, file, change, sentence
):
    copy = shutil.copytree(full_town.path, tmp_path / "copy")
    path = next(copy.glob("atlas/*/manifest.json")) if file == "manifest" else copy / file
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    with pytest.raises((CityError, PackError), match=sentence) as caught:
        City.open(copy)
    assert "\n" not in caught.value.render("zh").strip() or file.startswith("packs")


def test_no_city_there(tmp_path):
    with pytest.raises(CityError, match=r"no city\.toml"):
        City.open(tmp_path)
    with pytest.raises(CityError, match=r"no city\.toml"):
        City.open(tmp_path / "nowhere")


def test_every_flipped_byte_of_a_layer_is_noticed(full_town, tmp_path):
    copy = shutil.copytree(full_town.path, tmp_path / "copy")
    file = next(copy.glob("atlas/*/shops.parquet"))
    whole = file.read_bytes()
    for at in random.Random(1).sample(range(len(whole)), 40):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(CityError, match="missing or damaged"):
            City.open(copy).layer("shops")
    file.unlink()
    with pytest.raises(CityError, match="missing or damaged"):
        City.open(copy).layer("shops")


def test_without_streets_the_check_says_what_to_import(tmp_path):
    city = City.create(tmp_path / "q", standard="quzhou-2018")
    with pytest.raises(CityError, match="no streets yet"):
        city.gaps()


# --------------------------------------------------------------------- OSM


def test_osm_brings_every_layer_and_a_second_run_changes_nothing(town):
    before = town.version, files(town.path)
    assert len(town.layer("ways")) == 3
    assert len(town.layer("shops")) == 4
    assert "市图书馆" in town.layer("facilities")["name"].tolist()
    assert len(town.layer("bus_stops")) == 1
    report = town.import_file("osm", town.path.parent / "town.osm")
    assert not report.written
    assert report.counts.read == report.counts.accepted == report.counts.unchanged > 0
    assert (town.version, files(town.path)) == before


def test_osm_of_another_day_replaces_what_osm_brought_and_nothing_else(town, tmp_path):
    bring(town, [{"名称": "小店", "经度": LON, "纬度": LAT}], name="own.csv", kind="shops")
    report = town.import_file("osm", osm_file(tmp_path / "later.osm", shops=2))
    assert report.removed > 0
    assert sorted(town.layer("shops")["source"]) == ["osm", "osm", "own"]
    assert report.layers["shops"].unchanged == 2


def test_osm_options_that_make_no_sense_are_refused(town):
    file = town.path.parent / "town.osm"
    with pytest.raises(InputError, match="WGS-84"):
        town.import_file("osm", file, datum="gcj02")
    with pytest.raises(InputError, match="leave out"):
        town.import_file("osm", file, sets={"type": "point"})
    with pytest.raises(InputError, match="import osm"):
        town.import_file("shops", file)
    with pytest.raises(InputError, match="unknown kind"):
        town.import_file("shop", file)
    with pytest.raises(InputError, match="unknown datum"):
        town.import_file("osm", file, datum="wgs72")


def test_declared_complete_shops_make_frontage_of_shops_alone(town):
    assert town.complete("shops") == set()
    assert set(town.streets().stretches["frontage"]) <= {"assumed", "none"}
    town.import_file("osm", town.path.parent / "town.osm", complete=True)
    assert town.complete("shops") == {"*"}
    assert "assumed" not in set(town.streets().stretches["frontage"])
    assert 0 < town.spacing().summary()["frontage_m"] < 1000


def test_a_wrong_setting_is_said_in_chinese_throughout(tmp_path):
    made = City.create(tmp_path / "q", standard="quzhou-2018")
    path = made.path / "city.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("[published]", "[published]\nrounding = 3"), "utf-8")
    with pytest.raises(CityError) as told:
        City.open(made.path)
    assert "published.rounding：不认识的键" in told.value.render("zh")
    path.write_text(text.replace('datum = "wgs84"', 'datum = "wsg84"'), "utf-8")
    with pytest.raises(CityError) as told:
        City.open(made.path)
    assert "没有这种坐标系" in told.value.render("zh")


def test_a_city_is_named_after_its_folder_not_after_the_city_of_its_standard(tmp_path):
    made = City.create(tmp_path / "南京", standard="quzhou-2018")
    assert (made.config.name, made.config.adcode) == ("南京", "")


def test_city_toml_declares_districts_complete(town):
    path = town.path / "city.toml"
    path.write_text(path.read_text("utf-8").replace("shops = []", 'shops = ["330800"]'), "utf-8")
    assert town.complete("shops") == {"330800"}
    assert "assumed" not in set(town.streets().stretches["frontage"])
    # the city's code stands for its counties too
    county = gpd.GeoDataFrame(
        {"adcode": ["330802"], "name": ["柯城区"]},
        geometry=[shapely.box(118.8, 28.9, 119, 29)],
        crs="EPSG:4326",
    )
    county.to_file(town.path.parent / "county.geojson")
    town.import_file("districts", town.path.parent / "county.geojson", datum="wgs84")
    stretches = town.streets().stretches
    assert set(stretches["adcode"]) == {"330802"}
    assert "assumed" not in set(stretches["frontage"])


# --------------------------------------------------------------------- stations: every row


def test_stations_follow_the_contract(full_town):
    frame = full_town.stations()
    assert list(frame.columns) == list(stations.COLUMNS)
    assert frame["station_id"].tolist() == [f"A{k}" for k in range(6)]
    assert set(frame["type"]) == {"point"}
    assert set(frame["adcode"]) == {"330800"}
    assert frame["source_row"].tolist() == [2, 3, 4, 5, 6, 7]
    assert set(frame["source_datum"]) == {"wgs84"}
    np.testing.assert_allclose(frame["source_lon"], frame.geometry.x, rtol=0, atol=1e-12)


def test_gaps_follow_the_stations(full_town):
    found = full_town.gaps()
    assert found.crs.to_epsg() == 4326
    assert found["length_m"].min() > 50
    summary = full_town.spacing().summary()
    assert summary["stations_counted"] == 6
    assert summary["gaps"] == len(found)
    assert full_town.gaps(with_planned=True).equals(found)


BAD = {
    "not a number": ({"经度": "east"}, "the coordinate east is not a number"),
    "the word NaN": ({"经度": "NaN"}, "the coordinate NaN is not a number"),
    "infinite": ({"经度": "inf"}, "the coordinate inf is not a number"),
    "one only": ({"经度": ""}, "only one of the two"),
    "zero": ({"经度": 0, "纬度": 0}, "0, 0"),
    "swapped": ({"经度": LAT, "纬度": LON}, "are swapped"),
    "off the earth": ({"经度": 250}, "no place on earth"),
    "unknown type": ({"类型": "有理点"}, "the type 有理点 is not in the standard"),
    "no type": ({"类型": ""}, "the row has no type"),
    "unknown status": ({"状态": "歇业"}, "the status 歇业 is not known"),
    "repeated id": ({"编号": "A0"}, "the id A0 stands already in row 2"),
    "half a yes": ({"示范点": "也许"}, "也许 does not say"),
    "nothing to go by": ({"名称": "", "经度": "", "纬度": ""}, "no coordinates, no name"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_row_is_set_aside_with_its_number_reason_and_advice(town, fault):
    change, reason = BAD[fault]
    rows = station_rows(4)
    rows[2] = {**rows[2], "编号": "bad", **change}
    report = bring(town, rows)
    assert reasons(report).keys() == {4}
    assert reason in reasons(report)[4]
    assert vars(report.counts) == {
        "read": 4,
        "accepted": 3,
        "quarantined": 1,
        "unchanged": 0,
        "to_locate": 0,
    }
    listed = pd.read_csv(report.quarantine_file)
    assert listed.columns.tolist() == ["行号", "编号", "名称", "原因", "处理建议"]
    assert listed["行号"].tolist() == [4]
    assert listed.notna().loc[0, ["原因", "处理建议"]].all()


def test_advice_names_the_nearest_valid_word(town):
    rows = [{**row, "类型": "有理点"} for row in station_rows(1)] + station_rows(3)[1:]
    entry = bring(town, rows).entries[0]
    assert "did you mean 有礼点?" in entry.refusal.sentences()[1].render("en")


def test_when_every_row_is_bad_nothing_is_written(town):
    before = files(town.path), town.version
    rows = [{**row, "经度": row["纬度"], "纬度": row["经度"]} for row in station_rows()]
    with pytest.raises(InputError, match=r"none of its 6 rows .* swapped: .*--column lon=纬度"):
        bring(town, rows)
    assert (files(town.path), town.version) == before


def test_rows_without_coordinates_wait_to_be_located(town):
    rows = [
        *station_rows(2),
        {"编号": "B1", "名称": "只有名称", "类型": "point"},
        {"编号": "B2", "类型": "point", "地址": "人民路 1 号"},
    ]
    report = bring(town, rows)
    assert (report.counts.accepted, report.counts.to_locate) == (4, 2)
    placed = town.stations().geometry.notna()
    assert placed.tolist() == [True, True, False, False]
    assert town.spacing().summary()["stations_counted"] == 2


def test_a_list_without_any_coordinates_needs_no_datum(town):
    rows = [{"名称": "甲", "类型": "point", "地址": "人民路"}]
    report = bring(town, rows, datum="auto")
    assert (report.datum, report.decided, report.counts.to_locate) == (None, False, 1)


def test_points_outside_the_atlas_are_accepted_and_counted(town):
    rows = [*station_rows(2), {**station_rows(1)[0], "编号": "far", "经度": LON + 0.5}]
    report = bring(town, rows)
    assert (report.counts.accepted, report.outside) == (3, 1)


def test_a_list_of_another_place_is_asked_about(town, tmp_path):
    rows = [{**row, "经度": row["经度"] + 0.5} for row in station_rows(2)]
    sentence = "all 2 places in it lie outside the city's streets and districts"
    assert [sentence in w.render("en") for w in bring(town, rows).warnings] == [True]
    assert not bring(town, [*rows, station_rows(3)[2]]).warnings
    away = osm_file(tmp_path / "away.osm")
    moved = away.read_text("utf-8").replace('lat="28.9', 'lat="29.9')
    away.write_text(moved, encoding="utf-8")
    report = town.import_file("osm", away, dry_run=True)
    assert any("lie outside the city" in w.render("en") for w in report.warnings)
    assert not town.import_file("osm", tmp_path / "town.osm").warnings


@pytest.mark.parametrize("datum", ["WGS-84", "Wgs 84", "GCJ-02", "BD-09", "CGCS2000"])
def test_a_datum_is_known_however_it_is_written(town, datum):
    name = datum.replace("-", "").replace(" ", "").lower()
    assert bring(town, station_rows(2), datum=datum).datum == name


def test_when_no_type_is_known_each_is_listed_with_its_count(town):
    words = ["甲", "乙", "乙", "丙", "丁", "戊", "己", "庚"]
    rows = [station_rows(8)[k] | {"类型": word} for k, word in enumerate(words)]
    with pytest.raises(InputError) as caught:
        bring(town, rows)
    sentence = str(caught.value)
    assert (
        "the type 乙 is not in the standard (2); the type 甲 is not in the standard (1)" in sentence
    )
    assert "the type 戊 is not in the standard (1); and 2 more; " in sentence
    assert "己" not in sentence
    assert "--set type=point" in sentence
    assert "（2 行）" in caught.value.render("zh")


def test_a_table_without_types_says_how_to_give_them(town):
    rows = [{"名称": "甲", "经度": LON, "纬度": LAT, "类别": "有礼点"}]
    with pytest.raises(InputError, match=r"--set type=TYPE.*point 有礼点"):
        bring(town, rows)
    assert bring(town, rows, columns={"type": "类别"}).counts.accepted == 1
    assert bring(town, rows, sets={"type": "有礼点"}).counts.unchanged == 1
    for options in ({"columns": {"type": "类型"}}, {"columns": {"kind": "类别"}}):
        with pytest.raises(InputError, match=r"类别|kind"):
            bring(town, rows, **options)
    with pytest.raises(InputError, match="colour"):
        bring(town, rows, sets={"colour": "red"})


@pytest.mark.parametrize("word", ["志愿者之家", "“志愿者之家”", "学雷锋志愿服务志愿者之家"])
def test_types_are_understood_as_the_office_writes_them(town, word):
    bring(town, [station_rows(1)[0] | {"类型": word}])
    assert town.stations()["type"].tolist() == ["home"]


def test_words_of_the_office_are_understood(town):
    row = station_rows(1)[0] | {
        "状态": "暂停开放",
        "便民设施": "雨伞、充电宝",
        "示范点": "是",
        "所属单位": "市图书馆",
        "开放时间": "9:00-17:00",
    }
    bring(town, [row])
    station = town.stations().iloc[0]
    assert (station["status"], station["supplies"]) == ("suspended", "umbrella;charging")
    assert station["demonstration"]
    assert (station["unit"], station["hours"]) == ("市图书馆", "9:00-17:00")
    assert station["hours_source"] == "list"


# --------------------------------------------------------------------- again and again


def test_the_same_list_twice_changes_nothing(town):
    rows = [*station_rows(3), BAD_ROW]
    first = bring(town, rows)
    before = town.version, files(town.path)
    second = bring(town, rows)
    assert first.written
    assert not second.written
    assert second.counts.unchanged == second.counts.accepted == 3
    assert second.quarantine_file == first.quarantine_file
    assert (town.version, files(town.path)) == before


def test_rows_without_ids_are_known_again_by_what_they_say(town):
    rows = [{k: v for k, v in row.items() if k != "编号"} for row in station_rows(3)]
    rows += rows[:1]  # a repeat is a station of its own
    bring(town, rows)
    ids = town.stations()["station_id"].tolist()
    assert len(set(ids)) == 4
    report = bring(town, [{"名称": "新来的", "类型": "point", "地址": "x"}, *rows[::-1]])
    assert report.counts.unchanged == 4
    assert set(ids) < set(town.stations()["station_id"])
    assert sorted(town.stations()["source_row"]) == [2, 3, 4, 5, 6]


def test_a_changed_row_keeps_its_id_and_a_dropped_one_goes_with_a_warning(town):
    bring(town, station_rows(4))
    rows = station_rows(3)
    rows[0]["名称"] = "改名"
    report = bring(town, rows)
    assert (report.counts.unchanged, report.removed) == (2, 1)
    assert "removed" in report.warnings[0].render("en")
    assert town.stations()["station_id"].tolist() == ["A0", "A1", "A2"]
    assert town.stations()["name"][0] == "改名"


def test_sources_live_side_by_side(town):
    bring(town, station_rows(3), name="east.csv")
    bring(town, station_rows(3), name="west.csv")
    frame = town.stations()
    assert len(frame) == 6
    assert frame["station_id"].is_unique
    assert set(frame["source"]) == {"east", "west"}
    report = bring(town, station_rows(3), name="west.csv")
    assert report.counts.unchanged == 3
    bring(town, station_rows(3), name="other.csv", sets={"source": "east"})
    assert len(town.stations()) == 6
    nameless = [{k: v for k, v in row.items() if k != "编号"} for row in station_rows(3)]
    for name in ("north.csv", "south.csv", "south.csv"):
        bring(town, nameless, name=name)
    assert len(town.stations()) == 12
    assert town.stations()["station_id"].is_unique


def test_dry_run_tells_all_and_writes_nothing(town):
    before = files(town.path), town.version
    rows = [*station_rows(3), BAD_ROW]
    report = bring(town, rows, dry_run=True)
    assert (report.counts.accepted, report.counts.quarantined) == (3, 1)
    assert not report.written
    assert (files(town.path), town.version) == before


cells = st.one_of(
    st.floats(-1e12, 1e12),
    st.floats(-200, 200),
    st.sampled_from(["", "NaN", "118°52′12″", "一百", "1e400", "=1+1", "０"]),
)


@settings(deadline=None, max_examples=25)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "名称": st.sampled_from(["", "甲", "乙", "-"]),
                "类型": st.sampled_from(["point", "有礼亭", "", "?"]),
                "编号": st.sampled_from(["", "1", "2", "３"]),
                "经度": cells,
                "纬度": cells,
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_a_table_says_every_row_is_accounted_for(full_town, tmp_path_factory, rows):
    file = table(tmp_path_factory.mktemp("t") / "t.csv", rows)
    try:
        report = full_town.import_file("stations", file, datum="wgs84", dry_run=True)
    except InputError as error:
        said = error.render("zh")
        assert "{" not in said
        return
    counts = report.counts
    assert counts.read == counts.accepted + counts.quarantined
    assert len(report.entries) == counts.quarantined
    # a row of nothing but blanks is no row
    assert counts.read <= len(rows)
    assert counts.to_locate <= counts.accepted


# --------------------------------------------------------------------- datums and planes


def shifted(rows, target):
    lon, lat = crs.convert(
        [row["经度"] for row in rows], [row["纬度"] for row in rows], source="wgs84", target=target
    )
    return [{**r, "经度": x, "纬度": y} for r, x, y in zip(rows, lon, lat, strict=True)]


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000"])
def test_a_declared_datum_is_undone_and_the_source_kept(town, datum):
    plain = station_rows(3)
    bring(town, shifted(plain, datum), datum=datum)
    frame = town.stations()
    np.testing.assert_allclose(frame.geometry.x, [r["经度"] for r in plain], rtol=0, atol=1e-8)
    assert set(frame["source_datum"]) == {datum}
    moved = np.abs(frame["source_lon"] - frame.geometry.x)
    assert (moved > 0.003).all() == (datum != "cgcs2000")


def test_an_undecided_datum_stops_with_its_evidence(town):
    before = files(town.path)
    with pytest.raises(DatumUndecided, match="--datum") as caught:
        bring(town, station_rows(3), datum="auto")
    document = caught.value.params["evidence"].to_json()
    assert document["decided"] is None
    assert files(town.path) == before


def test_a_heading_may_name_the_datum(town):
    rows = [
        {"名称": r["名称"], "类型": "point", "GCJ-02经度": r["经度"], "GCJ-02纬度": r["纬度"]}
        for r in shifted(station_rows(3), "gcj02")
    ]
    report = bring(town, rows, datum="auto")
    assert (report.datum, report.decided) == ("gcj02", False)
    np.testing.assert_allclose(town.stations().geometry.y, LAT, rtol=0, atol=1e-8)


def library_town(folder):
    """A town with thirty named libraries, enough to tell a datum."""
    city = small_city.make(folder, stations=False)
    rng = np.random.default_rng(5)
    rows = [
        {"名称": f"第{k}图书馆", "类别": "图书馆", "经度": LON + x, "纬度": LAT + y}
        for k, (x, y) in enumerate(rng.uniform(0, 0.02, (30, 2)))
    ]
    bring(city, rows, kind="facilities", name="libraries.csv")
    return city, [{**row, "类型": "post"} for row in rows]


def test_evidence_decides_and_contradicts(tmp_path):
    city, rows = library_town(tmp_path)
    moved = shifted(rows, "gcj02")
    report = bring(city, moved, datum="auto")
    assert (report.datum, report.decided) == ("gcj02", True)
    np.testing.assert_allclose(
        city.stations().geometry.x, [r["经度"] for r in rows], rtol=0, atol=1e-7
    )
    declared = bring(city, moved, datum="wgs84")
    assert declared.datum == "wgs84"
    assert "speaks for another datum" in declared.warnings[0].render("en")
    assert not bring(city, moved, datum="gcj02").warnings


def test_a_file_that_states_another_datum_than_it_fits_is_asked_about(tmp_path):
    city, rows = library_town(tmp_path)
    moved = [
        {"名称": r["名称"], "类别": "图书馆", "WGS84经度": r["经度"], "WGS84纬度": r["纬度"]}
        for r in shifted(rows, "gcj02")
    ]
    with pytest.raises(DatumUndecided, match="says it is in wgs84, but its points fit gcj02"):
        bring(city, moved, kind="facilities", name="again.csv", datum="auto")


def test_a_source_is_no_evidence_for_itself(tmp_path):
    city, _ = library_town(tmp_path)
    with pytest.raises(DatumUndecided):
        city.import_file("facilities", tmp_path / "libraries.csv", datum="auto")


@pytest.mark.parametrize("zoned", [True, False])
def test_projected_cgcs2000_is_found_in_the_city(town, zoned):
    east, north = crs.to_cgcs2000_plane(
        [LON + k * 0.001 for k in range(3)], [LAT] * 3, central_meridian_deg=120, zoned=zoned
    )
    rows = [
        {"名称": f"n{k}", "类型": "point", "X坐标": n, "Y坐标": e}
        for k, (e, n) in enumerate(zip(east, north, strict=True))
    ]
    rows.append({"名称": "stray", "类型": "point", "X坐标": 118.8, "Y坐标": 28.9})
    report = bring(town, rows, datum="auto")
    assert report.datum == "cgcs2000"
    assert reasons(report) == {5: "the coordinates are not metres as in the other rows"}
    found = town.stations().geometry
    np.testing.assert_allclose(found.x, [LON + k * 0.001 for k in range(3)], rtol=0, atol=1e-9)


# --------------------------------------------------------------------- geodata


def line(dx=0.004, dy=0.0):
    return shapely.LineString([(LON, LAT), (LON + dx, LAT + dy)])


def geodata(path, data, geometry, *, epsg=4326):
    gpd.GeoDataFrame(data, geometry=geometry, crs=epsg).to_file(path, engine="pyogrio")
    return path


def test_survey_lines_become_ways(town, tmp_path):
    data = {
        "路名": ["无名道路", "中河路", "路口转向", "环城路"],
        "道路等级": ["次干路", "城市主干路", "支路", "天路"],
        "oneway": ["是", "no", None, None],
    }
    shapes = [line(), shapely.MultiLineString([line(), line(0, 0.004)]), line(0.001), line()]
    file = geodata(tmp_path / "roads.gpkg", data, shapes)
    report = town.import_file("streets", file)
    assert "counts twice" in report.warnings[0].render("en")
    assert (report.counts.accepted, report.counts.quarantined) == (3, 1)
    assert "天路" in reasons(report)[4]
    ways = town.layer("ways")
    own = ways[ways["way_id"] < 0]
    assert len(own) == 4  # the multi-line is two
    assert own["highway"].tolist() == ["secondary", "primary", "primary", "tertiary"]
    assert own["name"].isna().tolist() == [True, False, False, True]
    assert own["oneway"].tolist() == [1, 0, 0, 0]
    assert len(ways) == 7
    assert not town.import_file("streets", file).written


def test_lines_without_a_class_need_one_for_all(town, tmp_path):
    file = geodata(tmp_path / "roads.geojson", {"name": ["a", "b"]}, [line(), line(0, 0.002)])
    with pytest.raises(InputError, match="--set highway=secondary"):
        town.import_file("streets", file)
    assert town.import_file("streets", file, sets={"highway": "secondary"}).counts.accepted == 2


def test_a_shapefile_without_prj_stops(town, tmp_path):
    file = geodata(tmp_path / "roads.shp", {"highway": ["primary"]}, [line()])
    file.with_suffix(".prj").unlink()
    before = files(town.path)
    with pytest.raises(CrsError, match=r"\.prj"):
        town.import_file("streets", file)
    assert files(town.path) == before
    assert town.import_file("streets", file, datum="wgs84").counts.accepted == 1


def test_other_reference_systems_are_reprojected(town, tmp_path):
    shapes = gpd.GeoSeries([line()], crs=4326).to_crs(4549)
    file = geodata(tmp_path / "roads.gpkg", {"highway": ["primary"]}, shapes, epsg=4549)
    report = town.import_file("streets", file)
    assert report.datum == "wgs84"
    own = town.layer("ways").query("way_id < 0").geometry.iloc[0]
    assert shapely.distance(own, line()) < 1e-9


def test_geometries_that_are_no_street_are_set_aside(town, tmp_path):
    shapes = [
        line(),
        None,
        shapely.Point(LON, LAT),
        shapely.LineString([(LON, LAT), (LON, LAT)]),
        shapely.LineString(),
        shapely.LineString([(LAT, LON), (LAT + 0.001, LON)]),
    ]
    frame = gpd.GeoDataFrame({"highway": ["primary"] * 6}, geometry=shapes, crs=4326)
    frame.to_parquet(tmp_path / "roads.parquet")
    report = town.import_file("streets", tmp_path / "roads.parquet")
    assert report.counts.accepted == 1
    said = reasons(report)
    assert said.keys() == {2, 3, 4, 5, 6}
    assert "no place" in said[2]
    assert "Point, not a line" in said[3]
    assert "no length" in said[4]
    assert "swapped" in said[6]


def test_without_code_and_districts_the_adcode_is_unknown(tmp_path):
    city = City.create(tmp_path / "q", standard="quzhou-2018")
    assert (city.config.name, city.config.adcode) == ("q", "")
    bring(city, station_rows(2))
    assert city.stations()["adcode"].isna().all()


def test_districts_tell_of_numbers_that_cannot_be_read(town, tmp_path):
    data = {"adcode": ["1", "2"], "level": ["第一", "6"], "population": ["约三万", "many"]}
    box = shapely.box(LON, LAT, LON + 0.01, LAT + 0.01)
    file = geodata(tmp_path / "d.gpkg", data, [box, box])
    said = [w.render("en") for w in town.import_file("districts", file).warnings]
    assert said == [
        "the level of 1 districts cannot be read and is left out",
        "the population of 2 districts cannot be read as a number and is left out",
    ]
    assert town.layer("districts")["level"].fillna(0).tolist() == [0, 6]


def test_districts_place_the_stations(full_town, tmp_path):
    city = City.open(shutil.copytree(full_town.path, tmp_path / "copy"))
    whole = shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1)
    inner = shapely.box(LON - 0.0001, LAT - 0.01, LON + 0.002, LAT + 0.01)
    bow_tie = shapely.Polygon([(LON, 29.2), (LON + 0.1, 29.3), (LON + 0.1, 29.2), (LON, 29.3)])
    file = geodata(
        tmp_path / "districts.geojson",
        {
            "adcode": [330802, 330802001, 330803],
            "name": ["柯城区", "府山街道", "衢江区"],
            "level": ["district", "street", "district"],
        },
        [whole, inner, bow_tie],
    )
    city.import_file("districts", file)
    frame = city.layer("districts")
    assert frame["adcode"].tolist() == ["330802", "330802001", "330803"]
    assert frame["level"].tolist() == [6, 8, 6]
    assert frame.geometry.is_valid.all()
    assert city.stations()["adcode"].tolist() == ["330802001"] * 3 + ["330802"] * 3


def test_facilities_find_their_category(town):
    rows = [
        {"名称": "甲", "类别": "综合医院", "经度": LON, "纬度": LAT},
        {"名称": "乙", "类别": "说不清", "经度": LON, "纬度": LAT},
        {"名称": "丙", "类别": "", "经度": "", "纬度": ""},
    ]
    report = bring(town, rows, kind="facilities", name="f.csv")
    own = town.layer("facilities").query("source == 'f'")
    assert own["category"].fillna("?").tolist() == ["hospital", "?"]
    stored = layers.read(town.now().atlas, "facilities")
    assert stored.loc[stored["source"] == own["source"].iloc[0], "tags"].tolist() == [
        "综合医院",
        "说不清",
    ]
    assert "no place" in reasons(report)[4]
    bring(town, [{"名称": "1", "经度": LON, "纬度": LAT}], kind="facilities", name="公共厕所.csv")
    assert town.layer("facilities").query("source == '公共厕所'")["category"].tolist() == ["toilet"]


# --------------------------------------------------------------------- one at a time, whole


def test_a_second_import_at_the_same_time_is_refused(town):
    with exclusive(town.path), pytest.raises(CityError, match="another import is running"):
        bring(town, station_rows())
    assert bring(town, station_rows()).written


def test_ids_that_another_import_takes_meanwhile_are_not_given_twice(town, monkeypatch):
    lock, rows = imports.exclusive, [station_rows(2)]

    def late(folder):
        if rows:
            bring(City(town.path), rows.pop(), name="other.csv")
        return lock(folder)

    monkeypatch.setattr(imports, "exclusive", late)
    assert bring(town, station_rows(2)).counts.accepted == 2
    assert sorted(town.stations()["station_id"]) == ["A0", "A1", "list-A0", "list-A1"]


def test_a_dry_run_says_what_would_be_removed(town):
    bring(town, station_rows(3))
    for dry_run, word in ((True, "would be removed"), (False, "are removed")):
        report = bring(town, station_rows(2), dry_run=dry_run)
        assert [word in w.render("en") for w in report.warnings] == [True]


def test_a_full_disk_leaves_the_city_as_it_was(town, monkeypatch):
    bring(town, station_rows(2), kind="shops")
    before = town.version, files(town.path)
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        bring(town, station_rows(3), kind="shops")
    assert (town.version, files(town.path)) == before


def test_old_versions_go_and_readers_keep_what_they_hold(town):
    before = town.now()
    bring(town, station_rows(3))
    for count in range(1, 7):
        bring(town, station_rows(count), kind="shops")
    assert len(before.stations()) == 0
    assert len(town.stations()) == 3
    assert len(town.layer("shops")) == 4 + 6
    assert len(list((town.path / "atlas").iterdir())) == KEPT + 2


def test_a_version_that_is_gone_is_not_called_damaged(town):
    bring(town, station_rows(1), kind="shops")
    held = City(town.path).now()
    for count in range(2, 7):
        bring(town, station_rows(count), kind="shops")
    with pytest.raises(CityError, match="replaced by a newer one; open the city again"):
        held.layer("shops")
    assert len(City.open(town.path).layer("shops")) == 4 + 6


def test_a_version_label_is_never_older_than_its_data(town, monkeypatch):
    bring(town, station_rows(1))
    reader, read_pack, rows = City(town.path), City._read_pack, [station_rows(3), station_rows(4)]

    def late(city, standard):
        if city is reader and rows:
            bring(town, rows.pop())
        return read_pack(city, standard)

    monkeypatch.setattr(City, "_read_pack", late)
    now = reader.now()
    assert not rows
    assert (now.version, len(now.stations())) == (City(town.path).version, 3)


def test_leftovers_of_a_killed_import_are_swept(town):
    bring(town, [*station_rows(2), BAD_ROW])
    atlas = town.path / "atlas"
    (atlas / ".new").mkdir()
    (atlas / ".new" / "ways.parquet").write_text("half")
    shutil.copytree(atlas / Store(atlas).current_name(), atlas / "000009-abcdef01")
    (town.path / "quarantine" / "stations-orphan.csv").write_text("x")
    version = town.version
    report = bring(town, [*station_rows(2), BAD_ROW])
    assert report.quarantine_file.is_file()
    assert town.version == version
    assert not [f for f in files(town.path) if "new" in f or "000009" in f or "orphan" in f]


SERVER = textwrap.dedent(
    """
    import hashlib, json, os, random, shutil, signal, sys, time
    from pathlib import Path
    from stationmap.city import City
    from stationmap.city.versions import Store

    base, work, kind, file, stride, kills = *map(Path, sys.argv[1:3]), *sys.argv[3:]

    def run(folder):
        City.open(folder).import_file(kind, file, datum="wgs84" if kind != "osm" else "auto")

    def digest(folder):
        found = []
        version = Store(folder / "atlas").current()
        for layer, record in version.manifest.layers.items():
            data = (version.folder / record.file).read_bytes()
            assert hashlib.sha256(data).hexdigest() == record.sha256
            found.append((layer, record.sha256))
        for source in version.manifest.sources:
            found.append(source.model_dump(exclude={"imported_at"}))
            listed = source.quarantine_file
            assert listed is None or (folder / "quarantine" / listed).is_file()
        return json.dumps(found)

    def leftovers(folder):
        found = []
        current = (folder / "atlas" / "current").read_text().strip()
        names = [p.name for p in (folder / "atlas").iterdir() if p.name != "current"]
        found += [name for name in names if name > current]
        hidden = [str(p) for p in folder.rglob(".*") if p.name != ".lock"]
        return found + hidden

    def in_child(work):
        # the parent only forks: no thread of a library is ever copied
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(write, json.dumps(work()).encode())
                os._exit(0)
            except BaseException as error:
                os.write(write, json.dumps(repr(error)).encode())
                os._exit(1)
        os.close(write)
        with os.fdopen(read, "rb") as stream:
            answer = stream.read()
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status), json.loads(answer) if answer else None

    def killed_at(folder, step):
        steps = [0]
        def dying(call):
            def wrapped(*args, **kwargs):
                steps[0] += 1
                if steps[0] == step:
                    os._exit(9)
                return call(*args, **kwargs)
            return wrapped
        for name in ("fsync", "rename", "replace", "link", "mkdir", "unlink", "rmdir"):
            setattr(os, name, dying(getattr(os, name)))
        run(folder)

    def killed_after(folder, seconds):
        pid = os.fork()
        if pid == 0:
            try:
                run(folder)
                os._exit(0)
            except BaseException:
                os._exit(1)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def fresh():
        shutil.rmtree(work, ignore_errors=True)
        return shutil.copytree(base, work)

    def check(folder):
        found = digest(folder)
        run(folder)
        return found, digest(folder), leftovers(folder)

    before = in_child(lambda: digest(base))[1]
    started = time.monotonic()
    code, after = in_child(lambda folder=fresh(): (run(folder), digest(folder))[1])
    took = time.monotonic() - started
    assert code == 0 and before != after, after
    results = {"before": 0, "after": 0, "steps": 0}

    def judge(folder):
        code, (found, again, left) = in_child(lambda: check(folder))
        assert code == 0, (found, again, left)
        assert found in (before, after), "between"
        assert again == after, "a second run does not mend"
        assert not left, left
        results["before" if found == before else "after"] += 1

    step = 0
    while True:
        step += int(stride)
        folder = fresh()
        code, _ = in_child(lambda: killed_at(folder, step))
        judge(folder)
        if code == 0:
            break
        assert code == 9, code
    results["steps"] = step
    rng = random.Random(7)
    for _ in range(int(kills)):
        folder = fresh()
        in_child(lambda: killed_after(folder, rng.uniform(0, took)))
        judge(folder)
    print(json.dumps(results))
    """
)


@pytest.mark.parametrize(("kind", "stride"), [("shops", "1"), ("osm", "4")])
def test_an_import_killed_at_any_step_leaves_before_or_after(full_town, tmp_path, kind, stride):
    """Killed before each (of the many of OSM, each fourth) flush, rename and removal of a file,
    then at random moments.
    """
    if kind == "osm":
        file = osm_file(tmp_path / "later.osm", shops=1, roads=small_city.ROADS[:2])
    else:
        rows = [*station_rows(4), BAD_ROW]
        file = table(tmp_path / "list.csv", rows)
    done = subprocess.run(
        [sys.executable, "-c", SERVER, full_town.path, tmp_path / "work", kind, file, stride, "6"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["steps"] > 10
    assert results["before"] > 3
    assert results["after"] > 1


def test_two_spacing_rules_hold_each_along_its_own_streets(full_town):
    pack = load("quzhou-2018")
    one = pack.rule("Q-S1").model_copy(update={"along": ("bus_route",)})
    two = pack.rule("Q-S1").model_copy(update={"id": "Q-S9", "spacing_m": 9000.0})
    both = pack.model_copy(update={"id": "both", "rules": (one, two)})
    alone = pack.model_copy(update={"id": "alone", "rules": (two,)})
    found, expected = (
        full_town.now().check(standard=standard, rules=["Q-S9"]).findings
        for standard in (both, alone)
    )
    assert "met" in set(expected["state"])
    assert found["subject_id"].tolist() == expected["subject_id"].tolist()
    assert found.geometry.geom_equals(expected.geometry).all()


def test_an_edited_copy_of_the_citys_own_standard_is_what_it_says(full_town):
    pack = load("quzhou-2018")
    rules = (pack.rule("Q-S1").model_copy(update={"spacing_m": 9000.0}),)
    edited = pack.model_copy(update={"rules": rules, "items": ()})
    own = full_town.now().check(rules=["Q-S1"]).findings
    found = full_town.now().check(standard=edited).findings
    assert "met" in set(found["state"])
    assert "met" not in set(own["state"])
