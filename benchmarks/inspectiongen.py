"""A register with many inspections, written straight into its tables.

What `stationmap.city.visits` would have left is computed with the register's own functions and
written without its transactions; ``stationmap db verify`` confirms the chain. Three stations in
four were ever visited, one of them in every hundredth visit; one visit in twenty found something
and left an order, of which two in three are settled.
"""

import datetime as dt
import random
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from stationmap.inspections import Checklist
from stationmap.store import models
from stationmap.store.events import Chain, Row, clean, content_hash
from stationmap.store.models import canonical
from stationmap.store.register import Register, row_of

SEED = 20261122
BUSY = 0  # the station of every hundredth visit
BATCH = 10_000
DAYS = 900  # over which the visits are spread, up to the last day
INSPECTORS = 40


def inspect(
    register: Register,
    checklist: Checklist,
    *,
    stations: list[Mapping[str, Any]],
    inspections: int,
    until: dt.datetime,
) -> None:
    """Add inspections of some stations (rows of the register) up to an instant."""
    with register.reading() as connection:
        head = connection.execute(sa.select(models.head)).one()
    state = [head.seq, head.actions, head.hash]
    drawn = _drawn(stations, checklist, inspections=inspections, until=until)
    with register.writing() as connection:
        for part in _written(drawn, state):
            for table, rows in part.items():
                if rows:
                    connection.execute(sa.insert(table), rows)
        connection.execute(
            sa.update(models.head).values(seq=state[0], actions=state[1], hash=state[2])
        )


def _drawn(
    stations: list[Mapping[str, Any]],
    checklist: Checklist,
    *,
    inspections: int,
    until: dt.datetime,
) -> Iterator[tuple[str, str, str, list[tuple[str, str, Row]]]]:
    """Actions: when, whose, of what kind, and the rows that each brings, (entity, id, columns)."""
    rng = random.Random(SEED)
    visited = [row for row in stations if rng.random() < 0.75]
    start = until - dt.timedelta(days=DAYS)
    words = {"pack": checklist.pack, "edition": checklist.edition, "content": checklist.content}
    yield (
        start.isoformat(timespec="milliseconds"),
        "system",
        "edition",
        [("checklist", checklist.id, words)],
    )
    lines = {kind: [line.key for line in checklist.of_type(kind)] for kind in _types(stations)}
    for number in range(inspections):
        row = stations[BUSY] if number % 100 == 0 else rng.choice(visited)
        own, by = str(uuid.UUID(int=rng.getrandbits(128), version=4)), f"i{number % INSPECTORS}"
        when = start + dt.timedelta(days=DAYS) * (number / inspections)
        at = when.isoformat(timespec="milliseconds")
        keys = lines[row["type"]]
        failed = rng.sample(keys, rng.randint(1, 3)) if rng.random() < 0.05 else []
        answers = dict.fromkeys(keys, "met") | dict.fromkeys(failed, "not_met")
        photos = (
            {failed[0]: [str(uuid.UUID(int=rng.getrandbits(128), version=4))]} if failed else {}
        )
        shared = {"station_id": row["id"], "checklist": checklist.id, "adcode": row["adcode"]}
        inspection = {
            **shared,
            "visit": rng.choice(("call", "call", "supervision", "covert")),
            "inspector_id": by,
            "at": at,
            "received_at": at,
            "claimed_at": at,
            "found": checklist.found(answers),
            "result": "not_met" if failed else "met",
            "details": {"notes": dict.fromkeys(failed, "门口"), "same": [], "photos": photos},
            "seq": number,
            "unit_id": row["unit_id"],
        }
        rows = [("inspection", own, inspection)]
        for key, ids in photos.items():
            picture = {"sha256": f"{number:064x}", "bytes": 200_000, "width": 1600, "height": 1200}
            belongs = {"station_id": row["id"], "inspection_id": own, "line": key}
            rows += [("photo", photo, {**picture, **belongs}) for photo in ids]
        if failed:
            settled = rng.random() < 2 / 3
            order = {
                **shared,
                "inspection_id": own,
                "unit": row["unit"],
                "unit_id": row["unit_id"],
                "lines": sorted(failed),
                "due": (when + dt.timedelta(days=15)).date().isoformat(),
                "state": "closed" if settled else rng.choice(("open", "open", "answered")),
                "issued_at": at,
                "closed_by": own if settled else None,
            }
            of = str(uuid.UUID(int=rng.getrandbits(128), version=4))
            rows.append(("rectification", of, order))
        yield at, by, "inspect", rows


def _types(stations: list[Mapping[str, Any]]) -> set[str]:
    return {row["type"] for row in stations}


def _written(
    drawn: Iterator[tuple[str, str, str, list[tuple[str, str, Row]]]], state: list
) -> Iterator[dict[sa.Table, list[Row]]]:
    """Rows of all tables, some thousand actions at a time; keeps `state` up to date."""
    seq, number, last = state
    part: dict[sa.Table, list[Row]] = {}
    for at, by, kind, rows in drawn:
        number += 1
        facts = {
            "number": number,
            "id": rows[0][1] if kind == "inspect" else str(uuid.UUID(rows[0][1])),
            "at": at,
            "by": by,
            "kind": kind,
            "note": "",
            "undoes": None,
            "events": len(rows),
            "content": content_hash(kind, [("request", kind, {"sent": number}, None)]),
        }
        chain = Chain(last)
        chain.add_action(**facts)
        for entity, own, columns in rows:
            seq += 1
            present = {n: v for n, v in clean(entity, columns).items() if v is not None}
            after = canonical(present)
            chain.add_event(seq, entity, own, None, after)
            part.setdefault(models.event, []).append(
                {
                    "seq": seq,
                    "action": number,
                    "entity": entity,
                    "entity_id": own,
                    "before": None,
                    "after": after,
                }
            )
            row = row_of(entity, own, present, created=seq, version=seq)
            part.setdefault(models.ENTITIES[entity], []).append(row)
        last = chain.hexdigest()
        part.setdefault(models.action, []).append({**facts, "seq": seq, "hash": last})
        state[:] = seq, number, last
        if number % BATCH == 0:
            yield part
            part = {}
    yield part
