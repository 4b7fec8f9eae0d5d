"""Checklists: the newest judgement of each line, what it makes of the item and of the station."""

import numpy as np
import pytest
from facts_builder import facts, rule

from stationmap.checks import checklist
from stationmap.checks.findings import NOT_APPLICABLE, frame
from stationmap.standards import Item, load

DAY = "2026-05-03"
LINES = [
    {"number": 1, "text": {"zh": "牌匾"}},
    {"number": 2, "text": {"zh": "会议制度"}, "may_not_apply": True},
    {"number": 3, "text": {"zh": "电脑"}, "force": "advisory"},
]
ONE = rule(Item, title={"zh": "统一标识"})
MANY = rule(Item, title={"zh": "统一标识"}, part=LINES)
NA = NOT_APPLICABLE


def judged(state, *, part=0, at=DAY, station="S0", item="T-1"):
    return {"station_id": station, "item": item, "part": part, "state": state, "at": at}


def said(item, inspections, *, stations=({},), lang="zh"):
    known = facts(stations=stations, inspections=inspections)
    return frame(checklist.check(item, known), lang=lang)


def one(item, *inspections):
    found = said(item, inspections).iloc[0]
    return found["state"], found["force"], found["message_id"].removeprefix("checklist.")


def test_without_inspections_every_item_is_unknown():
    found = said(MANY, None, stations=[{}, {"status": "planned"}, {"type": "point"}])
    assert found["subject_id"].tolist() == ["S0", "S2"]
    assert set(found["state"]) == {"unknown"}
    assert found["message"][0] == "统一标识：未检查"
    assert one(MANY) == ("unknown", "binding", "not_inspected")


@pytest.mark.parametrize("state", ["met", "not_met"])
def test_an_item_without_lines_is_as_judged(state):
    assert one(ONE, judged(state)) == (state, "binding", state)


def test_the_newest_judgement_counts_in_whatever_order_they_come():
    old, new = judged("met", at="2026-01-01"), judged("not_met", at="2026-02-01")
    assert one(ONE, old, new)[0] == one(ONE, new, old)[0] == "not_met"
    assert "2026-02-01" in said(ONE, [new, old])["message"][0]


def test_not_inspected_is_no_judgement():
    assert one(ONE, judged("met", at="2026-01-01"), judged("unknown"))[0] == "met"


def test_not_applicable_needs_room_for_it():
    assert one(ONE, judged(NA)) == ("unknown", "binding", "refused")
    with_room = rule(Item, title={"zh": "会议"}, may_not_apply=True)
    assert one(with_room, judged(NA)) == (NA, "binding", NA)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("met", "met", "met"), ("met", "binding", "met")),
        (("met", NA, "met"), ("met", "binding", "met")),
        (("met", "met", None), ("met", "binding", "met")),
        (("met", "met", "not_met"), ("not_met", "advisory", "parts")),
        (("not_met", "met", "not_met"), ("not_met", "binding", "parts")),
        (("not_met", None, None), ("not_met", "binding", "parts")),
        (("met", None, "not_met"), ("unknown", "binding", "partly")),
        ((None, None, None), ("unknown", "binding", "not_inspected")),
        ((None, None, "not_met"), ("unknown", "binding", "partly")),
        ((NA, "met", "met"), ("unknown", "binding", "refused")),
    ],
)
def test_lines_make_the_item(states, expected):
    rows = [judged(s, part=k) for k, s in enumerate(states, start=1) if s]
    assert one(MANY, *rows) == expected


def test_all_lines_not_applicable():
    lines = [{**line, "may_not_apply": True} for line in LINES]
    item = rule(Item, title={"zh": "统一标识"}, part=lines)
    assert one(item, *(judged(NA, part=k) for k in (1, 2, 3)))[0] == NA


def test_advisory_lines_alone():
    item = rule(Item, title={"zh": "办公用品"}, part=[LINES[2]])
    assert one(item, judged("not_met", part=1))[0] == "unknown"
    assert one(item, judged("not_met", part=3))[:2] == ("not_met", "advisory")
    assert one(item, judged("met", part=3))[0] == "met"


def test_failing_lines_are_named():
    rows = [judged("not_met", part=1), judged("not_met", part=2), judged("not_met", part=3)]
    assert said(MANY, rows)["message"][0] == f"统一标识：{DAY} 检查不符合：牌匾、会议制度"
    assert "尚缺：牌匾、会议制度" in said(MANY, rows[2:])["message"][0]


def test_a_newer_judgement_of_the_item_stands_for_its_lines():
    line = judged("not_met", part=1)
    assert one(MANY, line, judged("met", at="2026-05-04"))[0] == "met"
    assert one(MANY, line, judged("met", at="2026-05-02"))[0] == "not_met"
    assert one(MANY, judged("met"))[0] == "met"


def test_lines_of_other_types_are_left_out():
    lines = [LINES[0], {**LINES[1], "site_types": ["home"]}]
    item = rule(Item, title={"zh": "标识"}, part=lines)
    rows = [judged("met", part=1), judged("met", part=1, station="S1")]
    found = said(item, rows, stations=[{}, {"type": "home"}])
    assert found["state"].tolist() == ["met", "unknown"]
    only = rule(Item, title={"zh": "标识"}, part=lines[1:])
    assert one(only, judged("met"))[0] == "met"


def test_judgements_of_unknown_stations_items_and_lines_are_left_out():
    rows = [
        judged("not_met", station="nobody"),
        judged("not_met", item="T-2"),
        judged("not_met", part=4),
        judged("not_met", part=-1),
    ]
    assert one(MANY, *rows)[0] == "unknown"
    pack_items = (ONE, MANY.model_copy(update={"id": "T-2"}))
    known = facts(stations=[{}], inspections=[judged("met"), judged("not_met", item="T-2", part=9)])
    found = frame(checklist.check_all(pack_items, known), lang="zh")
    assert found["state"].tolist() == ["met", "unknown"]


def test_random_judgements_are_those_of_a_loop():
    rng = np.random.default_rng(11)
    states = ["met", "not_met", NA, "unknown"]
    for _ in range(60):
        days = rng.permutation(28)[: rng.integers(0, 12)] + 1
        rows = [
            judged(rng.choice(states), part=int(rng.integers(0, 4)), at=f"2026-04-{day:02d}")
            for day in days
        ]
        newest = {}
        for r in sorted(rows, key=lambda r: r["at"]):
            if r["state"] != "unknown":
                newest[r["part"]] = r
        lines = []
        for line in LINES:
            own, whole = newest.get(line["number"]), newest.get(0)
            if whole and (own is None or whole["at"] > own["at"]):
                own = whole
            state = own["state"] if own else None
            room = line.get("may_not_apply") and own is not whole
            lines.append(None if state == NA and not room else state)
        if "not_met" in lines[:2]:
            expected = ("not_met", "binding")
        elif None in lines[:2]:
            expected = ("unknown", "binding")
        elif lines[2] == "not_met":
            expected = ("not_met", "advisory")
        else:
            expected = ("met" if "met" in lines else NA, "binding")
        assert one(MANY, *rows)[:2] == expected


def test_the_standing_of_a_station_is_that_of_its_binding_items():
    items = [
        rule(Item, id="A", title={"zh": "甲"}),
        rule(Item, id="B", title={"zh": "乙"}, part=LINES),
        rule(Item, id="C", title={"zh": "丙"}, force="advisory"),
    ]
    rows = []
    for station, states in {
        "S0": ("met", "met", "not_met"),
        "S1": ("met", "not_met", "met"),
        "S2": ("met", None, "met"),
        "S3": ("not_met", None, None),
    }.items():
        rows += [
            judged(s, station=station, item=i) for i, s in zip("ABC", states, strict=True) if s
        ]
    known = facts(stations=[{}] * 5, inspections=rows)
    table = checklist.standing(frame(checklist.check_all(items, known), lang="zh"))
    assert table["station_id"].tolist() == ["S0", "S1", "S2", "S3", "S4"]
    assert table["standing"].tolist() == [True, False, None, False, None]
    assert table["failed"].tolist() == ["", "B", "", "A", ""]
    assert table["open"].tolist() == [0, 0, 1, 1, 2]
    assert table["name"].tolist() == ["站0", "站1", "站2", "站3", "站4"]


def test_the_standing_of_no_findings():
    assert checklist.standing(frame([], lang="zh")).empty


def test_a_point_in_quzhou_is_held_to_its_own_items_alone():
    items = load("quzhou-2018").items
    known = facts(stations=[{"type": "point"}, {"type": "post"}])
    found = frame(checklist.check_all(items, known), lang="zh")
    held = found.groupby("subject_id")["rule_id"].agg(set)
    assert "Q-C9" in held["S0"]
    assert "Q-C1" not in held["S0"]
    assert "Q-C1" in held["S1"]
