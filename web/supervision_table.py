"""The table of supervision (督查): by county and unit, with good and demonstration stations."""

import datetime as dt
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from stationmap.city import supervision as gathering
from stationmap.errors import Conflict
from stationmap.io import tabular
from stationmap.messages import N_
from stationmap.reports import supervision as report
from stationmap.reports.content import Paragraph, Report
from stationmap.reports.supervision import Supervision
from stationmap.reports.wording import day
from stationmap.store import Change
from web.access import allow, log, me
from web.caching import present
from web.desk import register, say_done, submit
from web.params import Params, language
from web.parts import type_name
from web.station_rows import districts_of, own
from web.take_away import take_away
from web.view import CityView
from web.words import WebError, say

supervision_table = Blueprint("supervision_table", __name__, url_prefix="/manage/supervision")

PAGE = 50
_KEPT = 8  # tables that are remembered
_LOCK = Lock()


@supervision_table.get("/table")
@allow("supervise")
def shown() -> ResponseReturnValue:
    """Show the table of a period (``?since=&until=&district=&by=county|unit``)."""
    params, lang = Params.of_request(), language()
    since, until = _period(params)
    found = _table(since, until, district=_district(params))
    by = params.one_of("by", ("county", "unit"), default="county")
    offset = params.whole("offset", default=0, low=0, high=10**7)
    frame = found.by_county if by == "county" else report.worst_first(found.by_unit)
    return render_template(
        "supervision_table.html",
        by=by,
        since=since.isoformat(),
        until=until.isoformat(),
        districts=list(districts_of(present()).items()),
        district=params.text("district"),
        headings=[say(heading, lang=lang) for heading, _ in report.HEADINGS],
        rows=[
            (row["name"], report.cells(row, _say))
            for _, row in frame[offset : offset + PAGE].iterrows()
        ],
        sums=report.cells(found.total, _say),
        total=len(frame),
        offset=offset,
        limit=PAGE,
        notes=report.notes(_say),
        query=request.args,
    )


def _say(template: str, **params: Any) -> str:
    return say(template, lang=language(), **params)


def _period(params: Params) -> tuple[dt.date, dt.date]:
    """Return the first and the last day asked for: this year up to today unless told."""
    today = present().today
    until = _day(params, "until") or today
    since = _day(params, "since") or until.replace(month=1, day=1)
    return min(since, until), until


def _day(params: Params, name: str) -> dt.date | None:
    text = params.text(name)
    try:
        day = dt.date.fromisoformat(text) if text else None
        if day:
            # the first and the last day there are have no instant in every zone
            _ = day - dt.timedelta(days=2), day + dt.timedelta(days=2)
        return day
    except (ValueError, OverflowError):
        raise WebError(
            "“{value}” is no day; write it like 2026-03-05. Nothing was saved.", value=text
        ) from None


def _district(params: Params) -> str:
    asked = params.text("district")
    own_code = "" if me().role == "city" else me().adcode
    return asked if asked in districts_of(present()) else own_code


def _table(since: dt.date, until: dt.date, *, district: str) -> Supervision:
    """Return the table, as it was worked out for the same data before."""
    now, lang = present(), language()
    kept: OrderedDict[Any, Future[Supervision]] = current_app.extensions.setdefault(
        "supervision_tables", OrderedDict()
    )
    key = (now.version, register().seq(), since, until, district, lang)
    with _LOCK:
        mine = key not in kept
        found = kept.setdefault(key, Future())
        if mine:
            while len(kept) > _KEPT:
                kept.popitem(last=False)
    if mine:
        try:
            found.set_result(
                gathering.supervision(
                    now.answers, register(), since=since, until=until, adcode=district, lang=lang
                )
            )
        except BaseException as error:
            with _LOCK:
                kept.pop(key, None)
            found.set_exception(error)
    return found.result()


@supervision_table.get("/table.<ending>")
@allow("supervise")
def download(ending: str) -> Response:
    """Write the table as a workbook or as a document."""
    if ending not in ("xlsx", "docx"):
        abort(404)
    params, lang = Params.of_request(), language()
    since, until = _period(params)
    found = _table(since, until, district=_district(params))
    name = say(N_("Supervision"), lang=lang)
    log("export", "supervision")

    def write(path: Path) -> None:
        if ending == "xlsx":
            tabular.write_xlsx(path, report.supervision_sheets(found, lang=lang))
        else:
            from stationmap.reports.docx import write_docx

            write_docx(path, _document(present(), found, lang))

    return take_away(write, name=name, ending=ending)


def _document(now: CityView, found: Supervision, lang: str) -> Report:
    section = report.supervision_section(found, _say, lang=lang)
    today = day(now.today.isoformat(), lang=lang)
    word = now.pack.label("stations").get(lang)
    return Report(
        title=say(N_("Supervision of {stations}, {city}"), lang=lang, stations=word, city=now.name),
        subtitle=say(N_("as of {date}"), lang=lang, date=today),
        opening=(),
        sections=(section,),
        closing=(Paragraph(now.name, "date"), Paragraph(today, "date")),
        annexes=(),
        lang=lang,
    )


# ------------------------------------------------------------------- good stations


@supervision_table.get("/good")
@allow("supervise")
def good() -> ResponseReturnValue:
    """Show the candidates for good stations, or the demonstration stations (``?list=``)."""
    params, lang, now = Params.of_request(), language(), present()
    since, until = _period(params)
    district = _district(params)
    found = _table(since, until, district=district)
    which = params.one_of("list", ("good", "demonstration"), default="good")
    offset = params.whole("offset", default=0, low=0, high=10**7)
    if which == "good":
        ids = list(found.good["station_id"])
    else:
        frame = now.stations
        mine = frame["adcode"].fillna("").str.startswith(district)
        ids = list(frame.index[(mine & (frame["demonstration"] == True)).to_numpy(dtype=bool)])  # noqa: E712
    page = ids[offset : offset + PAGE]
    versions = {
        row["id"]: row["version"] for row in register().find_stations(ids=page, limit=None)[1]
    }
    candidates = set(found.good["station_id"])
    return render_template(
        "supervision_good.html",
        which=which,
        since=since.isoformat(),
        until=until.isoformat(),
        district=params.text("district"),
        districts=list(districts_of(now).items()),
        criteria=report.criteria(found, _say),
        nearly=found.nearly,
        stations=[
            _station(now, id_, versions.get(id_), candidate=id_ in candidates, lang=lang)
            for id_ in page
        ],
        counts={
            "good": len(candidates),
            "demonstration": len(ids) if which == "demonstration" else None,
        },
        total=len(ids),
        offset=offset,
        limit=PAGE,
    )


def _station(
    now: CityView, id_: str, version: int | None, *, candidate: bool, lang: str
) -> dict[str, Any]:
    row = now.stations.loc[id_]
    code = row["adcode"] if isinstance(row["adcode"], str) else ""
    return {
        "id": id_,
        "name": row["name"] if isinstance(row["name"], str) else id_,
        "type": type_name(now, row["type"], lang),
        "district": now.district_name(code[:6]) if code else say(N_("(no county)"), lang=lang),
        "unit": row["unit"] if isinstance(row["unit"], str) else "",
        "demonstration": row["demonstration"] is True or row["demonstration"] == True,  # noqa: E712
        "candidate": candidate,
        "version": version,
    }


@supervision_table.post("/good")
@allow("supervise")
def mark() -> ResponseReturnValue:
    """Make a station a demonstration station, or an ordinary one again."""
    row, form = own(request.form.get("station", "")), request.form
    kept: dict[str, Any] = {
        name: value
        for name in ("list", "since", "until", "district", "offset")
        if (value := request.args.get(name))
    }
    back = url_for(".good", **kept)
    version = form.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) < 16):
        abort(400)
    wanted = form.get("mark") == "1"
    try:
        receipt = submit(
            [Change("station", row["id"], {"demonstration": wanted}, expects=int(version))],
            kind="edit",
        )
    except Conflict:
        told = N_(
            "{name} was changed by somebody else meanwhile, so nothing was saved. It is shown as "
            "it stands now."
        )
        say_done(told, warn=True, name=row["name"] or row["id"])
        return redirect(back, code=303)
    told = (
        N_("{name} is a demonstration station now.")
        if wanted
        else N_("{name} is no demonstration station any more.")
    )
    undo = url_for("manage_history.undo", action_id=receipt.action)
    say_done(told, undo=undo, name=row["name"] or row["id"])
    return redirect(back, code=303)
