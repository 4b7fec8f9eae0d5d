"""Real cities held to the standards: Quzhou's own facilities, and Nanjing against all five."""

import tomllib

import pandas as pd
import pytest
import python_calamine

from stationmap import standards
from stationmap.checks import RULE_KINDS
from stationmap.city import City

MEDICAL = "quzhou-public-facilities/医疗.xls"


@pytest.fixture(scope="module")
def quzhou(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "quzhou"
    city = City.create(folder, standard="quzhou-2018", name="衢州市", adcode="330800")
    boundaries = shared("admin-boundaries/quzhou_330800_datav_gcj02.geojson")
    city.import_file("districts", boundaries, datum="gcj02")
    city.import_file("facilities", shared(MEDICAL))
    sights = shared("quzhou-public-facilities/旅游景点.xls")
    city.import_file("facilities", sights, datum="wgs84")
    places = shared("amap-civic-poi/quzhou_gcj02.csv")
    city.import_file("facilities", places, datum="gcj02")
    return city


@pytest.fixture(scope="module")
def stated(shared):
    """The medical sites as their table states them: name, category, county."""
    workbook = python_calamine.CalamineWorkbook.from_path(shared(MEDICAL))
    head, *rows = workbook.get_sheet_by_name("Sheet1").to_python()
    table = pd.DataFrame(rows, columns=[str(h).split("（")[0].split("(")[0] for h in head])
    return table[["Region", "Name", "Category"]]


def hospitals(city):
    found = city.check(rules=["Q-T3"]).findings
    return found[(found["kind"] == "presence") & found["message"].str.startswith("医院")]


def declare(city, line):
    path = city.path / "city.toml"
    text = path.read_text("utf-8").split("[complete]")[0]
    path.write_text(f"{text}[complete]\n{line}\n", encoding="utf-8")
    assert tomllib.loads(path.read_text("utf-8"))


def test_every_hospital_of_quzhou_is_unknown_until_the_register_is_declared_then_without(
    quzhou, stated
):
    general = stated[stated["Category"] == "综合医院"]
    assert len(general) == 40
    declare(quzhou, "")
    before = hospitals(quzhou)
    assert set(general["Name"]) <= set(before["subject_name"])
    assert set(before["state"]) == {"unknown"}
    assert before["message"].str.contains("未声明齐全").all()
    declare(quzhou, '"stations:post" = ["*"]')
    after = hospitals(quzhou)
    assert set(after["subject_id"]) == set(before["subject_id"])
    assert set(after["state"]) == {"not_met"}
    assert set(after["clause"]) == {"附件3 第一条"}
    declare(quzhou, '"stations:post" = ["330802"]')
    states = hospitals(quzhou).groupby("adcode", observed=True)["state"].agg(set)
    assert states.pop("330802") == {"not_met"}
    assert set().union(*states) == {"unknown"}


def test_hospitals_lie_in_the_county_that_their_table_states(quzhou, stated):
    found = hospitals(quzhou)
    names = quzhou.layer("districts").set_index("adcode")["name"].to_dict()
    region = stated.drop_duplicates("Name").set_index("Name")["Region"]
    said = found["subject_name"].map(region)
    county = said[said.isin(list(names.values()))]
    agree = found.loc[county.index, "adcode"].map(names) == county
    assert len(county) > 45
    # 柯城区妇幼保健院 and 衢江区妇幼保健院 and the like stand across the line of their county
    assert agree.mean() > 0.9


def test_the_sights_of_quzhou_need_a_kiosk_each(quzhou):
    declare(quzhou, '"stations:kiosk" = ["*"]')
    found = quzhou.check(rules=["Q-T2"]).findings
    assert (found["message"].str.startswith("景区景点") & (found["state"] == "not_met")).sum() >= 19


def test_what_maps_to_no_category_is_few_and_kept(quzhou):
    unmapped = quzhou.layer("facilities")["category"].isna()
    assert 0 < unmapped.sum() < 10
    assert len(quzhou.layer("facilities")) == 1956 + 20 + 926


@pytest.mark.parametrize("pack_id", standards.available())
def test_nanjing_is_held_to_every_standard_and_nothing_passes_for_certain(
    pack_id, shared, tmp_path_factory
):
    folder = tmp_path_factory.getbasetemp() / "nanjing-five"
    if not folder.exists():
        city = City.create(folder, standard="quzhou-2018", name="南京市", adcode="320100")
        city.import_file("osm", shared("osm-nanjing-downtown/nanjing_downtown.osm.pbf"))
    city = City.open(folder)
    pack = standards.load(pack_id)
    check = city.check(standard=pack)
    assert {(r["rule_id"], r["kind"]) for r in check.summary["rules"]} == {
        (r.id, r.kind) for r in pack.entries()
    }
    assert set(check.findings["kind"]) <= set(RULE_KINDS)
    decided = check.findings[check.findings["state"].isin(["met", "not_met"])]
    # without a register only the gaps along the streets are certain
    assert set(decided["kind"]) <= {"spacing"}
    assert check.findings["finding_id"].is_unique
    assert check.summary["missing"]
    assert check.findings["message"].str.len().min() > 5
