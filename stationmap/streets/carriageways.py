"""Opposite carriageways of one street: which line is measured, and which is its twin."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyproj
import shapely

from stationmap.linear import Lines, expand, substrings
from stationmap.streets.network import (
    Bools,
    Chains,
    Edges,
    Floats,
    Ints,
    Lineworks,
    chain_lines,
    join,
)

PAIR_M = 40.0
"""Opposite one-way ways of one name no farther apart than this are one street."""

STEP_M = 2.0
"""Spacing of the points at which a carriageway looks for its opposite."""

CUT_M = 1e-3
"""Shorter rests of an edge are not cut off."""

OPPOSITE = -0.5
"""Cosine between directions at or below which two carriageways run opposite (120° and more)."""


@dataclass(frozen=True)
class _Samples:
    """Points along the chains, with the unit direction of the traffic there."""

    chain: Ints
    at_m: Floats
    xy: Floats
    heading: Floats


def pair(edges: Edges, *, way_id: Ints, crs: pyproj.CRS) -> tuple[Edges, Edges]:
    """Part the carriageways that are measured from their twins.

    1. One-way edges of a group are joined head to tail into carriageways; one that folds back on
       itself is taken as two, cut at the fold.
    2. A stretch within `PAIR_M` of an opposite carriageway of its group, beside it and not beyond
       its end, is paired with the nearest one; a rest that is shorter than `PAIR_M`, and nowhere
       farther than that from another line of its group, belongs to it.
    3. Of two paired carriageways the longer is measured (tie: the lower way id); the paired
       stretch of the other is its twin, and what is left of it stays as it is.

    Parameters
    ----------
    edges : Edges
    way_id : (n,) id of each edge's way
    crs : the metric CRS of the edges

    Returns
    -------
    measured, twins : Edges
        Together they are all of `edges`, cut where a paired stretch begins or ends.
    """
    rows = np.flatnonzero(edges.one_way)
    if not len(rows):
        return edges, edges.take(np.zeros(0, dtype=np.int64))
    one = edges.take(rows)
    chains = _forward(join(one, straightest=np.ones(len(one), dtype=bool)))
    geometry = chain_lines(one, chains)
    lines = Lines.from_geometries(geometry, crs=crs)
    runs = _paired_runs(lines, geometry, one.group[chains.edge[chains.first[:-1]]])
    if runs.empty:
        return edges, edges.take(np.zeros(0, dtype=np.int64))
    lowest = np.minimum.reduceat(way_id[rows][chains.edge], chains.first[:-1])
    measured, twins = _split(one, chains, lines, _choose(runs, lowest))
    two_way = edges.take(~edges.one_way)
    return two_way.and_also(measured), twins


def _forward(chains: Chains) -> Chains:
    """Turn chains that were walked against the traffic."""
    edge, reverse = chains.edge.copy(), chains.reverse.copy()
    for begin, end in zip(chains.first[:-1], chains.first[1:], strict=True):
        if reverse[begin]:
            edge[begin:end] = edge[begin:end][::-1]
            reverse[begin:end] = False
    return Chains(chains.first, edge, reverse)


def _paired_runs(lines: Lines, geometry: Lineworks, group: Ints) -> pd.DataFrame:
    """Find the stretches of carriageways that run beside an opposite one.

    Returns
    -------
    DataFrame
        chain, run (a chain, or its leg between folds), other (the opposite run), from_m, to_m,
        begin_m, end_m (of the run).
    """
    tree = shapely.STRtree(geometry)
    near = tree.query(geometry, predicate="dwithin", distance=PAIR_M * 1.001)
    near = near[:, (near[0] != near[1]) & (group[near[0]] == group[near[1]])]
    box = shapely.bounds(geometry)
    winding = lines.length_m > 1.5 * np.hypot(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    looking = np.union1d(near[0], np.flatnonzero(winding))
    if not len(looking):
        return pd.DataFrame(columns=["chain", "run", "other", "from_m", "to_m", "begin_m", "end_m"])

    segment_chain, segment_from, a, b = _segments(lines, looking)
    samples = _sample(lines, looking, segment_chain, segment_from, a, b)
    sample, segment, foot_at, distance, near_other = _opposite(
        samples, lines, segment_chain, segment_from, a, b, group
    )

    chain, other = samples.chain[sample], segment_chain[segment]
    at = samples.at_m[sample]
    folds = _folds(lines, chain, other, at, foot_at)
    run = _run_of(folds, chain, at)
    other_run = _run_of(folds, other, foot_at)
    real = run != other_run
    sample, distance, other_run = sample[real], distance[real], other_run[real]
    order = np.lexsort((other_run, distance, sample))
    sample, other_run = sample[order], other_run[order]
    nearest = np.diff(sample, prepend=-1) > 0
    partner = np.full(len(samples.at_m), -1, dtype=np.int64)
    partner[sample[nearest]] = other_run[nearest]
    run = _run_of(folds, samples.chain, samples.at_m)
    return _stretches(lines, samples, run, partner, near_other)


def _segments(lines: Lines, chains: Ints) -> tuple[Ints, Floats, Floats, Floats]:
    """Return chain, chainage, start and end of every segment of some chains, in order."""
    chain = np.repeat(np.arange(len(lines.length_m)), np.diff(lines.first) - 1)
    begin = np.delete(np.arange(len(lines.xy)), lines.first[1:] - 1)
    keep = np.isin(chain, chains)
    begin = begin[keep]
    return chain[keep], lines.at_m[begin], lines.xy[begin], lines.xy[begin + 1]


def _sample(
    lines: Lines, chains: Ints, segment_chain: Ints, segment_from: Floats, a: Floats, b: Floats
) -> _Samples:
    """Points every `STEP_M` at most along some chains, both ends included."""
    steps = np.ceil(lines.length_m[chains] / STEP_M).astype(np.int64)
    chain = np.repeat(chains, steps + 1)
    count = expand(steps + 1)[1]
    at = lines.length_m[chain] * count / np.repeat(steps, steps + 1)
    base = np.r_[0, np.cumsum(lines.length_m + 1)]
    segment = np.searchsorted(base[segment_chain] + segment_from, base[chain] + at, "right") - 1
    direction = b[segment] - a[segment]
    size = np.hypot(direction[:, 0], direction[:, 1])[:, None]
    along = ((at - segment_from[segment]) * lines.scale[chain])[:, None]
    heading = direction / size
    return _Samples(chain, at, a[segment] + heading * np.minimum(along, size), heading)


def _opposite(
    samples: _Samples,
    lines: Lines,
    segment_chain: Ints,
    segment_from: Floats,
    a: Floats,
    b: Floats,
    group: Ints,
) -> tuple[Ints, Ints, Floats, Floats, Bools]:
    """Return samples and opposite segments within `PAIR_M`, with foot chainage and distance.

    Last comes, for every sample, whether any other line of its group lies within `PAIR_M`.
    """
    tree = shapely.STRtree(shapely.linestrings(np.stack([a, b], axis=1)))
    points = shapely.points(samples.xy)
    sample, segment = tree.query(points, predicate="dwithin", distance=PAIR_M * 1.001)
    chain, other = samples.chain[sample], segment_chain[segment]
    keep = group[chain] == group[other]
    sample, segment, other = sample[keep], segment[keep], other[keep]
    direction = b[segment] - a[segment]
    size = np.hypot(direction[:, 0], direction[:, 1])
    offset = samples.xy[sample] - a[segment]
    share = (offset * direction).sum(axis=1) / size**2
    tip = CUT_M / size
    before_start = (share < tip) & (segment_from[segment] == 0)
    at_end = np.append(segment_chain[1:] != segment_chain[:-1], values=True)
    beyond = (before_start | ((share > 1 - tip) & at_end[segment])) & ~lines.closed[other]
    clamped = np.clip(share, 0, 1)
    foot = offset - clamped[:, None] * direction
    distance = np.hypot(foot[:, 0], foot[:, 1]) / lines.scale[other]
    cosine = (samples.heading[sample] * direction).sum(axis=1) / size
    at = segment_from[segment] + clamped * size / lines.scale[other]
    within = np.round(distance, 4) <= PAIR_M
    apart = np.abs(samples.at_m[sample] - at) > 2 * PAIR_M
    near_other = np.zeros(len(points), dtype=bool)
    near_other[sample[within & ((samples.chain[sample] != other) | apart)]] = True
    keep = within & ~beyond & (cosine <= OPPOSITE)
    return sample[keep], segment[keep], at[keep], distance[keep], near_other


def _folds(lines: Lines, chain: Ints, other: Ints, at: Floats, foot_at: Floats) -> pd.DataFrame:
    """Chainages at which a carriageway turns back on itself: columns chain, at_m, sorted.

    Points of the two legs that face each other have their fold half-way between them; on a closed
    carriageway drawn as one loop there is one at either end.
    """
    own = (chain == other) & (np.abs(at - foot_at) > 2 * PAIR_M)
    chain, low, high = chain[own], np.minimum(at, foot_at)[own], np.maximum(at, foot_at)[own]
    length = lines.length_m[chain]
    round_the_back = lines.closed[chain] & (high - low > length / 2)
    middle = np.where(round_the_back, ((low + high + length) / 2) % length, (low + high) / 2)
    order = np.lexsort((middle, chain))
    found = pd.DataFrame({"chain": chain[order], "at_m": middle[order]})
    apart = found["chain"].diff().ne(0) | found["at_m"].diff().gt(2 * PAIR_M)
    return found.groupby(apart.cumsum())[["chain", "at_m"]].median().astype({"chain": "int64"})


def _run_of(folds: pd.DataFrame, chain: Ints, at: Floats) -> Ints:
    """Return the number of the run at a chainage: the chains, cut at their folds, in order."""
    if folds.empty:
        return chain
    reach = float(max(folds["at_m"].max(), at.max(initial=0.0))) + 1
    keys = folds["chain"].to_numpy() * reach + folds["at_m"].to_numpy()
    run: Ints = chain + np.searchsorted(keys, chain * reach + at, side="right")
    return run


def _stretches(
    lines: Lines, samples: _Samples, run: Ints, partner: Ints, near_other: Bools
) -> pd.DataFrame:
    """Gather samples with one partner into stretches: ends half-way, near short rests filled."""
    changes = np.flatnonzero((np.diff(run, prepend=-1) != 0) | (np.diff(partner, prepend=-2) != 0))
    stops = np.append(changes[1:], len(run))
    found = pd.DataFrame(
        {"run": run[changes], "chain": samples.chain[changes], "other": partner[changes]}
    )
    run_starts = np.diff(found["run"], prepend=-1) != 0
    run_ends = np.append(run_starts[1:], values=True)
    at = samples.at_m
    before = np.where(run_starts, at[changes], (at[changes] + at[changes - 1]) / 2)
    after_index = np.minimum(stops, len(at) - 1)
    after = np.where(run_ends, at[stops - 1], (at[stops - 1] + at[after_index]) / 2)
    closes = np.append(np.diff(found["chain"]) != 0, values=True)
    found["from_m"] = before
    found["to_m"] = np.where(closes, lines.length_m[found["chain"]], after)
    short = (found["other"] < 0) & (found["to_m"] - found["from_m"] < PAIR_M)
    short &= np.logical_and.reduceat(near_other, changes)
    previous = found["other"].shift(fill_value=-1).where(~pd.Series(run_starts), -1)
    following = found["other"].shift(-1, fill_value=-1).where(~pd.Series(run_ends), -1)
    found.loc[short, "other"] = previous.where(previous >= 0, following)[short]
    whole = found.groupby("run")
    found["begin_m"], found["end_m"] = (
        whole["from_m"].transform("min"),
        whole["to_m"].transform("max"),
    )
    found = found[found["other"] >= 0]
    goes_on = (found["run"] == found["run"].shift()) & (found["other"] == found["other"].shift())
    goes_on &= found["from_m"] == found["to_m"].shift()
    merged = found.groupby((~goes_on).cumsum()).agg(
        {name: "last" if name == "to_m" else "first" for name in found}
    )
    return merged.reset_index(drop=True)


def _choose(runs: pd.DataFrame, lowest_way: Ints) -> pd.DataFrame:
    """Stretches that are not measured: columns chain, from_m, to_m.

    Runs that name each other come first, the longest pairing before shorter ones; then runs whose
    nearest opposite is paired otherwise (side lanes of one name).
    """
    facts = runs.groupby("run")[["chain", "begin_m", "end_m"]].first()
    facts["length_m"] = (facts["end_m"] - facts["begin_m"]).round(4)
    facts["way"] = lowest_way[facts["chain"]]
    rank = facts.sort_values(["length_m", "way"], ascending=[False, True], kind="stable")
    place = pd.Series(np.arange(len(rank)), index=rank.index)
    runs = runs.assign(
        low=np.minimum(runs["run"], runs["other"]), high=np.maximum(runs["run"], runs["other"])
    )
    size = (runs["to_m"] - runs["from_m"]).groupby([runs["low"], runs["high"]]).transform("sum")
    mutual = runs.groupby(["low", "high"])["run"].transform("nunique") == 2
    runs = runs.assign(size=size, mutual=mutual)
    runs = runs.sort_values(
        ["mutual", "size", "low", "high", "from_m"], ascending=[False, False, True, True, True]
    )
    kept: dict[int, list[tuple[float, float]]] = {}
    dropped: dict[int, list[tuple[float, float]]] = {}
    for _, both in runs.groupby(["low", "high"], sort=False):
        loser = both["run"].iloc[0]
        if both["mutual"].iloc[0]:
            loser = max(both["run"].unique(), key=lambda run: place[run])
        for stretch in both.itertuples():
            span = (float(stretch.from_m), float(stretch.to_m))
            if stretch.run != loser:
                if _overlap(span, dropped.get(stretch.run, [])) < (span[1] - span[0]) / 2:
                    kept.setdefault(stretch.run, []).append(span)
            elif _overlap(span, kept.get(stretch.run, [])) < (span[1] - span[0]) / 2:
                dropped.setdefault(stretch.run, []).append(span)
    rows = []
    for run, spans in sorted(dropped.items()):
        begin, end = facts.loc[run, ["begin_m", "end_m"]]
        rows += [(facts.loc[run, "chain"], *span) for span in _close_rests(spans, begin, end)]
    return pd.DataFrame(rows, columns=["chain", "from_m", "to_m"])


def _close_rests(
    spans: list[tuple[float, float]], begin: float, end: float
) -> list[tuple[float, float]]:
    """Join spans over rests shorter than `STEP_M` between them and to either end of their run."""
    spans = sorted(spans)
    low, high = spans[0]
    low = begin if low - begin < STEP_M else low
    closed = []
    for from_m, to_m in spans[1:]:
        if from_m - high >= STEP_M:
            closed.append((low, high))
            low = from_m
        high = max(high, to_m)
    return [*closed, (low, end if end - high < STEP_M else high)]


def _overlap(span: tuple[float, float], spans: list[tuple[float, float]]) -> float:
    return sum(max(0.0, min(span[1], high) - max(span[0], low)) for low, high in spans)


def _split(
    edges: Edges, chains: Chains, lines: Lines, dropped: pd.DataFrame
) -> tuple[Edges, Edges]:
    """Cut the edges of the chains at the dropped stretches: what is measured, and what is not."""
    chain = chains.chain
    size = shapely.length(edges.line)[chains.edge] / lines.scale[chain]
    end = np.cumsum(size)
    end -= np.repeat(end[chains.first[:-1]] - size[chains.first[:-1]], np.diff(chains.first))
    spans = pd.DataFrame({"chain": chain, "edge": chains.edge, "from_m": end - size, "to_m": end})
    both = spans.merge(dropped, on="chain", suffixes=("", "_off"))
    low = both[["from_m", "from_m_off"]].max(axis=1)
    high = both[["to_m", "to_m_off"]].min(axis=1)
    off = both.assign(low=low, high=high)[high - low > CUT_M]
    whole = off[(off["low"] - off["from_m"] < CUT_M) & (off["to_m"] - off["high"] < CUT_M)]
    partly = off[~off["edge"].isin(whole["edge"])]
    touched = np.zeros(len(edges), dtype=bool)
    touched[off["edge"]] = True

    rest = []
    for edge, cuts in partly.groupby("edge"):
        at = cuts["from_m"].iloc[0]
        for cut in cuts.sort_values("low").itertuples():
            if cut.low - at > CUT_M:
                rest.append((cut.chain, edge, at, cut.low))
            at = cut.high
        if cuts["to_m"].iloc[0] - at > CUT_M:
            rest.append((cuts["chain"].iloc[0], edge, at, cuts["to_m"].iloc[0]))
    kept = pd.DataFrame(rest, columns=["chain", "edge", "low", "high"])
    measured = edges.take(~touched).and_also(_pieces(edges, lines, kept))
    twins = edges.take(whole["edge"].to_numpy(dtype=np.int64)).and_also(
        _pieces(edges, lines, partly)
    )
    return measured, twins


def _pieces(edges: Edges, lines: Lines, spans: pd.DataFrame) -> Edges:
    chain = spans["chain"].to_numpy(dtype=np.int64)
    cut = substrings(lines, chain, spans["low"].to_numpy(float), spans["high"].to_numpy(float))
    edge = spans["edge"].to_numpy(dtype=np.int64)
    rows = edges.take(edge)
    return Edges(np.asarray(cut, dtype=object), rows.way, rows.group, rows.one_way)
