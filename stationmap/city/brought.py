"""What a file brings: rows by layer, and what is said of them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from stationmap.city.import_report import ImportReport
from stationmap.city.listed import Listed

EVERYWHERE = "*"


@dataclass
class Brought:
    """What a file brings: fresh rows by layer, and what it declares.

    `stems` tells from which row of the file each fresh row stems, where that is known; `listed`
    has the rows of a layer of the register as the register keeps them.
    """

    report: ImportReport
    fresh: dict[str, gpd.GeoDataFrame]
    stems: NDArray[np.int64] | None
    sha256: str
    crs: str | None
    complete: dict[str, list[str]]
    listed: Listed | None = None
