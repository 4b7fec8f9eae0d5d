"""QR codes of addresses, as a path that pages and printed sheets draw alike."""

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET = 4  # modules that stay white on each side; ISO/IEC 18004, 6.3.8


@dataclass(frozen=True)
class Code:
    """A QR code: a square of `size` units with its quiet zone, and the path of what is black."""

    size: int
    path: str

    def svg(self) -> str:
        """Return the code as a file: black on white, whatever the colours around it."""
        box = f"0 0 {self.size} {self.size}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" shape-rendering="crispEdges">'
            f'<path fill="#fff" d="M0 0h{self.size}v{self.size}H0z"/>'
            f'<path d="{self.path}"/></svg>'
        )


def code(address: str) -> Code | None:
    """Return the code of an address; None where it is too long for one.

    It is still read with an eighth of it dirty or torn (level M).
    """
    try:
        made = segno.make(address, error="m", micro=False, boost_error=False)
    except segno.DataOverflowError:
        return None
    runs = []
    for y, row in enumerate(made.matrix, start=QUIET):
        x = QUIET
        for dark, cells in groupby(row):
            width = len(list(cells))
            if dark:
                runs.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    return Code(size=len(made.matrix) + 2 * QUIET, path="".join(runs))
