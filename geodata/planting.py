"""What is planted in the demo city against the standards, and everything else put right.

`settle` gives every place that a standard names its station, every station its parent and its
account; `Plants` then does what ``planted.toml`` says and lists what a check has to find.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geodata.buildings import Builder, Facility
from geodata.plane import Line, Point, distance, inside, middle
from geodata.register import BUREAU, STATUSES, TYPES, Register
from geodata.shops import Shop
from geodata.zones import Zone, quiet_place

WITHIN_M = 50.0  # what the packs assume of a place and its station
CITY_HOME, HEADS = "ZL-J0001", {"ZL": "ZL-J0002", "MX": "MX-J0001"}
# facilities that the standards name and the plan leaves without a station
NAMED = {"memorial", "bank"}


@dataclass(frozen=True)
class Ground:
    """Park of the open land: its id in the OSM file, its name and outline."""

    id: str
    name: str
    outline: tuple[Point, ...]


def plants() -> list[dict[str, Any]]:
    """Return the entries of ``planted.toml``."""
    text = (Path(__file__).parent / "planted.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["plant"]
    return found


def settle(
    register: Register, builder: Builder, shops: Sequence[Shop], grounds: Sequence[Ground]
) -> None:
    """Add the stations that are wanted beside the plan's own, then parents and accounts."""
    without = {p["at"] for p in plants() if p["do"] == "no_station"}
    for facility in builder.facilities:
        if not facility.station and facility.kind in NAMED and facility.name not in without:
            _post(register, facility.name, facility.door, facility.kind)
    for shop in shops:
        if shop.tags.get("amenity") == "bank":
            _post(register, shop.name, shop.door, "bank")
    for number, ground in enumerate(grounds, start=1):
        name = ground.name if ground.name != "滨江公园" else f"滨江公园{number - 1}号"
        register.add(
            "kiosk",
            f"{name}有礼亭",
            _within(ground.outline),
            unit=f"{ground.name}管理处",
            address=name,
            bureau=BUREAU["park"],
        )
    for row in register.rows:
        code = row["站点编号"]
        head = HEADS[code[:2]]
        row["总站"] = "" if code == CITY_HOME else CITY_HOME if code == head else head
        row["志愿汇账号"] = "HZ" + code.replace("-", "")


def _post(register: Register, name: str, door: Point, kind: str) -> None:
    bureau = BUREAU.get(kind, "文化和旅游局")
    register.add("post", f"{name}有礼站", door, unit=name, address=name, bureau=bureau)


def _within(ring: Sequence[Point]) -> Point:
    """Return a place inside a ring: its middle, else the middle of a chord."""
    centre = middle(ring)
    if inside(ring, centre):
        return centre
    half = len(ring) // 2
    chords = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a in ring for b in (ring[half], ring[0])]
    return max(
        (c for c in chords if inside(ring, c)), key=lambda c: min(distance(c, p) for p in ring)
    )


@dataclass
class Plants:
    """Does what is planted to the register, and keeps it for the other tables.

    Attributes
    ----------
    entries : list of dict
        Of ``planted.toml``.
    station : dict
        Facility or plant → number of its station.
    """

    register: Register
    facilities: Mapping[str, Facility]
    crowd: Line  # places beside which nothing quiet is
    decoys: Mapping[str, str]  # kind of decoy in a planted stretch → its station
    entries: list[dict[str, Any]] = field(default_factory=plants)
    station: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.register.rows:
            self.station.setdefault(row["所属单位"], row["站点编号"])
        for entry in self.entries:
            if "decoy" in entry:
                self.station[entry["id"]] = self.decoys[entry["decoy"]]

    def doing(self, *what: str) -> list[dict[str, Any]]:
        """Return the entries that do one of some things."""
        return [entry for entry in self.entries if entry["do"] in what]

    def apply(self) -> None:
        """Change the rows of the register that are planted wrong."""
        rows = {row["站点编号"]: row for row in self.register.rows}
        for entry in self.doing("add"):
            self._add(entry)
        for entry in self.doing("status", "parent", "name", "hours", "platform"):
            if "at" not in entry:
                continue
            row = rows[self.station[entry["at"]]]
            if entry["do"] == "status":
                row["状态"] = STATUSES[entry["status"]]
            elif entry["do"] == "parent":
                row["总站"] = self.station[entry["parent"]] if "parent" in entry else ""
            elif entry["do"] == "name":
                row["站点名称"] = entry["name"]
            elif entry["do"] == "hours":
                row["开放时间"] = entry["hours"]
            else:
                row["志愿汇账号"] = ""

    def _add(self, entry: dict[str, Any]) -> None:
        if "street" in entry:
            place = quiet_place(self.register.town, entry["street"], self.crowd)
        else:
            place = self.facilities[entry["at"]].door
        number = self.register.add(
            entry["type"], entry["name"], place, unit="待核实", address=entry["name"]
        )
        row = self.register.rows[-1]
        head = HEADS[number[:2]]
        row["总站"] = "" if entry.get("alone") else head
        row["志愿汇账号"] = "HZ" + number.replace("-", "")
        self.station[entry["id"]] = number

    def violations(
        self,
        *,
        osm_id: Mapping[Any, str],
        zones: Sequence[Zone],
        units: Mapping[str, str],
        districts: Mapping[str, str],
    ) -> list[dict[str, Any]]:
        """List what a check has to find, by the ids under which it will speak of it."""
        area = {zone.name: zone.id for zone in zones} | dict(districts)
        known = {"facility": osm_id, "station": self.station, "unit": units}
        known |= {"area": area, "city": area}
        out = []
        for entry in self.entries:
            for requirement, kind, packs, subject_kind, name in entry["found"]:
                subject = self.station[entry["id"]] if name == "+" else known[subject_kind][name]
                out.append(
                    {
                        "id": entry["id"],
                        "kind": kind,
                        "requirement": requirement,
                        "packs": packs,
                        "subject_kind": subject_kind,
                        "subject_id": subject,
                        "subject": entry.get("name", subject) if name == "+" else name,
                        "what": entry["what"],
                    }
                )
        return out


def off_the_streets(stations: Mapping[str, str]) -> list[dict[str, Any]]:
    """List the points that the town has on streets where the standard asks for none."""
    return [
        {
            "id": "off-the-streets",
            "kind": "placement",
            "requirement": "Q-T4",
            "packs": ["quzhou-2018"],
            "subject_kind": "station",
            "subject_id": number,
            "subject": name,
            "what": "有礼点不在临街店面、路口和公交站点",
        }
        for number, name in stations.items()
    ]


def types_of(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Type of each station by its number."""
    word = {name: kind for kind, (name, _) in TYPES.items()}
    return {row["站点编号"]: word[row["类型"]] for row in rows}
