"""Files to take away: the report on what the rules find, and blank workbooks to fill in."""

import io
import re
import tempfile
from pathlib import Path
from threading import Lock

from flask import Blueprint, Response, abort, send_file

from stationmap import reports
from stationmap.city import templates
from stationmap.city.dossier import dossier
from web.caching import kept_by_version, present
from web.params import Params

downloads = kept_by_version(Blueprint("downloads", __name__, url_prefix="/download"))

FORMATS = ("xlsx", "docx", "pdf", "gpkg", "png")
# one report at a time: each takes a processor for seconds
_ONE = Lock()


@downloads.get("/report.<ending>")
def report(ending: str) -> Response:
    """Write the report on all rules, or on one (``?rule=``), of the city or of a district."""
    if ending not in FORMATS:
        abort(404)
    now, params = present(), Params.of_request()
    rule = params.text("rule").partition(":")[0]
    if rule and rule not in {entry.id for entry in now.pack.entries()}:
        abort(404)
    district = params.one_of("district", list(now.counties), default="") or None
    rules = (rule,) if rule else ()
    with _ONE:
        check = now.answers.check(rules=rules, district=district, today=now.today, lang=params.lang)
        found = dossier(now.answers, check, rules=rules, district=district, lang=params.lang)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"report.{ending}"
            reports.write_findings(path, found, lang=params.lang)
            data = path.read_bytes()
    return _file(data, f"{found.city}-{rule or now.pack.id}-{now.today:%Y%m%d}.{ending}")


@downloads.get("/template/<kind>.xlsx")
def template(kind: str) -> Response:
    """Write a blank workbook with the types of the city's own pack."""
    if kind not in templates.kinds():
        abort(404)
    now, params = present(), Params.of_request()
    book = io.BytesIO()
    templates.write(book, kind, pack=now.pack, lang=params.lang)
    return _file(book.getvalue(), f"{templates.title(kind).get(params.lang)}.xlsx")


def _file(data: bytes, name: str) -> Response:
    """Send a file under a name that any file system takes."""
    safe = re.sub(r"[^\w.()（）-]+", "_", name).strip("._")
    return send_file(io.BytesIO(data), as_attachment=True, download_name=safe)
