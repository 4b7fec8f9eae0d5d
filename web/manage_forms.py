"""Forms for those who inspect without this page: the checklist to print, and for ODK and Kobo."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import forms, templates
from stationmap.messages import N_
from stationmap.reports import sheet
from web.access import allow, me
from web.caching import present
from web.downloads import written
from web.params import language
from web.parts import type_name
from web.station_rows import own
from web.words import say

manage_forms = Blueprint("manage_forms", __name__, url_prefix="/manage/forms")

NAME = N_("Inspection sheet")


@manage_forms.get("")
@allow("station.read")
def listing() -> ResponseReturnValue:
    """Show what there is: a sheet for each type, the form, the blank workbook."""
    now, lang = present(), language()
    return render_template(
        "forms_list.html",
        types=[(t.id, type_name(now, t.id, lang)) for t in now.pack.site_types],
        workbook=str(templates.title("inspections").get(lang)),
        document=now.pack.document.number,
    )


@manage_forms.get("/sheet")
@allow("station.read")
def printed() -> Response:
    """Show sheets to print: of a station (``?station=``), of a type (``?type=``), or of all."""
    now, lang = present(), language()
    blanks = forms.blanks(now.answers, **_asked())
    page = sheet.sheets(now.pack, blanks, lang=lang, style=url_for("manage_forms.style"))
    return Response(page)


@manage_forms.get("/sheet.css")
@allow("station.read")
def style() -> Response:
    """Send the style of printed sheets."""
    return Response(sheet.STYLE.read_text(encoding="utf-8"), mimetype="text/css")


@manage_forms.get("/sheet.pdf")
@allow("station.read")
def pdf() -> Response:
    """Write the same sheets as a PDF."""
    now, lang, asked = present(), language(), _asked()

    def write(path: Path) -> None:
        forms.write_sheets(path, now.answers, **asked, lang=lang)

    return written(now, write, name=_named(asked, lang), ending="pdf")


@manage_forms.get("/form.xlsx")
@allow("station.read")
def form() -> Response:
    """Write the form for ODK and Kobo, in which the account's stations are chosen."""
    now, lang, asked = present(), language(), _asked()

    def write(path: Path) -> None:
        forms.write_form(path, now.answers, **asked, lang=lang, covers=me().covers)

    return written(now, write, name=f"{_named(asked, lang)}-ODK", ending="xlsx")


def _asked() -> dict[str, Any]:
    """Return the station or the type that is asked for; 404 where it is not there, or not mine."""
    station, site_type = request.args.get("station"), request.args.get("type")
    if station:
        return {"station": str(own(station)["id"]), "site_type": None}
    if site_type and site_type not in {t.id for t in present().pack.site_types}:
        abort(404)
    return {"station": None, "site_type": site_type or None}


def _named(asked: dict[str, Any], lang: str) -> str:
    of = asked["station"] or (
        type_name(present(), asked["site_type"], lang) if asked["site_type"] else ""
    )
    return "-".join(filter(None, [say(NAME, lang=lang), of]))
