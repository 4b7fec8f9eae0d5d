"""Draws can be checked by anybody, give counties their share, and sites what their weight says."""

import base64
import hashlib
import json
import zlib
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.inspections import draw
from stationmap.inspections.draw import FACTORS, POINTS, Site

COUNTIES = ("", "990101", "990102", "990103")
POOLS = st.lists(
    st.tuples(st.sampled_from(COUNTIES), st.sets(st.sampled_from(sorted(FACTORS)))),
    min_size=1,
    max_size=60,
).map(lambda rows: [Site(f"s{n}", c, tuple(sorted(f))) for n, (c, f) in enumerate(rows)])


def town(seed=3, *, sizes=(40, 25, 7)):
    """Three counties of sites of many weights."""
    rng = np.random.default_rng(seed)
    names = sorted(FACTORS)
    return [
        Site(f"{county}-{n}", county, tuple(f for f in names if rng.random() < 0.3))
        for county, size in zip(COUNTIES[1:], sizes, strict=True)
        for n in range(size)
    ]


def by_fractions(sites, *, size, seed, points):
    """Draw as the module's words tell, by fractions, site by site."""
    size = min(size, len(sites))
    chance = {}
    for county in {site.county for site in sites}:
        rest = [site for site in sites if site.county == county]
        due = Fraction(size * len(rest), len(sites))
        while True:
            total = sum(site.weight(points) for site in rest)
            sure = [site for site in rest if due * site.weight(points) >= total]
            if not sure:
                break
            largest = max(sure, key=lambda site: site.weight(points))
            chance[largest.id] = Fraction(1)
            rest.remove(largest)
            due -= 1
        chance |= {s.id: due * s.weight(points) / Fraction(total) for s in rest}

    def digest(text):
        return int(hashlib.sha256(text.encode()).hexdigest(), 16)

    line = sorted(sites, key=lambda s: (s.county, digest(f"{seed}/{s.id}")))
    mark, at, found = Fraction(digest(seed), 2**256), Fraction(0), []
    for site in line:
        at += chance[site.id]
        if mark < at:
            found.append(site.id)
            mark += 1
    return found


@settings(max_examples=150, deadline=None)
@given(sites=POOLS, size=st.integers(1, 70), seed=st.text(max_size=8))
def test_a_draw_is_that_of_an_independent_program(sites, size, seed):
    # marks of the program are rounded down to its denominator: no end of a site lies between
    drawn = draw.draw(sites, size=size, seed=seed)
    assert drawn == by_fractions(sites, size=size, seed=seed, points=POINTS)
    assert len(drawn) == len(set(drawn)) == min(size, len(sites))


@settings(max_examples=150, deadline=None)
@given(sites=POOLS, size=st.integers(1, 70), seed=st.text(max_size=8))
def test_every_county_gets_its_share_to_within_one(sites, size, seed):
    drawn = draw.draw(sites, size=size, seed=seed)
    for share in draw.shares(sites, drawn):
        assert abs(share.drawn - share.expected) < 1
    assert sum(share.drawn for share in draw.shares(sites, drawn)) == len(drawn)


@settings(max_examples=100, deadline=None)
@given(sites=POOLS, size=st.integers(1, 70))
def test_chances_sum_to_the_size_and_follow_the_weights(sites, size):
    numerators, one = draw.chances(sites, size=size, points=POINTS)
    assert sum(numerators) == min(size, len(sites)) * one
    assert all(0 < n <= one for n in numerators)
    for county in COUNTIES:
        own = [
            (Fraction(n, s.weight(POINTS)), n < one)
            for s, n in zip(sites, numerators, strict=True)
            if s.county == county
        ]
        assert len({rate for rate, unsure in own if unsure}) <= 1


def test_the_same_seed_gives_the_same_sites_whatever_the_order_of_the_pool():
    sites = town()
    drawn = draw.draw(sites, size=12, seed="a seed")
    assert draw.draw(sites[::-1], size=12, seed="a seed") == drawn
    assert draw.draw(sites, size=12, seed="another seed") != drawn


def test_over_ten_thousand_draws_the_shares_are_what_the_weights_say():
    sites, size, times = town(sizes=(20, 9, 4)), 7, 10_000
    numerators, one = draw.chances(sites, size=size, points=POINTS)
    chance = np.array([n / one for n in numerators])
    seen = Counter(
        id_ for number in range(times) for id_ in draw.draw(sites, size=size, seed=str(number))
    )
    share = np.array([seen[site.id] for site in sites]) / times
    spread = np.sqrt(chance * (1 - chance) / times)
    assert np.abs(share - chance).max() < 0.02
    # 33 sites at once: five times the spread of one
    assert (np.abs(share - chance) <= 5 * spread + 1e-12).all()
    # and weights are felt at all: twice the weight, twice the share
    heavy = max(sites, key=lambda s: s.weight(POINTS))
    assert seen[heavy.id] > 2 * min(seen[s.id] for s in sites if s.county == heavy.county)


def test_a_site_that_is_worth_more_than_a_chance_is_certain():
    heavy = Site("heavy", "990101", ("never",))
    sites = [heavy, *(Site(f"s{n}", "990101") for n in range(9))]
    points = dict.fromkeys(FACTORS, 100)
    numerators, one = draw.chances(sites, size=2, points=points)
    assert numerators[0] == one
    assert [Fraction(n, one) for n in numerators[1:]] == [Fraction(1, 9)] * 9
    for seed in range(50):
        assert "heavy" in draw.draw(sites, size=2, seed=str(seed), points=points)


def test_more_than_there_are_draws_all():
    sites = town()
    assert set(draw.draw(sites, size=500, seed="x")) == {site.id for site in sites}
    assert draw.draw([], size=5, seed="x") == []


def test_a_pool_reads_back_with_nothing_but_common_tools():
    sites = town()
    text = draw.written(sites)
    assert draw.read(text) == sites
    lines = zlib.decompress(base64.b64decode(text)).decode().split("\n")
    assert json.loads(lines[0]) == [sites[0].id, sites[0].county, list(sites[0].factors)]


@pytest.mark.parametrize("strange", ["站点,1", 'a"b', "tab\tid", "line\u2028end"])
def test_a_pool_keeps_strange_ids(strange):
    assert draw.read(draw.written([Site(strange, "", ())]))[0].id == strange
