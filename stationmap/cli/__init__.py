"""Command line: ``stationmap``; ``demo`` and ``serve`` come by entry points of other packages."""

from stationmap.cli.run import main

__all__ = ["main"]
