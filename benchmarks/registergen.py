"""A register with many stations and a long past, written straight into its tables.

The stations come in by an ordinary import. What happened to them since is computed with the
register's own functions and written without its transactions, so that a million events take a
minute instead of an hour; the chain of hashes and the present state are those that
`Register.write` would have left, which ``stationmap db verify`` confirms.
"""

import datetime as dt
import random
import uuid
from collections.abc import Iterator

import sqlalchemy as sa

from stationmap.store import models, queries
from stationmap.store.events import Chain, Row, applied, content_hash, difference, plain, tracked
from stationmap.store.models import canonical
from stationmap.store.register import Register, row_of

SEED = 20260701
BUSY = 0  # the station that was changed every hundredth time
BATCH = 20_000
EDITS = {
    "status": ("active", "active", "suspended", "planned", "closed"),
    "hours": ("Mo-Fr 08:30-17:30", "Mo-Su 08:00-20:00", "24/7"),
    "supplies": ("umbrella", "umbrella;charging", "umbrella;charging;first_aid", "water"),
    "unit": ("和平街道办事处", "城南社区居委会", "第一人民医院", "交警大队"),
    "phone": ("0000-0000001", "0000-0000002", None),
    "address": ("人民路1号", "衢江路22号", "荷花路333号", "上街108号"),
}
STREETS = ("人民路", "衢江路", "荷花路", "上街", "下街", "新桥街", "县学街", "坊门街", "白云大道")
TRADES = ("便利店", "药店", "面馆", "理发店", "五金店", "书店", "水果店", "茶叶店")


def station_names(number: int) -> list[str]:
    """Names as shops have them, no two alike."""
    rng = random.Random(SEED)
    return [f"{rng.choice(STREETS)}{rng.choice(TRADES)}{n}有礼点" for n in range(number)]


def grow(register: Register, *, events: int) -> None:
    """Let the stations of a register be changed until it has `events` events."""
    with register.reading() as connection:
        head = connection.execute(sa.select(models.head)).one()
        table = models.station
        rows = {
            row["id"]: dict(row)
            for row in connection.execute(sa.select(table).order_by(table.c.created)).mappings()
        }
    made = {station: row["created"] for station, row in rows.items()}
    present = {station: plain(row) for station, row in rows.items()}
    touched: dict[str, int] = {}
    state = [head.seq, head.actions, head.hash]
    with register.writing() as connection:
        for actions, changes in _batches(present, touched, state, upto=events):
            connection.execute(sa.insert(models.event), changes)
            connection.execute(sa.insert(models.action), actions)
        ids = list(touched)
        queries.delete(connection, "station", ids)
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            connection.execute(
                sa.insert(models.station),
                [
                    row_of("station", i, present[i], created=made[i], version=touched[i])
                    for i in some
                ],
            )
        connection.execute(
            sa.update(models.head).values(seq=state[0], actions=state[1], hash=state[2])
        )


def _batches(
    present: dict[str, Row], touched: dict[str, int], state: list, *, upto: int
) -> Iterator[tuple[list[Row], list[Row]]]:
    """Rows of the tables of actions and events; keeps the three others up to date."""
    rng = random.Random(SEED)
    ids = list(present)
    at = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
    seq, number, last = state
    actions: list[Row] = []
    changes: list[Row] = []
    while seq < upto:
        station = ids[BUSY] if number % 100 == 0 else rng.choice(ids)
        column = rng.choice(list(EDITS))
        asked = {column: rng.choice(EDITS[column])}
        row = present[station]
        wanted = applied(row, asked) or {}
        if "brought" in row:
            wanted["brought"] = tracked(row, wanted)
        found = difference(row, wanted)
        if found is None:
            continue
        before, after = map(canonical, found)
        seq, number, at = seq + 1, number + 1, at + dt.timedelta(seconds=200)
        facts = {
            "number": number,
            "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "at": at.isoformat(timespec="milliseconds"),
            "by": f"a{rng.randrange(40):02d}",
            "kind": "edit",
            "note": "",
            "undoes": None,
            "events": 1,
            "content": content_hash("edit", [("station", station, asked, None)]),
        }
        chain = Chain(last)
        chain.add_action(**facts)
        chain.add_event(seq, "station", station, before, after)
        last = chain.hexdigest()
        actions.append({**facts, "seq": seq, "hash": last})
        changes.append(
            {
                "seq": seq,
                "action": number,
                "entity": "station",
                "entity_id": station,
                "before": before,
                "after": after,
            }
        )
        present[station], touched[station] = wanted, seq
        state[:] = seq, number, last
        if len(changes) == BATCH or seq == upto:
            yield actions, changes
            actions, changes = [], []
