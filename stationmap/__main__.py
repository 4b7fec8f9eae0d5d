"""``python -m stationmap`` is the command ``stationmap``."""

from stationmap.cli import main

if __name__ == "__main__":
    main()
