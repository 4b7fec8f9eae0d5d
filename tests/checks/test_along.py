"""The spacing rule and rules about frontage, as findings."""

import geopandas as gpd
import pytest
import shapely
from facts_builder import facts, rule
from street_builder import CRS, RULE, points, streets, way

from stationmap.checks import RULE_KINDS, along, findings, placement, presence, spacing
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN
from stationmap.standards import PlacementRule, PresenceRule, load

PACK = load("quzhou-2018")
LINE = way(1, [(0, 0), (200, 0)], name="文昌路")
CROSS = way(2, [(100, 0), (100, -200)], name="")
LINE_WITH_NODE = way(1, [(0, 0), (100, 0), (200, 0)], name="文昌路")


def known(ways, at, *, one=RULE, types="point", **more):
    """Facts of some ways, with stations at places of the street builder's plane."""
    laid = streets(ways, **more)
    lonlat = gpd.GeoSeries([shapely.Point(p) for p in at], crs=CRS).to_crs(4326)
    stations = gpd.GeoDataFrame(
        {"station_id": [f"S{k}" for k in range(len(at))]}, geometry=list(lonlat), crs=4326
    )
    ready = spacing.prepare(laid, spacing_m=50.0, snap_m=30.0, sides="both")
    found = spacing.check(ready, stations)
    pack = PACK.model_copy(update={"rules": (one,)})
    base = facts(pack=pack, streets=laid, spacing=found, complete=["stations", "streets"])
    rows = base.stations.reindex(range(len(at)))
    rows = rows.assign(
        station_id=stations["station_id"], type=types, status="active", name=stations["station_id"]
    ).set_geometry(list(lonlat), crs=4326)
    object.__setattr__(base, "stations", rows)
    return base


def test_every_gap_is_a_shortfall_and_a_street_without_one_is_met():
    base = known([LINE, way(3, [(0, 500), (60, 500)], name="短巷")], [(100, 5), (30, 505)])
    frame = findings.frame(along.check(RULE, base), lang="zh")
    assert list(frame["state"]) == [NOT_MET, NOT_MET, MET]
    assert list(frame["subject_kind"]) == ["gap", "gap", "street"]
    assert frame["measured"][0] == pytest.approx(100, abs=0.05)
    assert frame["message"][0] == ("文昌路：临街店面 100 米没有有礼点，超过 50 米，至少需增设 1 个")
    assert frame["assumed"].all()
    assert frame["subject_name"][2] == "短巷"


@pytest.mark.parametrize(
    ("decides", "at", "found"),
    [
        ("gap", [0, 10, 20, 30, 200], [("gap", NOT_MET, 170)]),
        ("count", [0, 10, 200], [("street", MET, 0)]),
        ("count", [0, 200], [("street", NOT_MET, 1)]),
        ("covered", [0, 10, 20, 30, 200], [("street", NOT_MET, 70)]),
        ("covered", [50, 150], [("street", MET, 0)]),
    ],
)
def test_the_reading_that_the_pack_lets_decide_tells_what_is_met(decides, at, found):
    # 200 m ask for max(1, ceil(200 / 50) - 1) = 3 by count
    one = RULE.model_copy(update={"decides": decides})
    base = known([LINE], [(x, 5) for x in at], one=one)
    frame = findings.frame(along.check(one, base), lang="en")
    assert [(r.subject_kind, r.state) for r in frame.itertuples()] == [f[:2] for f in found]
    assert frame["measured"].to_list() == pytest.approx([f[2] for f in found], abs=0.05)


def test_without_streets_the_rule_is_unknown_and_says_why():
    frame = findings.frame(along.check(RULE, facts()), lang="zh")
    assert list(frame["state"]) == [UNKNOWN]
    assert frame["message"][0] == "尚未导入街道"


def test_junctions_with_frontage_are_served_by_a_point_within_the_distance():
    one = rule(PresenceRule, site_type="point", at=["junction"], within_m=50.0, with_frontage=True)
    for x, state in ((60.0, MET), (40.0, NOT_MET)):
        base = known([LINE_WITH_NODE, CROSS], [(x, 5)], one=one)
        frame = findings.frame(presence.check(one, base), lang="zh")
        assert [(r.subject_kind, r.state) for r in frame.itertuples()] == [("junction", state)]
        assert frame["assumed"].all()
    assert "未命名道路" in frame["message"][0] or "–" in frame["message"][0]


@pytest.mark.parametrize(
    ("at", "state"),
    [((20, 29.9), MET), ((20, 30.2), NOT_MET), ((160, 0), NOT_MET), ((-20, 0), MET)],
    ids=["beside it", "too far off", "where no shop is", "beyond its end"],
)
def test_a_point_belongs_at_shop_frontage_of_the_streets_that_the_rule_names(at, state):
    one = rule(
        PlacementRule,
        site_type="point",
        at=["frontage"],
        along=["main", "secondary"],
        within_m=30.0,
    )
    base = known([LINE], [at], one=one, shops=points([(15, 5)]), complete=["*"])
    frame = findings.frame(placement.check(one, base), lang="en")
    assert list(frame["state"]) == [state]
    other = one.model_copy(update={"along": ("commercial",)})
    frame = findings.frame(placement.check(other, base), lang="en")
    assert list(frame["state"]) == [NOT_MET]


def test_a_point_elsewhere_is_unknown_until_the_streets_are_declared_complete():
    one = rule(PlacementRule, site_type="point", at=["frontage"], along=["main"], within_m=30.0)
    base = known([LINE], [(160, 0)], one=one, shops=points([(15, 5)]), complete=["*"])
    object.__setattr__(base, "complete", lambda layer: ["*"] if layer == "stations" else [])
    frame = findings.frame(placement.check(one, base), lang="zh")
    assert list(frame["state"]) == [UNKNOWN]
    assert "街道" in frame["message"][0] or "道路" in frame["message"][0]


def test_every_kind_has_a_row_with_words_a_check_and_sentences():
    for kind, row in RULE_KINDS.items():
        assert row.label
        assert row.sentence
        assert all(key.startswith(f"{kind}.") for key in row.messages)
    assert "spacing_m" in RULE_KINDS["spacing"].parameters(RULE)
    assert "clause" not in RULE_KINDS["spacing"].parameters(RULE)
