"""Searching the stations: the same answers, in the same order, on both databases."""

import random
import uuid

import pytest

from stationmap.store import Change, queries

PLACES = {"A": (118.80, 28.60), "B": (118.81, 28.61), "C": (118.95, 28.95)}


def put(register, **rows):
    changes = [Change("station", station, columns) for station, columns in rows.items()]
    register.write(changes, action=str(uuid.uuid4()), by="cli", kind="import")


def found(register, **asked):
    total, rows = register.find_stations(**asked)
    ids = [row["id"] for row in rows]
    assert total >= len(ids)
    return ids


@pytest.fixture
def three(register):
    put(
        register,
        A={
            "name": "人民路书店",
            "address": "人民路1号",
            "adcode": "330802",
            "geometry": PLACES["A"],
        },
        B={"name": "Books", "unit": "ABC百货_50%", "adcode": "330803", "geometry": PLACES["B"]},
        C={"name": None, "address": "A/B 楼 Ｂ座Ä", "adcode": "330802", "status": "planned"},
    )
    return register


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("书店", ["A"]),
        ("人民 1号", ["A"]),
        ("bOOKS", ["B"]),
        ("abc百货", ["B"]),
        ("_50%", ["B"]),
        ("a/b", ["C"]),
        ("Ｂ座", ["C"]),
        ("座Ä", ["C"]),
        ("c", ["C", "B"]),
        ("人_路", []),
        ("%", ["B"]),
        ("'; DROP TABLE station; --", []),
    ],
)
def test_words_are_found_whatever_their_case_and_signs_mean_themselves(three, words, ids):
    assert found(three, words=words) == ids


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, ["C", "B", "A"]),
        ({"adcode": "330802"}, ["C", "A"]),
        ({"adcode": "3308", "status": "planned"}, ["C"]),
        ({"placed": False}, ["C"]),
        ({"placed": True}, ["B", "A"]),
        ({"bbox": (118.80, 28.60, 118.81, 28.605)}, ["A"]),
        ({"bbox": (118.80, 28.60, 118.81, 28.61)}, ["B", "A"]),
        ({"ids": ["A", "C", "nobody"]}, ["C", "A"]),
        ({"ids": []}, []),
        ({"ids": ["A", "B"], "words": "书"}, ["A"]),
    ],
)
def test_filters(three, asked, ids):
    assert found(three, **asked) == ids


def test_pages_are_the_whole_list_cut_up(register):
    rng = random.Random(5)
    names = [
        "有礼点",
        "a站",
        "A站",
        "Ä站",
        "站",
        None,
        "é",
        "z",
        "中" * 120 + "一",
        "中" * 120 + "二",
    ]
    rows = {f"S{n:02d}": {"name": rng.choice(names), "address": "路"} for n in range(40)}
    put(register, **rows)
    whole = found(register, limit=None)
    assert sorted(whole) == sorted(rows)
    key = [((rows[i]["name"] or "")[:100].encode(), i) for i in whole]
    assert [k[0] for k in key] == sorted(k[0] for k in key)
    for words in ("", "路"):
        pages = [found(register, words=words, offset=n, limit=7) for n in range(0, 42, 7)]
        assert [i for page in pages for i in page] == whole
        assert register.find_stations(words=words, offset=700, limit=7) == (40, [])


def test_a_search_counts_so_many_and_pages_to_the_last_of_them(register, monkeypatch):
    monkeypatch.setattr(queries, "MOST_COUNTED", 10)
    put(register, **{f"S{n:02d}": {"name": f"站{n:02d}", "address": "路"} for n in range(25)})
    put(register, T={"name": "店"})
    assert register.find_stations(words="站0", limit=4)[0] == 10  # as many as are counted
    assert register.find_stations(words="站", limit=4)[0] == 11
    assert register.find_stations(limit=4)[0] == 26  # a list has its number
    assert len(found(register, words="站", limit=None)) == 25
    ids, offset = [], 0
    while True:
        total, rows = register.find_stations(words="站", offset=offset, limit=4)
        ids += [row["id"] for row in rows]
        offset += 4
        if offset >= total:
            break
    assert ids == [f"S{n:02d}" for n in range(25)]
    assert total == 25
    assert register.find_stations(words="站", offset=400, limit=4) == (11, [])
