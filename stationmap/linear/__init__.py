"""Places along lines: chainage, offset, substrings and nearness, in ground metres, on arrays.

A place on a line is its chainage: the ground metres along the line from its first vertex. Lines are
kept as one ragged array of vertices in a metric CRS; each line carries its own scale, so lengths
and distances are metres on the ellipsoid (right to 0.05 % for lines up to some 50 km).
"""

from stationmap.linear.lines import TICKS_PER_M, Lines, expand, interpolate, substrings
from stationmap.linear.near import locate, within

__all__ = ["TICKS_PER_M", "Lines", "expand", "interpolate", "locate", "substrings", "within"]
