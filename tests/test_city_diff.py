"""Lists against the register: the same rows found again, and merged field by field."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.city.diff import (
    Fresh,
    Refused,
    alike,
    brought_by,
    compare,
    edited,
    pairs,
    renumbered,
)
from stationmap.store.events import applied, plain, plain_of, same, tracked

BASE = {"name": "甲", "type": "point", "address": "人民路", "geometry": (118.8, 28.9)}
H = [f"s-{k:012x}" for k in range(9)]


def fresh(own, number=2, **values):
    return Fresh(own, number, BASE | values)


def row(own, *, brought=None, version=1, **values):
    return (
        BASE | {"id": own, "version": version, "source": "list", "brought": brought or {}} | values
    )


def against(rows, standing, **options):
    return compare(rows, standing, entity="station", source="list", **options)


def after(diff):
    return {c.id: c.after for c in diff.changes}


# --------------------------------------------------------------------- which row is which


def test_new_rows_are_expected_not_to_stand_there_yet():
    diff = against([fresh("A1", phone=None)], [])
    (change,) = diff.changes
    assert (change.id, change.expects) == ("A1", 0)
    assert change.after == BASE | {"source": "list", "brought": {}}
    assert [line.id for line in diff.new] == ["A1"]


def test_a_row_that_says_the_same_is_no_change():
    diff = against([fresh("A1")], [row("A1")])
    assert not diff.changes
    assert [line.id for line in diff.same] == ["A1"]


def test_an_id_that_others_have_gets_the_name_of_the_source_and_is_found_again():
    first = against([fresh("A1")], [], taken={"A1"})
    assert first.changes[0].id == "list-A1"
    assert first.changes[0].after["brought"] == {"id": "A1"}
    again = against([fresh("A1")], [row("list-A1", brought={"id": "A1"})], taken=set())
    assert not again.changes
    # as registers of before have it, without the id of the file
    old = against([fresh("A1")], [row("list-A1")])
    assert after(old) == {"list-A1": {"brought": {"id": "A1"}}}
    twice = against([fresh("A1")], [], taken={"A1", "list-A1"})
    assert twice.changes[0].id == "list-A1-2"


def test_a_row_without_an_id_is_found_by_its_name_and_keeps_its_id():
    standing = [row(H[0]), row(H[1], name="乙", geometry=(1, 1))]
    diff = against(
        [fresh(H[2], address="新桥街"), fresh(H[1], name="乙", geometry=(1, 1))], standing
    )
    assert after(diff) == {H[0]: {"address": "新桥街", "brought": {"id": H[2]}}}
    assert not diff.new
    assert not diff.missing
    later = row(H[0], address="新桥街", brought={"id": H[2]})
    assert not against([fresh(H[2], address="新桥街")], [later]).changes


def test_a_renamed_row_without_an_id_is_found_by_its_place():
    diff = against([fresh(H[2], name="改名")], [row(H[0])])
    assert [f.name for f in diff.changed[0].fields] == ["name"]


def test_two_of_one_name_are_not_mistaken_for_each_other():
    standing = [row(H[0], geometry=(1, 1)), row(H[1], geometry=(2, 2))]
    rows = [fresh(H[2], geometry=(3, 3)), fresh(H[3], geometry=(4, 4))]
    assert pairs(rows, standing, source="list") == {}
    # of another type the name tells them apart
    standing[1]["type"] = rows[1].values["type"] = "post"
    assert {p: r["id"] for p, r in pairs(rows, standing, source="list").items()} == {
        0: H[0],
        1: H[1],
    }


def test_a_row_with_an_id_is_never_found_by_its_name():
    diff = against([fresh("A2")], [row("A1")])
    assert [line.id for line in diff.new] == ["A2"]
    assert [line.id for line in diff.missing] == ["A1"]


def test_an_id_that_an_earlier_row_holds_is_not_given_twice():
    # the row of hash 0 says something else by now; another says what it said then
    standing = [row(H[0], name="乙", brought={"id": H[1]})]
    diff = against([fresh(H[0]), fresh(H[1], name="乙")], standing)
    assert [line.id for line in diff.new] == [f"list-{H[0]}"]
    assert not diff.missing


def test_lists_that_share_numbers_alone_are_told():
    standing = [row("1"), row("2", name="乙", geometry=(1, 1))]
    other = [
        fresh("1", name="丙", address="x", geometry=(5, 5)),
        fresh("2", name="丁", address="y", geometry=(6, 6)),
    ]
    assert alike(pairs(other, standing, source="list"), other) == 0
    moved = [fresh("1", geometry=(5, 5)), fresh("2", name="丁", geometry=(1, 1))]
    assert alike(pairs(moved, standing, source="list"), moved) == 2


def test_a_row_that_is_given_an_id_is_still_the_same():
    standing = [
        row(H[0], address="手改", brought={"address": "人民路"}),
        row(H[1], geometry=(1, 1)),
    ]
    diff = against([fresh("A1"), fresh("A2", geometry=(1, 1))], standing)
    assert after(diff) == {
        H[0]: {"brought": {"address": "人民路", "id": "A1"}},
        H[1]: {"brought": {"id": "A2"}},
    }
    elsewhere = against([fresh("A1", geometry=(9, 9))], standing[:1])
    assert [line.id for line in elsewhere.new] == ["A1"]


def test_rows_that_name_each_other_do_so_by_the_ids_they_got():
    rows = [fresh("A1"), fresh("A2", name="乙", parent_id="A1"), fresh("A3", parent_id="B")]
    diff = against(rows, [], taken={"A1"})
    assert [c.after.get("parent_id") for c in diff.changes] == [None, "list-A1", "B"]


# --------------------------------------------------------------------- field by field


def test_what_the_source_changed_is_set_and_what_was_edited_stays():
    standing = [row("A1", name="手改", brought={"name": "甲"})]
    diff = against([fresh("A1", address="新桥街")], standing)
    assert after(diff) == {"A1": {"address": "新桥街"}}
    assert diff.changes[0].expects == 1
    assert [(f.name, f.before, f.after) for f in diff.changed[0].fields] == [
        ("address", "人民路", "新桥街")
    ]
    assert not diff.conflicts
    assert edited(standing[0])


def test_where_both_changed_the_edit_stays_and_is_listed_once():
    standing = [row("A1", name="手改", brought={"name": "甲"})]
    diff = against([fresh("A1", name="新名")], standing)
    assert after(diff) == {"A1": {"brought": {"name": "新名"}}}
    (told,) = diff.conflicts[0].fields
    assert (told.before, told.after, told.brought) == ("手改", "新名", "甲")
    assert diff.conflicts[0].row == 2
    assert [line.fields for line in diff.changed] == [()]
    again = against([fresh("A1", name="新名")], [row("A1", name="手改", brought={"name": "新名"})])
    assert not again.changes
    assert not again.conflicts


def test_where_both_say_the_same_there_is_nothing_left_of_the_edit():
    diff = against([fresh("A1", name="手改")], [row("A1", name="手改", brought={"name": "甲"})])
    assert after(diff) == {"A1": {"brought": {}}}
    assert [line.id for line in diff.same] == ["A1"]


def test_a_place_set_by_hand_stays_whole():
    placed = {"geometry": (118.9, 29.0), "adcode": "330803"}
    said = {"source_lon": 118.8, "source_lat": 28.9, "adcode": "330802"}
    standing = [row("A1", **said | placed, brought={"geometry": [118.8, 28.9], "adcode": "330802"})]
    assert not against([fresh("A1", **said)], standing).changes
    moved = against(
        [fresh("A1", **said | {"geometry": (118.7, 28.9), "source_lon": 118.7})], standing
    )
    assert set(after(moved)["A1"]) == {"brought"}
    assert [f.name for f in moved.conflicts[0].fields] == ["geometry"]
    # 待定位, then placed by a person
    located = [row("A1", **placed, brought={"geometry": None, "adcode": "330802"})]
    assert not against([fresh("A1", geometry=None, adcode="330802")], located).changes


def test_a_moved_row_moves_with_all_that_belongs_to_its_place():
    standing = [row("A1", source_lon=118.8, adcode="330802")]
    diff = against([fresh("A1", geometry=(1.0, 2.0), source_lon=1.0, adcode="330803")], standing)
    assert after(diff)["A1"] == {"geometry": (1.0, 2.0), "source_lon": 1.0, "adcode": "330803"}
    assert [f.name for f in diff.changed[0].fields] == ["geometry"]


def test_another_row_number_is_no_news():
    diff = against([fresh("A1", source_row=9)], [row("A1", source_row=2)])
    assert after(diff) == {"A1": {"source_row": 9}}
    assert len(diff.same) == 1


def test_columns_that_a_correction_does_not_have_are_left_alone():
    one = Fresh("A1", 2, {"name": "新名"})
    diff = against([one], [row("A1", address="手改", brought={"address": "人民路"})], add=True)
    assert after(diff) == {"A1": {"name": "新名"}}


# --------------------------------------------------------------------- what is missing


def test_only_what_nobody_edited_and_no_refused_row_means_is_removed():
    standing = [
        row("A1"),
        row("A2", name="手改", brought={"name": "乙"}),
        row("A3"),
        row(H[0], name="丙"),
        row("A5", name="丙"),
    ]
    refused = Refused(frozenset({"A3"}), {"name": frozenset({"丙"})})
    diff = against([], standing, refused=refused)
    assert {c.id: (c.after, c.expects) for c in diff.changes} == {"A1": (None, 1)}
    assert [line.id for line in diff.missing] == ["A1"]
    assert [line.id for line in diff.kept] == ["A2"]
    assert [line.id for line in diff.held] == ["A3", H[0], "A5"]
    assert not against([], standing, add=True).changes


def test_what_somebody_removed_stays_removed():
    diff = against([fresh("A1"), fresh("A2", 3)], [], lost=lambda ids: {"A1"} & {*ids})
    assert [line.id for line in diff.removed_by_hand] == ["A1"]
    assert [c.id for c in diff.changes] == ["A2"]
    assert diff.ids == {1: "A2"}


def test_the_lists_in_json_are_bounded_and_the_same_rows_only_counted():
    rows = [fresh(f"A{k}", k, address="x" * 1000) for k in range(70)]
    standing = [row(f"A{k}") for k in range(70)] + [row("B", name=None)]
    told = against(rows, standing).to_json()
    assert told["changed"]["count"] == 70
    assert len(told["changed"]["rows"]) == 50
    assert len(told["changed"]["rows"][0]["fields"][0]["after"]) == 200
    assert told["same"] == {"count": 0}
    assert told["missing"]["rows"] == [{"id": "B", "name": None, "row": None, "fields": []}]


def test_a_correction_of_a_row_without_an_id_is_not_taken_for_its_namesake_elsewhere():
    standing = [row(H[0])]
    elsewhere, there = fresh(H[1], geometry=(1, 1)), fresh(H[1], address="新桥街")
    assert [line.id for line in against([elsewhere], standing, add=True).new] == [H[1]]
    assert [line.id for line in against([there], standing, add=True).changed] == [H[0]]


def test_a_list_that_was_numbered_anew_is_noticed():
    names = "甲乙丙丁"
    standing = [row(str(k), name=name, geometry=(k, k)) for k, name in enumerate(names)]
    rows = [fresh(str(k), name=name, geometry=(k + 1, k + 1)) for k, name in enumerate(names[1:])]
    assert renumbered(pairs(rows, standing, source="list"), rows) == 2
    same_ids = [fresh(str(k), name=f"新{name}") for k, name in enumerate(names)]
    assert renumbered(pairs(same_ids, standing, source="list"), same_ids) == 0


# --------------------------------------------------------------------- whatever happens

COLUMNS = {
    "name": st.sampled_from(["甲", "乙", "丙", None]),
    "address": st.sampled_from(["人民路", "新桥街", None]),
    "geometry": st.sampled_from([(1.0, 1.0), (2.0, 2.0), None]),
    "source_lon": st.sampled_from([1.0, 2.0, None]),
}
ROWS = st.lists(
    st.tuples(st.sampled_from(["A1", "A2", "A3", *H[:3]]), st.fixed_dictionaries(COLUMNS)),
    max_size=5,
    unique_by=lambda one: one[0],
)


def written(rows, changes):
    """Carry changes out as the register does."""
    held = {row["id"]: row for row in rows}
    for change in changes:
        assert change.expects == (held[change.id]["version"] if change.id in held else 0)
        if change.after is None:
            del held[change.id]
            continue
        before = held.get(change.id, dict.fromkeys(COLUMNS) | {"id": change.id, "version": 0})
        held[change.id] = before | change.after | {"version": before["version"] + 1}
    return list(held.values())


def by_hand(row, **columns):
    """Edit a row as a person does: what its source said is kept beside."""
    before = plain(row)
    after = applied(before, plain_of(columns))
    return row | columns | {"brought": tracked(before, after), "version": row["version"] + 1}


@settings(deadline=None, max_examples=300)
@given(first=ROWS, second=ROWS, edits=st.data())
def test_no_edit_is_lost_and_what_came_in_once_comes_in_no_more(first, second, edits):
    brought = [Fresh(own, k, values) for k, (own, values) in enumerate(first)]
    held = written([], against(brought, []).changes)
    for place in range(len(held)):
        column = edits.draw(st.sampled_from([None, "name", "address", "geometry"]))
        if column:
            held[place] = by_hand(held[place], **{column: edits.draw(COLUMNS[column])})
    said = {one["id"]: brought_by(one) for one in held}
    newer = [Fresh(own, k, values) for k, (own, values) in enumerate(second)]
    diff = against(newer, held)
    later = {one["id"]: one for one in written(held, diff.changes)}
    for one in held:
        own = [n for n in ("name", "address", "geometry") if not same(one[n], said[one["id"]][n])]
        # what a person wrote stands, and its row with it
        assert all(same(later[one["id"]][n], one[n]) for n in own)
    # each row of the list stands, and is remembered as the list has it
    assert len(diff.ids) == len(set(diff.ids.values())) == len(newer)
    for position, fresh_row in enumerate(newer):
        told = brought_by(later[diff.ids[position]])
        assert told["id"] == fresh_row.id
        assert all(same(told[n], v) for n, v in fresh_row.values.items())
    # rows that stay without being in it were edited
    assert all(edited(one) for own, one in later.items() if own not in diff.ids.values())
    again = against(newer, list(later.values()))
    assert not again.changes
    assert len(again.same) == len(newer)
