"""Which columns to choose: exact plans, with the proof that no other choice does better.

`fewest` covers every row, `most` covers the greatest weight for a budget, `enough` takes the fewest
for a weight. A row is something to serve, a column is a place for a station, and a table tells
which column covers which row. `in_building_order` tells in which order to build what was chosen,
`most_of_each` what no choice of 0, 1, … columns exceeds.
"""

from stationmap.planning.optimum.best import Best, enough, most
from stationmap.planning.optimum.cover import Chosen, fewest
from stationmap.planning.optimum.curve import most_of_each
from stationmap.planning.optimum.order import in_building_order
from stationmap.planning.optimum.programme import Least, OutOfReachError
from stationmap.planning.optimum.solving import Clock

__all__ = [
    "Best",
    "Chosen",
    "Clock",
    "Least",
    "OutOfReachError",
    "enough",
    "fewest",
    "in_building_order",
    "most",
    "most_of_each",
]
