"""The whole law of spacing by brute force: raw ways to gaps, one loop at a time.

Slow on purpose, plain Python with shapely for polygons and pyproj for the plane. It shares no
code with the product and was written from the definitions alone, so that both agree only if both
are right.
"""

from reference.law import City, Gap, Result, Rule, solve
from reference.spacing import Run, count_needed, covered, cut_run
from reference.ways import Part, Way

__all__ = [
    "City",
    "Gap",
    "Part",
    "Result",
    "Rule",
    "Run",
    "Way",
    "count_needed",
    "covered",
    "cut_run",
    "solve",
]
