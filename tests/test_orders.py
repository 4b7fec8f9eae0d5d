"""Orders: states, deadlines and questions to the register, apart from any page."""

import csv
import datetime as dt
import hashlib
import io
import itertools
import json
import uuid
import zipfile

import pytest
from PIL import Image

from stationmap.city.orders import addressed
from stationmap.errors import InputError
from stationmap.inspections import orders
from stationmap.inspections.checklist import LETTERS
from stationmap.reports import evidence
from stationmap.reports.notice import Case, Item, case_file, notice
from stationmap.standards import load
from stationmap.store import Change
from stationmap.store import orders as stored
from stationmap.store.orders import Asked

TODAY = dt.date(2026, 3, 5)
AT = "2026-03-05T04:00:00.000+00:00"


def order(state="open", due="2026-03-20", **more):
    return {"state": state, "due": due, "lines": ["a", "b"], "created": 7, **more}


def test_an_order_is_decided_by_all_of_its_lines():
    for found in itertools.product((*LETTERS, None), repeat=3):
        answers = {
            key: state
            for key, state in zip(("a", "b", "other"), found, strict=True)
            if state is not None
        }
        own = found[:2]
        if "not_met" in own:
            want = orders.RETURNED
        elif set(own) <= {"met", "not_applicable"}:
            want = orders.CLOSED
        else:
            want = None
        assert orders.decide(["a", "b"], answers) == want


def test_an_order_of_no_lines_is_never_closed():
    assert orders.decide([], {"a": "met"}) is None


@pytest.mark.parametrize(
    ("state", "due", "days"),
    [
        ("open", "2026-03-05", 0),
        ("open", "2026-03-04", 1),
        ("returned", "2026-02-28", 5),
        ("answered", "2026-02-01", 0),
        ("closed", "2026-02-01", 0),
        ("open", "2026-03-06", 0),
    ],
)
def test_an_order_is_overdue_from_the_day_after_its_deadline(state, due, days):
    assert orders.overdue(order(state, due), TODAY) == days


def test_no_step_of_a_person_closes_an_order():
    for state in orders.STATES:
        row = order(state)
        for step in (
            lambda row: orders.answered(row, answer="x", at=AT),
            lambda row: orders.returned(row, reason="x", due="2026-03-30", today=TODAY, at=AT),
            lambda row: orders.extended(row, reason="x", due="2026-03-30", today=TODAY, at=AT),
            lambda row: orders.cancelled(row, reason="x", at=AT),
        ):
            try:
                after = {**row, **step(row)}
            except InputError:
                continue
            assert state in orders.UNSETTLED
            assert after["state"] != orders.CLOSED


def test_only_an_answered_order_can_be_returned():
    for state in orders.STATES:
        assert orders.may(order(state), orders.RETURN, role="county") == (state == "answered")
        assert not orders.may(order(state), orders.RETURN, role="unit")


@pytest.mark.parametrize("due", ["", "x", "2026-02-30", "2026-03-04", "2027-03-07", "9999-12-31"])
def test_a_deadline_that_is_none_is_refused(due):
    with pytest.raises(InputError):
        orders.deadline(due, today=TODAY)


def test_more_time_is_a_later_day():
    with pytest.raises(InputError):
        orders.extended(order(), reason="x", due="2026-03-20", today=TODAY, at=AT)
    after = orders.extended(order(), reason="x", due="2026-03-21", today=TODAY, at=AT)
    assert after["due"] == "2026-03-21"
    assert "state" not in after


# -- in the register -------------------------------------------------------------------------


def entered(into):
    rows = [
        ("A", "330802", "U1", "open", "2026-03-01"),
        ("B", "330802", "U1", "returned", "2026-02-01"),
        ("C", "330803001", "U2", "answered", "2026-01-01"),
        ("D", "330803", "U2", "closed", "2026-01-01"),
        ("E", None, None, "open", "2026-04-01"),
    ]
    changes = [
        Change(
            "rectification",
            own,
            {
                "adcode": adcode,
                "unit_id": unit,
                "unit": unit and f"单位{unit}",
                "state": state,
                "due": due,
                "lines": ["x"],
                "issued_at": f"2026-01-0{n}T00:00:00.000+00:00",
                "decided_at": AT if state == "closed" else None,
            },
        )
        for n, (own, adcode, unit, state, due) in enumerate(rows, start=1)
    ]
    into.write(changes, action=str(uuid.uuid4()), by="cli", kind="inspect")


def ids(found):
    return [row["id"] for row in found[1]]


def test_lists_are_filtered_and_paged_by_the_database(register):
    entered(register)
    assert ids(stored.find(register, Asked())) == ["B", "A", "E", "C", "D"]
    assert ids(stored.find(register, Asked(adcode="330803"))) == ["C", "D"]
    assert ids(stored.find(register, Asked(unit_id="U1"))) == ["B", "A"]
    assert ids(stored.find(register, Asked(states=("open",)))) == ["A", "E"]
    assert ids(stored.find(register, Asked(late_on="2026-03-01"))) == ["B"]
    assert ids(stored.find(register, Asked(late_on="2026-03-02"))) == ["B", "A"]
    assert stored.find(register, Asked(), offset=1, limit=2)[0] == 5
    assert ids(stored.find(register, Asked(), offset=1, limit=2)) == ["A", "E"]
    period = Asked(since="2026-01-02T00:00:00.000+00:00", until="2026-01-04T00:00:00.000+00:00")
    assert ids(stored.find(register, period)) == ["B", "C"]
    assert [row["id"] for row in stored.each(register, Asked(), at_once=2)] == list("ABCDE")


def test_counts_by_county_and_unit_sum_to_the_lists(register):
    entered(register)
    rows = stored.standing(register, Asked(), today="2026-03-05")
    found = {(row["county"], row["unit_id"]): row for row in rows}
    assert found.keys() == {("330802", "U1"), ("330803", "U2"), ("", None)}
    west = found["330802", "U1"]
    assert (west["open"], west["returned"], west["late"]) == (1, 1, 2)
    assert (west["oldest"], west["unit"]) == ("2026-02-01", "单位U1")
    assert found["330803", "U2"]["late"] == 0
    assert sum(row[state] for row in rows for state in orders.STATES) == 5


def test_units_that_are_names_alone_are_counted_apart(register):
    changes = [
        Change("rectification", own, {"unit": unit, "state": "open", "due": due})
        for own, unit, due in [("F", "甲店", "2026-03-01"), ("G", "乙店", "2026-04-01")]
    ]
    register.write(changes, action=str(uuid.uuid4()), by="cli", kind="inspect")
    rows = stored.standing(register, Asked(), today="2026-03-05")
    assert {(row["unit"], row["open"], row["late"]) for row in rows} == {
        ("甲店", 1, 1),
        ("乙店", 1, 0),
    }


# -- as documents ----------------------------------------------------------------------------


def case(number="20260305-000007", **more):
    facts = {
        "title": load("changzhi-2021").label("notice").get("zh"),
        "number": number,
        "issuer": "长治市潞州区",
        "unit": "某街道办事处",
        "addressee": "某街道办事处",
        "copy_to": "区城管局",
        "station": "岗亭",
        "address": "",
        "visit": "暗访",
        "visited": "2026-03-04",
        "issued": "2026-03-05",
        "due": "2026-03-20",
        "note": "",
        "items": [Item("按时开放", "文件 第一条", "=1+1")],
        "state": "待整改",
        "answer": "",
    }
    return Case(**facts | more)


def said(report):
    """All words of a report."""
    blocks = [*report.opening, *(b for _, _, some in report.outline() for b in some)]
    rows = [row for block in blocks for row in getattr(block, "rows", ())]
    texts = [getattr(block, "text", "") for block in blocks]
    return "\n".join([report.title, report.subtitle, *texts, *(c for row in rows for c in row)])


def test_the_notice_has_the_title_of_its_pack_and_names_whom_it_concerns():
    text = said(notice(case(), lang="zh"))
    for part in (
        "整改意见",
        "某街道办事处：",
        "岗亭",
        "区城管局",
        "2026年3月20日",
        "2026年3月4日暗访",
    ):
        assert part in text
    assert "To 某街道办事处:" in said(notice(case(), lang="en"))


def test_a_notice_to_the_supervising_department_asks_it_to_see_to_its_unit():
    row = {"unit": "某街道办事处", "unit_id": "U1", "supervising_unit": "区民政局"}
    changzhi, quzhou = load("changzhi-2021"), load("quzhou-2018")
    assert addressed(row, quzhou) == ("某街道办事处", "区民政局")
    assert addressed(row, changzhi) == ("区民政局", "某街道办事处")
    assert addressed(row | {"supervising_unit": None}, changzhi) == ("某街道办事处", "")
    to, copy = addressed(row, changzhi)
    text = said(notice(case(addressee=to, copy_to=copy), lang="zh"))
    assert "区民政局：" in text
    assert "请督促某街道办事处于2026年3月20日" in text
    assert "发现某街道办事处所属站点岗亭有" in text
    assert "抄送：某街道办事处" in text
    assert "你单位" not in text
    facts = said(case_file(case(addressee=to, copy_to=copy), lang="zh"))
    assert "主送\n区民政局" in facts


def test_a_pack_tells_which_photos_are_missing_and_the_digest_of_all_others(tmp_path):
    there = tmp_path / "a.jpg"
    there.write_bytes(b"picture")
    events = [dict.fromkeys(evidence.EVENTS[1:], "=cmd()") | {"before": None, "after": {"x": 1}}]
    photos = [("photos/1-before-1.jpg", there), ("photos/1-before-2.jpg", tmp_path / "gone.jpg")]
    pieces = [evidence.Piece(case(n), photos, events) for n in ("1", "2")]
    parts = list(evidence.stream(iter(pieces), city="长治市", period="", lang="zh"))
    assert len([part for part in parts if part]) == 3  # each order by itself, then the rest
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as pack:
        missing = pack.read("MISSING.txt").decode().splitlines()
        digests = dict(
            reversed(line.split("  ", 1)) for line in pack.read("SHA256SUMS").decode().splitlines()
        )
        for name, digest in digests.items():
            assert hashlib.sha256(pack.read(name)).hexdigest() == digest
        rest = set(pack.namelist()) - digests.keys()
        table = list(csv.DictReader(io.TextIOWrapper(pack.open("events.csv"), "utf-8-sig")))
    assert missing == ["1/photos/1-before-2.jpg", "2/photos/1-before-2.jpg"]
    assert rest == {"MISSING.txt", "SHA256SUMS"}
    assert [row["order"] for row in table] == ["1", "2"]
    assert table[0]["kind"] == "'=cmd()"
    assert json.loads(table[0]["after"]) == {"x": 1}


def test_photos_stand_beside_each_other_the_one_before_on_the_left(tmp_path):
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (400, 300), colour).save(tmp_path / f"{name}.jpg")
    a, b = tmp_path / "a.jpg", tmp_path / "b.jpg"
    with Image.open(io.BytesIO(evidence.pair(a, b, caption="").png)) as whole:
        left, right = (whole.getpixel((whole.width * n // 4, whole.height // 2)) for n in (1, 3))
    assert left[0] > 200 > 50 > left[2]
    assert right[2] > 200 > 50 > right[0]
    assert evidence.pair(None, tmp_path / "gone.jpg", caption="") is None
