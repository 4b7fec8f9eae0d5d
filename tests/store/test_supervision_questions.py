"""Questions of supervision answer alike on both databases."""

import uuid

from stationmap.store import Change, supervision

AT = "2026-11-{day:02}T02:00:00.000+00:00"


def write(register, *changes):
    return register.write(list(changes), action=str(uuid.uuid4()), by="me", kind="edit")


def test_draws_come_newest_first_without_their_pools_and_by_scope(register):
    for number, adcode in enumerate(("", "3308", "330802", "3301")):
        columns = {"adcode": adcode, "seed": "x", "size": 1, "pool": "long", "drawn": []}
        write(register, Change("draw", f"d{number}", columns))
    total, rows = supervision.draws(register, adcode="", offset=1, limit=2)
    assert (total, [row["id"] for row in rows]) == (4, ["d2", "d1"])
    assert all("pool" not in row and row["by"] == "me" for row in rows)
    total, rows = supervision.draws(register, adcode="3308", offset=0, limit=9)
    assert (total, [row["id"] for row in rows]) == (2, ["d2", "d1"])
    # a sign that stands for others in a search stands for itself
    assert supervision.draws(register, adcode="33_8", offset=0, limit=9) == (0, [])


def test_a_round_laid_anew_leaves_the_draw_its_author(register):
    write(register, Change("draw", "d", {"adcode": "", "drawn": [], "note": "one"}))
    register.write(
        [Change("draw", "d", {"note": "two"})], action=str(uuid.uuid4()), by="other", kind="edit"
    )
    _, (row,) = supervision.draws(register, adcode="", offset=0, limit=9)
    assert (row["by"], row["note"]) == ("me", "two")


def test_what_was_visited_since(register):
    def visit(id_, station, day, **more):
        columns = {"station_id": station, "at": AT.format(day=day), "visit": "call", **more}
        write(register, Change("inspection", id_, columns))

    visit("a", "S1", 5)
    visit("b", "S1", 9)
    visit("c", "S2", 3)
    visit("d", "S3", 9, visit="self")
    visit("e", "S4", 9, voided="记错")
    visit("f", "S5", 9)
    visit("g", "S1", 7, visit="covert")
    ids = ["S1", "S2", "S3", "S4"]
    found = supervision.visited_since(register, ids, since=AT.format(day=4))
    assert found == {"S1": {"call": AT.format(day=9), "covert": AT.format(day=7)}}
    assert supervision.visited_since(register, [], since="") == {}


def test_orders_and_open_remarks(register):
    write(register, Change("rectification", "o", {"station_id": "S1", "state": "open"}))
    write(
        register,
        Change("remark", "r1", {"station_id": "S1", "state": "open"}),
        Change("remark", "r2", {"station_id": "S1", "state": "open"}),
        Change("remark", "r3", {"station_id": "S2", "state": "answered"}),
    )
    orders = supervision.orders(register)
    assert orders[["id", "station_id", "state"]].to_numpy().tolist() == [["o", "S1", "open"]]
    assert supervision.stations_with_remarks(register, state="open") == {"S1"}
