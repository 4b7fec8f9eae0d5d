"""Twins: the carriageways that are not measured, laid beside the lines that are."""

from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from stationmap.streets.carriageways import CUT_M, PAIR_M, STEP_M
from stationmap.streets.network import Edges, Floats

FAR_M = PAIR_M + 1
"""A twin's corners lie no farther than this from the line that is measured in its stead."""

SNAP_M = 0.1
"""Edges are not cut closer than this to one of their ends."""


def beside(measured: Edges, twins: Edges) -> tuple[Edges, pd.DataFrame]:
    """Lay the twins beside the measured edges that they run along.

    Measured edges are cut where the ways beside them change, so that each has the same ways
    beside it all along.

    Returns
    -------
    measured : Edges
    beside : DataFrame
        edge (row of `measured`), way (of the twin), geometry (its stretch beside that edge).
        A stretch that strays farther than `FAR_M` from every measured edge of its group is
        measured itself.
    """
    if not len(twins):
        return measured, pd.DataFrame({"edge": [], "way": [], "geometry": []}, dtype=object)
    pieces = _part_strays(_nearest_pieces(measured, twins), measured)
    stray = pieces[pieces["edge"] < 0]
    twin = twins.take(stray["twin"].to_numpy())
    shape = stray["geometry"].to_numpy(dtype=object)
    measured = measured.and_also(Edges(shape, twin.way, twin.group, twin.one_way))
    pieces = pieces[pieces["edge"] >= 0].reset_index(drop=True)
    host = measured.line[pieces["edge"]]
    ends = [shapely.get_point(pieces["geometry"].to_numpy(dtype=object), k) for k in (0, -1)]
    start, stop = (shapely.line_locate_point(host, end) for end in ends)
    length = shapely.length(measured.line)
    pieces = _without_fans(pieces.assign(start=start, stop=stop), length)
    every = pd.DataFrame({"edge": np.arange(len(measured)), "at": 0.0})
    marks = [every, every.assign(at=length)]
    for name in ("low", "high"):
        at, end = pieces[name], length[pieces["edge"]]
        inner = (at > SNAP_M) & (at < end - SNAP_M)
        marks.append(pd.DataFrame({"edge": pieces["edge"], "at": at})[inner])
    cuts = pd.concat(marks).sort_values(["edge", "at"], ignore_index=True)
    new = (cuts["edge"] != cuts["edge"].shift()) | (cuts["at"] - cuts["at"].shift() > SNAP_M)
    cuts = cuts[new | (cuts["edge"] != cuts["edge"].shift(-1))]
    goes_on = (cuts["edge"] == cuts["edge"].shift(-1)).to_numpy()
    parts = cuts.assign(to=cuts["at"].shift(-1))[goes_on].reset_index(drop=True)
    edges = measured.take(parts["edge"].to_numpy())
    whole = parts["to"] - parts["at"] >= length[parts["edge"]]
    for row in np.flatnonzero(~whole):
        edges.line[row] = substring(edges.line[row], parts["at"][row], parts["to"][row])
    return edges, _share_out(pieces, parts)


def _part_strays(pieces: pd.DataFrame, measured: Edges) -> pd.DataFrame:
    """Cut pieces that leave their edge by more than `FAR_M` at `PAIR_M`: beyond it edge is -1."""
    corners, piece = shapely.get_coordinates(pieces["geometry"].to_numpy(), return_index=True)
    host = measured.line[pieces["edge"].to_numpy()[piece]]
    far = shapely.distance(shapely.points(corners), host) > FAR_M
    strays = np.intersect1d(piece[far], np.flatnonzero(pieces["edge"] >= 0))
    parted = []
    for row in strays:
        line, edge = pieces["geometry"][row], pieces["edge"][row]
        at = np.linspace(0, line.length, int(line.length / STEP_M) + 2)
        beyond = shapely.distance(shapely.line_interpolate_point(line, at), measured.line[edge])
        turns = np.flatnonzero(np.diff(beyond > PAIR_M))
        cuts = [0.0, *((at[turns] + at[turns + 1]) / 2), line.length]
        is_far = bool(beyond[0] > PAIR_M)
        for k, (low, high) in enumerate(pairwise(cuts)):
            part = substring(line, low, high)
            away = is_far ^ (k % 2 == 1)
            parted.append({**pieces.loc[row], "geometry": part, "edge": -1 if away else edge})
    return pd.concat([pieces.drop(index=strays), pd.DataFrame(parted)], ignore_index=True)


def _without_fans(pieces: pd.DataFrame, length: Floats) -> pd.DataFrame:
    """Stretch pieces over what bends leave open between them and at the ends of their edge.

    Outside a bend the places of a measured line have the same nearest place on the twin; no place
    of the twin has them as its nearest.
    """
    forward = pieces["start"] <= pieces["stop"]
    low, high = pieces[["start", "stop"]].min(axis=1), pieces[["start", "stop"]].max(axis=1)
    pieces = pieces.assign(forward=forward, low=low, high=high)
    pieces = pieces.sort_values(["edge", "low"], ignore_index=True)
    edges = pieces.groupby("edge")
    so_far = edges["high"].cummax()
    before = so_far.groupby(pieces["edge"]).shift(fill_value=0.0)
    open_m = pieces["low"] - before
    pieces["low"] = pieces["low"].where((open_m <= 0) | (open_m >= PAIR_M), before)
    end = pd.Series(length[pieces["edge"]])
    last = (pieces["high"] == edges["high"].transform("max")) & (end - pieces["high"] < PAIR_M)
    pieces["high"] = pieces["high"].where(~last, end)
    return pieces.assign(start=pieces["low"].where(pieces["forward"], pieces["high"]))


def _share_out(pieces: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Cut the twins' pieces like the edges that they run beside."""
    both = pieces.reset_index(names="piece").merge(parts.reset_index(names="row"), on="edge")
    low, high = both[["low", "at"]].max(axis=1), both[["high", "to"]].min(axis=1)
    size = both["high"] - both["low"]
    # what lies outside a bend has the same nearest place all along, and belongs to one edge
    point = (size < SNAP_M) & ~both.assign(open=high < low).duplicated(["piece", "open"])
    keep = (high - low > np.minimum(SNAP_M, size / 2)) | (point & (high >= low))
    both = both.assign(from_m=low, to_m=high)[keep]
    whole = (both["to_m"] - both["from_m"]) >= (both["high"] - both["low"]) - SNAP_M
    shape = both["geometry"].to_numpy(dtype=object, copy=True)
    for k in np.flatnonzero(~whole):
        row = both.iloc[k]
        along = np.abs(np.array([row["from_m"], row["to_m"]]) - row["start"])
        first, last = np.sort(along / (row["high"] - row["low"]))
        shape[k] = substring(shape[k], first, last, normalized=True)
    return pd.DataFrame(
        {"edge": both["row"].to_numpy(), "way": both["way"].to_numpy(), "geometry": shape}
    )


def _nearest_pieces(measured: Edges, twins: Edges) -> pd.DataFrame:
    """Cut the twins beside the ends of measured carriageways: columns edge, twin, way, geometry.

    Each piece goes to the nearest carriageway of its group; edge is -1 where none is near.
    """
    one_way = np.flatnonzero(measured.one_way)
    hosts = measured.line[one_way]
    tips = np.concatenate([shapely.get_point(hosts, k) for k in (0, -1)])
    tip, twin = shapely.STRtree(twins.line).query(tips, predicate="dwithin", distance=2 * PAIR_M)
    same = measured.group[one_way[tip % len(hosts)]] == twins.group[twin]
    tip, twin = tip[same], twin[same]
    every = np.arange(len(twins))
    length = shapely.length(twins.line)
    cuts = pd.DataFrame(
        {
            "twin": np.r_[every, every, twin],
            "at": np.r_[
                np.zeros(len(twins)), length, shapely.line_locate_point(twins.line[twin], tips[tip])
            ],
        }
    ).sort_values(["twin", "at"], ignore_index=True)
    cuts["to"] = cuts["at"].shift(-1)
    cuts = cuts[(cuts["twin"] == cuts["twin"].shift(-1)) & (cuts["to"] - cuts["at"] > CUT_M)]
    twin, low, high = (cuts[name].to_numpy() for name in ("twin", "at", "to"))
    middle = shapely.line_interpolate_point(twins.line[twin], (low + high) / 2)
    piece, host = shapely.STRtree(hosts).query(middle, predicate="dwithin", distance=2 * PAIR_M)
    same = measured.group[one_way[host]] == twins.group[twin[piece]]
    piece, host = piece[same], host[same]
    order = np.lexsort((host, shapely.distance(middle[piece], hosts[host]), piece))
    piece, host = piece[order], host[order]
    first = np.diff(piece, prepend=-1) > 0
    edge = np.full(len(twin), -1, dtype=np.int64)
    edge[piece[first]] = one_way[host[first]]
    stretches = zip(twins.line[twin], low, high, strict=True)
    shape = np.array([substring(*stretch) for stretch in stretches], dtype=object)
    return pd.DataFrame({"edge": edge, "twin": twin, "way": twins.way[twin], "geometry": shape})
