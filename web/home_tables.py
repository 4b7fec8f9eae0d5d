"""Applications and remarks to take away as workbooks, as far as the account looks after them."""

import io
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from flask import Blueprint, Response, send_file
from flask.typing import ResponseReturnValue

from stationmap.city import remarks as said
from stationmap.io import tabular
from stationmap.messages import N_
from web.access import allow, log, me
from web.applications import in_scope, shown
from web.caching import present
from web.charge import stations_of, unit_name
from web.desk import register
from web.params import language
from web.parts import text
from web.unit_home import day
from web.words import say

home_tables = Blueprint("home_tables", __name__)


@home_tables.get("/manage/applications.xlsx")
@allow("application.decide")
def applications() -> ResponseReturnValue:
    """Send all applications of one's district, the newest first."""
    now = present()
    rows = [shown(now, row) for row in in_scope(now, register().rows("application"))[::-1]]
    columns = {
        N_("Applied for"): [day(row["at"]) for row in rows],
        N_("What is applied for"): [row["kind_name"] for row in rows],
        N_("Name of the station"): [row["name"] for row in rows],
        N_("Type"): [row["type"] for row in rows],
        N_("Unit"): [row["unit"] for row in rows],
        N_("District"): [row["district"] for row in rows],
        N_("Address"): [row["address"] for row in rows],
        N_("Longitude"): [row["place"][0] if row["place"] else None for row in rows],
        N_("Latitude"): [row["place"][1] if row["place"] else None for row in rows],
        N_("Reason"): [row["reason"] for row in rows],
        N_("State"): [row["state_name"] for row in rows],
        N_("Settled"): [_day(row["decided_at"]) for row in rows],
        N_("Decision"): [row["decision"] for row in rows],
        N_("On the list as"): [row["status_name"] for row in rows],
    }
    return send_table(N_("Applications"), columns)


@home_tables.get("/home/remarks.xlsx")
@allow("remark.answer")
def remarks() -> ResponseReturnValue:
    """Send all remarks on the stations in one's charge, the newest first."""
    now, lang = present(), language()
    frame = stations_of(me(), now)
    found = register().rows("remark")
    known = set(frame.index[frame.index.isin([row["station_id"] for row in found])])
    rows = [row for row in found if row["station_id"] in known][::-1]
    held = [frame.loc[row["station_id"]] for row in rows]
    columns = {
        N_("Sent"): [day(row["at"]) for row in rows],
        N_("Station"): [text(s["name"]) or str(s["station_id"]) for s in held],
        N_("Unit"): [text(s["unit"]) or unit_name(now, text(s["unit_id"])) for s in held],
        N_("About"): [say(said.KINDS[row["kind"]], lang=lang) for row in rows],
        N_("Your remark"): [row["text"] for row in rows],
        N_("State"): [say(said.STATES[row["state"]], lang=lang) for row in rows],
        N_("Settled"): [_day(row["answered_at"]) for row in rows],
        N_("Answer"): [row["answer"] for row in rows],
    }
    return send_table(N_("Residents' remarks"), columns)


def _day(instant: str | None) -> str:
    return day(instant) if instant else ""


def send_table(title: str, columns: Mapping[str, Sequence[Any]]) -> Response:
    """Send columns, by their headings, as a workbook of a title."""
    now, lang = present(), language()
    word = say(title, lang=lang)
    table = pd.DataFrame({say(name, lang=lang): values for name, values in columns.items()})
    log("export", f"{title} {len(table)}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        tabular.write_xlsx(path, {word: table})
        data = path.read_bytes()
    name = re.sub(r"[^\w.-]+", "_", f"{now.name}-{word}-{now.today:%Y%m%d}.xlsx")
    return send_file(io.BytesIO(data), as_attachment=True, download_name=name)
