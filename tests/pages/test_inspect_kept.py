"""What lists of sites keep between requests is what they would find anew, whatever has happened."""

import random
from itertools import count

import pandas as pd
import pytest

from web.inspect_sites import Last

COLUMNS = ["id", "station_id", "visit", "at", "voided", "created", "version"]


def frame(rows):
    found = pd.DataFrame(rows, columns=COLUMNS)
    texts = dict.fromkeys(("id", "station_id", "visit", "at", "voided"), "str")
    return found.astype({**texts, "created": "int64", "version": "int64"})


def anew(found):
    fresh = Last()
    fresh.follow(found)
    return fresh.judged, fresh.any


@pytest.mark.parametrize("seed", range(5))
def test_it_follows_whatever_happens(seed):
    chance, numbers, kept, rows, seq = random.Random(seed), count(), Last(), {}, 0
    frames = []  # held, as versions in use are
    for _ in range(80):
        for _ in range(chance.randint(1, 3)):
            seq += 1
            step = chance.random()
            if step < 0.75 or not rows:
                at = f"2026-03-{chance.randint(1, 28):02}T00:00:00.000+00:00"
                visit = chance.choice(["call", "covert", "self"])
                own = f"i{next(numbers)}"
                rows[own] = [own, f"s{chance.randint(1, 6)}", visit, at, None, seq, seq]
            elif step < 0.93:
                row = rows[chance.choice(list(rows))]
                row[4], row[6] = chance.choice(["wrong", None]), seq
            elif step < 0.97:
                del rows[chance.choice(list(rows))]
            else:  # a backup is put back, and numbers are counted once more
                keep = chance.randint(0, len(rows))
                rows = dict(list(rows.items())[:keep])
                seq = max((row[6] for row in rows.values()), default=0)
        frames.append(frame(list(rows.values())))
        kept.follow(frames[-1])
        assert (kept.judged, kept.any) == anew(frames[-1])


def test_an_older_state_that_comes_late_takes_nothing_back():
    one = ["i1", "s1", "call", "2026-03-01T00:00:00.000+00:00", None, 1, 1]
    two = ["i2", "s1", "call", "2026-03-02T00:00:00.000+00:00", None, 2, 2]
    older, newer = frame([one]), frame([one, two])
    kept = Last()
    kept.follow(older)
    kept.follow(newer)
    log = kept.log
    kept.follow(older)
    assert kept.judged["s1"].id == "i2"
    assert kept.log is log
