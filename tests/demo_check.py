"""The demo city held to each standard, on one day, with the inspections of its own.

``python tests/demo_check.py`` writes the golden files anew. They say what a check of the demo city
finds: a change there is one of the demo city, of a pack or of a check; know which before you
commit it.
"""

import datetime as dt
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from geodata.cli import DEMO, demo
from stationmap import City, load_pack
from stationmap.city.inspections import read_inspections

PACKS = ("quzhou-2018", "changzhi-2021", "zhanjiang-2018", "ordos-2018", "simao-2015")
OWN = PACKS[0]
TODAY = dt.date(2026, 7, 1)
GOLDEN = Path(__file__).parent / "golden"
PLANTED = json.loads((DEMO / "planted.json").read_text(encoding="utf-8"))
# what the town lacks along its streets is no single mistake: two fifths of its front are served
STREETS = ("Q-S1", "Q-S2")


def make(folder: Path) -> City:
    """Make the demo city."""
    demo(folder)
    return City.open(folder)


def check(city: City, pack_id: str):
    """Hold the demo city to a standard; to another than its own by the roles of its stations."""
    pack = load_pack(pack_id)
    lists = DEMO / f"inspections-{pack_id}.csv"
    return city.check(
        standard=None if pack_id == OWN else pack,
        inspections=read_inspections(lists, pack=pack) if lists.exists() else None,
        today=TODAY,
    )


def violations(pack_id: str) -> list[dict[str, Any]]:
    """What is planted against a standard, as the generator lists it."""
    return [v for v in PLANTED["violations"] if pack_id in v["packs"]]


Shortfall = tuple[str, str, str]


def shortfalls(findings) -> dict[Shortfall, str]:
    """Kind, rule and subject → what is said of it; those along the streets are left out."""
    rows = findings[(findings["state"] == "not_met") & ~findings["rule_id"].isin(STREETS)]
    names = (rows[name].astype("str") for name in ("kind", "rule_id", "subject_id", "message"))
    return {(kind, rule, subject): said for kind, rule, subject, said in zip(*names, strict=True)}


def tells(violation: dict[str, Any], shortfall: Shortfall) -> bool:
    """Whether a shortfall is what is planted: a requirement stands for its dotted ids too."""
    kind, rule_id, subject = shortfall
    rules = (rule_id, rule_id.split(".")[0])
    return (violation["kind"], violation["subject_id"]) == (kind, subject) and (
        violation["requirement"] in rules
    )


def golden(findings, pack_id: str) -> dict[str, Any]:
    """Say what a check of the demo city finds, and why each shortfall is there.

    ``states`` counts findings by rule, kind and state. ``not_met`` lists shortfalls with the reason
    from the generator's list: all of them for the town's own standard, but for those along the
    streets (``streets`` counts gaps by street, and junctions and stops) and the points in doubt;
    for another standard those that were planted against it.
    """
    columns = ["rule_id", "kind", "subject_id", "subject_name", "force"]
    rows = findings[findings["state"] == "not_met"]
    listed = []
    for row in rows[columns].astype("str").to_dict("records"):
        shortfall = row["kind"], row["rule_id"], row["subject_id"]
        reason = next((v for v in violations(pack_id) if tells(v, shortfall)), None)
        doubtful = row["rule_id"] == "Q-T4" and row["subject_id"] in PLANTED["points_in_doubt"]
        if reason is None and (pack_id != OWN or row["rule_id"] in STREETS or doubtful):
            continue
        said = {"planted": reason["id"], "why": reason["what"]} if reason else {"planted": None}
        listed.append(row | said)
    counts: dict[str, Counter] = {}
    names = zip(findings["rule_id"], findings["kind"], findings["state"], strict=True)
    for rule_id, kind, state in names:
        counts.setdefault(f"{rule_id} {kind}", Counter())[state] += 1
    streets = rows[rows["rule_id"].isin(STREETS)]
    return {
        "pack": pack_id,
        "today": TODAY.isoformat(),
        "states": {rule: dict(sorted(states.items())) for rule, states in counts.items()},
        "streets": {
            rule: dict(sorted(Counter(group["subject_name"].astype("str")).items()))
            for rule, group in streets.groupby("rule_id", observed=True)
        },
        "not_met": sorted(listed, key=lambda r: [r[c] for c in columns]),
    }


def main() -> None:
    """Make the demo city, hold it to each standard and write what is found."""
    with tempfile.TemporaryDirectory() as scratch:
        city = make(Path(scratch) / "demo-city")
        for pack in PACKS:
            document = golden(check(city, pack).findings, pack)
            text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
            (GOLDEN / f"{pack}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
