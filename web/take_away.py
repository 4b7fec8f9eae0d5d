"""Files that are written for one account and sent at once."""

import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import Response, send_file

from web.caching import present


def take_away(write: Callable[[Path], None], *, name: str, ending: str) -> Response:
    """Send what `write` writes, under the city's name and the day.

    Parameters
    ----------
    write : callable
        Takes the path to write to.
    name : str
        What the file is, in the reader's language.
    ending : str
        Without a dot.
    """
    now = present()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file.{ending}"
        write(path)
        data = path.read_bytes()
    title = f"{now.name}-{name}-{now.today:%Y%m%d}.{ending}"
    safe = re.sub(r"[^\w.()（）-]+", "_", title).strip("._")
    return send_file(io.BytesIO(data), as_attachment=True, download_name=safe)
