"""What a plan of the demo city proposes is adopted without a doubt: both see the same stations."""

import datetime as dt
import uuid

import pytest
from demo_check import make

from stationmap.city import scenario_adopt, scenarios
from stationmap.city.plan_keep import changes_of
from stationmap.city.plans import PlanAsked
from stationmap.messages import render


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make(tmp_path_factory.mktemp("demo") / "demo-city")


def adoption(city, plan):
    now = city.now()
    kept, _ = scenarios.save(
        city.register,
        now,
        name="方案",
        changes=changes_of(plan),
        action=str(uuid.uuid4()),
        by="cli",
        now=dt.datetime(2026, 11, 23, tzinfo=dt.UTC),
    )
    everywhere = {"covers": lambda *_: True, "manages": True}
    return scenario_adopt.steps(city.register, now, kept, **everywhere)


def test_all_of_a_plan_of_two_streets_is_adoptable_beside_suspended_stations(demo):
    plan = demo.now().plan(PlanAsked(streets=("西门路", "东门路")))
    found = adoption(demo, plan)
    assert len(found) == len(plan.proposals) > 10
    assert [(one.name, one.doubts) for one in found if not one.plain] == []
    told = render(plan.summary["assumptions"][-1].template, {"count": "", "names": ""}, lang="zh")
    assert "恢复开放" in told
    assert "盛客药店有礼点" in plan.summary["assumptions"][-1].params["names"]


def test_all_of_a_plan_on_foot_is_adoptable(demo):
    plan = demo.now().plan(PlanAsked(within_m=300.0, demand="people", budget=10))
    found = adoption(demo, plan)
    assert found
    assert [(one.name, one.doubts) for one in found if not one.plain] == []
