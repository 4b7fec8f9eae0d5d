"""Edges of a walking network: arrays, and the vertices between their ends."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stationmap.walking.ground import Bools, F, Ints


@dataclass(frozen=True)
class Edges:
    """Edges of a network; all arrays have one entry an edge, but those of the vertices.

    Attributes
    ----------
    start, end : (m,) int64
        Rows of the nodes; equal for a loop.
    length_m : (m,) float64
        Geodesic metres.
    stairs : (m,) bool
    name : (m,) object
        Name of the way, or None.
    kind : (m,) object
        "footway", "crossing", "steps", "road" or "path".
    first : (m + 1,) int64
        Edge i has the vertices ``first[i]`` up to but not including ``first[i + 1]``.
    lonlat : (v, 2) float64
        Vertices of all edges one after the other, WGS-84 degrees.
    at_m : (v,) float64
        Metres of each vertex from the start of its edge.
    """

    start: Ints
    end: Ints
    length_m: F
    stairs: Bools
    name: NDArray[np.object_]
    kind: NDArray[np.object_]
    first: Ints
    lonlat: F
    at_m: F

    def __len__(self) -> int:
        return len(self.start)
