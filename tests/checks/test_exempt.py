"""Exemptions spare their subject for their rule and their time, and are said."""

from datetime import date

import pandas as pd
import pytest
from facts_builder import COUNTY, facts, place, rule

from stationmap.checks import exempt, findings, presence
from stationmap.standards import PresenceRule, load

TODAY = date(2026, 6, 15)
GAPS = pd.DataFrame({"gap_id": ["g"], "street_id": ["s"], "from_m": [100.0], "to_m": [180.0]})


def exemption(**fields):
    row = dict.fromkeys(("id", "rule_id", "from_m", "to_m", "until"))
    row |= {"subject_id": "F0", "reason": "施工", "approver": "市文明办"}
    return pd.DataFrame([row | fields])


def spared(exemptions, *, subject="F0", state="not_met"):
    one = rule(PresenceRule, id="T-1.2", site_type="post", at=["hospital"])
    pack = load("quzhou-2018").model_copy(update={"rules": (one,)})
    site = {"category": "hospital", "adcode": COUNTY, "geometry": place(0, 0)}
    known = facts(pack=pack, facilities=[site], complete=["stations"])
    frame = findings.frame(presence.check(one, known), lang="zh")
    frame["subject_id"], frame["state"] = subject, pd.Categorical([state])
    row = exempt.spare(frame, exemptions, gaps=GAPS, today=TODAY, lang="zh").iloc[0]
    return row["state"] == "not_applicable", row["message"]


@pytest.mark.parametrize(
    ("until", "holds"), [("2026-06-14", False), ("2026-06-15", True), (None, True)]
)
def test_an_exemption_holds_up_to_and_on_its_last_day(until, holds):
    found, message = spared(exemption(until=until))
    assert found == holds
    assert ("施工" in message) == holds


@pytest.mark.parametrize("until", ["2026-12-31", None])
def test_who_approved_is_not_told_in_the_sentence(until):
    held, message = spared(exemption(until=until, approver="张三 副局长"))
    assert held
    assert "张三" not in message


@pytest.mark.parametrize("until", ["2026-12-31", pd.Timestamp("2026-12-31")])
def test_the_last_day_is_said_however_it_is_kept(until):
    assert "豁免至 2026-12-31" in spared(exemption(until=until))[1]


@pytest.mark.parametrize(
    ("rule_id", "holds"), [("T-1", True), ("T-1.2", True), ("T-1.1", False), ("T", False)]
)
def test_it_holds_for_its_rule_alone(rule_id, holds):
    assert spared(exemption(rule_id=rule_id))[0] == holds


def test_it_holds_for_its_subject_alone_and_what_is_met_stays_met():
    assert not spared(exemption(subject_id="F1"))[0]
    assert not spared(exemption(), state="met")[0]


@pytest.mark.parametrize(
    ("from_m", "to_m", "holds"),
    [(100.0, 180.0, True), (100.1, 180.0, False), (100.0, 179.9, False), (None, None, True)],
)
def test_a_stretch_of_a_street_spares_the_gaps_within_it(from_m, to_m, holds):
    row = exemption(subject_id="s", from_m=from_m, to_m=to_m)
    assert spared(row, subject="g")[0] == holds


def test_an_exempt_stretch_of_a_street_leaves_the_street_itself_as_it_is():
    assert spared(exemption(subject_id="s"), subject="s")[0]
    assert not spared(exemption(subject_id="s", from_m=100.0, to_m=180.0), subject="s")[0]
    assert spared(exemption(subject_id="s", from_m=100.0, to_m=180.0), subject="g")[0]
