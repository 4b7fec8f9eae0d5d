"""Rounds: sites grouped into days of near ones, each in the shortest order to visit them.

Distances are straight lines on the ground in a metric CRS; ways to walk are not looked at.
"""

import numpy as np
from numpy.typing import NDArray

MOST = 12
"""Sites of a round, as many as can be brought into the shortest order exactly."""
DEFAULT = 8
_EXCHANGED = 400  # sites up to which pairs are looked at


def groups(xy: NDArray[np.float64], *, most: int = DEFAULT) -> list[NDArray[np.int64]]:
    """Group sites into as few rounds as can be, each of near ones and of about the same number.

    Parameters
    ----------
    xy : ndarray of shape (n, 2)
        Metres.
    most : int
        Sites that a round may have, 1 to `MOST`.

    Returns
    -------
    list of ndarray of int64
        Positions in `xy`; sizes differ by one at most. Cut again and again across the longest
        direction, then sites are exchanged between rounds while that brings them nearer.
    """
    if not 1 <= most <= MOST:
        raise ValueError(f"a round has 1 to {MOST} sites")
    if not len(xy):
        return []
    rounds = -(-len(xy) // most)
    found = _cut(xy, np.arange(len(xy), dtype=np.int64), rounds)
    return _exchanged(xy, found)


def _cut(
    xy: NDArray[np.float64], members: NDArray[np.int64], rounds: int
) -> list[NDArray[np.int64]]:
    if rounds == 1:
        return [members]
    half = rounds // 2
    small, more = divmod(len(members), rounds)
    size = half * small + min(half, more)
    own = xy[members] - xy[members].mean(axis=0)
    longest = np.linalg.eigh(own.T @ own)[1][:, -1]
    # a direction has two signs: the one that points east, or north
    longest = longest * (1.0 if tuple(longest) > (0.0, 0.0) else -1.0)
    order = members[np.argsort(own @ longest, kind="stable")]
    return [*_cut(xy, order[:size], half), *_cut(xy, order[size:], rounds - half)]


def _exchanged(xy: NDArray[np.float64], found: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Exchange pairs between rounds while the squares of distances to their middles shrink."""
    if len(xy) > _EXCHANGED or len(found) < 2:
        return found
    group = np.empty(len(xy), dtype=np.int64)
    for number, members in enumerate(found):
        group[members] = number
    sizes = np.bincount(group)
    for _ in range(len(xy)):
        middle = np.stack([np.bincount(group, weights=xy[:, axis]) / sizes for axis in (0, 1)], 1)
        to_middle = ((xy[:, None, :] - middle[None]) ** 2).sum(axis=2)
        own = to_middle[np.arange(len(xy)), group]
        gain = own[:, None] - to_middle  # of going to another round
        both = gain[:, group] + gain[:, group].T
        one, other = np.unravel_index(int(np.argmax(np.triu(both))), both.shape)
        if not _shrinks(xy, group, int(one), int(other)):
            break
        group[one], group[other] = group[other], group[one]
    return [np.flatnonzero(group == number) for number in range(len(found))]


def _shrinks(xy: NDArray[np.float64], group: NDArray[np.int64], one: int, other: int) -> bool:
    if group[one] == group[other]:
        return False
    swapped = group.copy()
    swapped[one], swapped[other] = group[other], group[one]
    numbers = (group[one], group[other])
    before, after = (
        sum(float(((xy[g == n] - xy[g == n].mean(axis=0)) ** 2).sum()) for n in numbers)
        for g in (group, swapped)
    )
    return after < before * (1 - 1e-9)


def shortest(xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], float]:
    """Return the shortest order in which to visit sites, from any of them to any, and its metres.

    Exact (Held and Karp), for up to `MOST` sites; of an order and its reverse the one that begins
    with the site of the lower position.

    Parameters
    ----------
    xy : ndarray of shape (n, 2)
        Metres.
    """
    count = len(xy)
    if count > MOST:
        raise ValueError(f"more than {MOST} sites")
    if count < 2:
        return np.arange(count, dtype=np.int64), 0.0
    between = np.hypot(*np.moveaxis(xy[:, None, :] - xy[None, :, :], 2, 0))
    whole = 1 << count
    # length of the shortest way through a set of sites that ends at one of them
    best = np.full((whole, count), np.inf)
    before = np.zeros((whole, count), dtype=np.int64)
    for site in range(count):
        best[1 << site, site] = 0.0
    sets = np.arange(whole)
    size = np.array([one.bit_count() for one in range(whole)])
    for visited in (sets[size == number] for number in range(1, count)):
        for site in range(count):
            without = visited[visited & (1 << site) == 0]
            length = best[without] + between[:, site]
            last = length.argmin(axis=1)
            best[without | (1 << site), site] = length[np.arange(len(without)), last]
            before[without | (1 << site), site] = last
    end = int(best[-1].argmin())
    metres, order, visited = float(best[-1, end]), [end], whole - 1
    while visited != 1 << order[-1]:
        visited, site = visited ^ (1 << order[-1]), int(before[visited, order[-1]])
        order.append(site)
    found = np.array(order, dtype=np.int64)
    return (found if found[0] < found[-1] else found[::-1]), metres
