"""What an import would do, told before it does anything, in this process and in a child."""

import json

import pandas as pd
import pytest
import shapely
import small_city
from openpyxl import load_workbook

from stationmap.city import City, apart
from stationmap.city.preview import Options, packed, preview, unpacked, write_refused
from stationmap.crs import convert
from stationmap.errors import CityError, InputError
from stationmap.io import tabular
from stationmap.io.notes import Note

SETS = {"source": "名单"}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The small town; not to be changed."""
    return small_city.make(tmp_path_factory.mktemp("preview"))


def options(name="名单.csv", **changes):
    return Options("stations", name, **{"sets": SETS, "datum": "wgs84", **changes})


def sentence(value, lang="zh"):
    return unpacked(value).render(lang)


def test_it_writes_nothing_and_counts_as_the_import_does(town, tmp_path):
    rows = [*small_city.station_rows(3), {"编号": "A0", "名称": "重号"}]
    file = small_city.table(tmp_path / "a.csv", rows)
    seq = town.register.seq()
    found = preview(town, file, options())
    assert town.register.seq() == seq
    counts = found["report"]["counts"]
    assert (counts["read"], counts["accepted"], counts["quarantined"]) == (4, 3, 1)
    own = City.open(town.path).import_file("stations", file, datum="wgs84", sets=SETS, dry_run=True)
    assert counts == vars(own.counts)
    assert json.loads(json.dumps(found)) == found


def test_columns_are_told_with_what_they_are_read_as(town, tmp_path):
    rows = [{**row, "备注": "甲" * 90, "空列": ""} for row in small_city.station_rows(5)]
    found = preview(town, small_city.table(tmp_path / "a.csv", rows), options())
    columns = {column["heading"]: column for column in found["columns"]}
    assert [columns[h]["role"] for h in ("编号", "名称", "类型", "经度", "纬度")] == [
        "id",
        "name",
        "type",
        "lon",
        "lat",
    ]
    assert columns["名称"]["samples"] == ["有礼点0", "有礼点1", "有礼点2"]
    assert columns["名称"]["filled"] == 5
    assert columns["备注"]["samples"] == ["甲" * 60]
    assert columns["空列"]["filled"] == 0


def test_a_column_can_be_put_aside(town, tmp_path):
    file = small_city.table(tmp_path / "a.csv", small_city.station_rows(3))
    aside = {"ignore:经度": "经度", "ignore:纬度": "纬度"}
    found = preview(town, file, options(columns=aside))
    assert found["places"] is None
    assert found["report"]["counts"]["to_locate"] == 3
    assert {c["heading"]: c["role"] for c in found["columns"]}["经度"] is None


def test_sheets_are_told_and_one_is_chosen(town, tmp_path):
    data = pd.DataFrame(small_city.station_rows(4))
    file = tmp_path / "b.xlsx"
    tabular.write_xlsx(file, {"说明": pd.DataFrame({"字段": ["a"]}), "甲": data, "乙": data})
    found = preview(town, file, options())
    assert [(s["name"], s["rows"]) for s in found["sheets"]] == [("说明", 1), ("甲", 4), ("乙", 4)]
    assert "几张工作表" in sentence(found["refused"])
    assert found["report"] is None
    found = preview(town, file, options(sheet="乙"))
    assert [s["chosen"] for s in found["sheets"]] == [False, False, True]
    assert found["report"]["counts"]["accepted"] == 4


def test_the_same_places_are_drawn_under_each_datum(town, tmp_path):
    rows = small_city.station_rows(6)
    for row in rows:
        lon, lat = convert(row["经度"], row["纬度"], source="wgs84", target="gcj02")
        row["经度"], row["纬度"] = float(lon), float(lat)
    found = preview(town, small_city.table(tmp_path / "a.csv", rows), options(datum="gcj02"))
    places = found["places"]
    assert places["of"] == len(places["gcj02"]) == 6
    truth = small_city.station_rows(6)
    for (lon, lat), row in zip(places["gcj02"], truth, strict=True):
        assert (lon, lat) == pytest.approx((row["经度"], row["纬度"]), abs=2e-6)
    apart_deg = shapely.distance(shapely.points(places["gcj02"]), shapely.points(places["wgs84"]))
    assert (apart_deg > 0.003).all()
    assert {h["datum"] for h in found["evidence"]["hypotheses"]} == {"wgs84", "gcj02", "bd09"}


def test_an_undecided_datum_is_said_with_its_evidence(town, tmp_path):
    file = small_city.table(tmp_path / "a.csv", small_city.station_rows(3))
    found = preview(town, file, options("三点.csv", datum="auto"))
    said = sentence(found["refused"])
    assert said.startswith("三点.csv")
    assert found["evidence"]["decided"] is None
    assert found["places"]["of"] == 3


def test_sentences_name_the_file_as_it_is_called_at_home(town, tmp_path):
    file = tmp_path / "upload"
    file.write_bytes(b"%PDF-1.4 \x00\x01")
    with pytest.raises(InputError) as error:
        apart.look(town.path, file, options("七月报表.pdf"))
    assert "七月报表.pdf" in error.value.render("zh")
    assert "upload" not in error.value.render("en")


def test_a_sentence_survives_the_way_between_processes():
    inner = Note("{rows} rows", {"rows": 3})
    note = Note("{file}: {detail}", {"file": "/x/upload", "detail": inner})
    value = json.loads(json.dumps(packed(note, names={"/x/upload": "表.csv"})))
    assert unpacked(value).render("en") == "表.csv: 3 rows"
    assert packed(float("nan"), names={}) is None


def test_a_child_says_the_same(town, tmp_path):
    file = small_city.table(tmp_path / "a.csv", small_city.station_rows(4))
    assert apart.look(town.path, file, options()) == json.loads(
        json.dumps(preview(town, file, options()))
    )


def test_a_child_is_told_nothing_but_how_the_register_is_reached(town, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "not for the child")
    monkeypatch.setenv("PGPASSFILE", "/srv/stationmap/pgpass")
    child = apart.subprocess.run
    seen = {}

    def watch(command, **how):
        seen.update(how["env"])
        return child(command, **how)

    monkeypatch.setattr(apart.subprocess, "run", watch)
    file = small_city.table(tmp_path / "a.csv", small_city.station_rows(1))
    apart.look(town.path, file, options())
    assert "SECRET" not in seen
    assert "PATH" not in seen
    assert seen["PGPASSFILE"] == "/srv/stationmap/pgpass"


def test_a_child_that_dies_is_one_sentence(town, tmp_path, monkeypatch):
    monkeypatch.setattr(apart.sys, "executable", "/bin/false")
    file = small_city.table(tmp_path / "a.csv", small_city.station_rows(1))
    with pytest.raises(InputError, match="cannot be read"):
        apart.look(town.path, file, options())


def test_children_are_few(town, tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "_WAIT_S", 0.01)
    monkeypatch.setattr(apart, "_places", apart.BoundedSemaphore(1))
    apart._places.acquire()
    with pytest.raises(CityError, match="other files are being read"):
        apart.look(town.path, tmp_path / "a.csv", options())


def test_few_wait_for_a_child(town, tmp_path, monkeypatch):
    class Awaited(BaseException):
        pass

    class Full:
        def acquire(self, **_):
            raise Awaited

    monkeypatch.setattr(apart, "_places", Full())
    with pytest.raises(Awaited):
        apart.look(town.path, tmp_path / "a.csv", options())
    held = [apart._queue.acquire(blocking=False) for _ in range(3)]
    try:
        assert all(held)
        with pytest.raises(CityError, match="other files are being read"):
            apart.look(town.path, tmp_path / "a.csv", options())
    finally:
        for _ in held:
            apart._queue.release()


def test_refused_rows_stand_as_they_were_with_remarks(tmp_path):
    rows = [{"名称": f"点{k}", "坐标": f"118.8{k},28.9", "金额": k} for k in range(5)]
    file = small_city.table(tmp_path / "a.csv", rows)
    target = tmp_path / "r.xlsx"
    said = {3: ["为什么", "怎么办"], 6: ["甲", "=1+1"]}
    count = write_refused(file, target, options(), said=said, headings=["行", "原因", "改法"])
    sheet = load_workbook(target).active
    assert count == 2
    assert [[cell.value for cell in row] for row in sheet] == [
        ["名称", "坐标", "金额", "行", "原因", "改法"],
        ["点1", "118.81,28.9", "1", 3, "为什么", "怎么办"],
        ["点4", "118.84,28.9", "4", 6, "甲", "=1+1"],
    ]
    assert sheet["F3"].data_type == "s"
