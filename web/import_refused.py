"""The workbook of refused rows: as they stand in the file, with reasons, to be corrected."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stationmap.city import apart
from stationmap.city.imports import OSM
from stationmap.io import tabular
from stationmap.messages import N_
from web.import_rows import as_numbered
from web.import_uploads import Upload
from web.import_words import told
from web.words import say

ROW = N_("Row in the file")


def workbook(taken: Upload, entries: Sequence[Mapping[str, Any]], *, lang: str) -> bytes:
    """Write the refused rows of an upload, with why and what to do, in a language."""
    numbers = (taken.found or {}).get("numbers", {})
    said = [
        [told(as_numbered(e["reason"], numbers), lang), told(e["advice"], lang)] for e in entries
    ]
    names = (ROW, N_("Why it was not used"), N_("How to correct it"))
    headings = [say(name, lang=lang) for name in names]
    # two may ask at once
    with tempfile.TemporaryDirectory(dir=taken.folder) as folder:
        target = Path(folder) / "refused.xlsx"
        if taken.options.kind == OSM:
            listed = [(e["id"], e["name"], *why) for e, why in zip(entries, said, strict=True)]
            frame = pd.DataFrame(listed, columns=["id", "name", *headings[1:]])
            tabular.write_xlsx(target, {OSM: frame})
        else:
            by_row = {e["row"]: why for e, why in zip(entries, said, strict=True)}
            apart.refused(taken.path, target, taken.options, said=by_row, headings=headings)
        return target.read_bytes()


def title(taken: Upload, *, lang: str) -> str:
    """Call the workbook after the file."""
    stem = re.sub(r"[^\w.()（）-]+", "_", Path(taken.options.name).stem).strip("._")
    return say(N_("{file}-to correct"), lang=lang, file=stem) + ".xlsx"
