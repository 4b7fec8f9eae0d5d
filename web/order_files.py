"""Orders to take away: the table, the printed notice, and the evidence pack."""

import datetime as dt
import io
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    abort,
    render_template,
    request,
    send_file,
    stream_with_context,
)
from flask.typing import ResponseReturnValue

from stationmap.city import order_files as made
from stationmap.city import orders as city_orders
from stationmap.city.photos import Photos
from stationmap.city.wording import Day
from stationmap.errors import InputError, RegisterError, StationMapError
from stationmap.messages import N_
from stationmap.reports import evidence as pack
from stationmap.reports.content import Report
from stationmap.reports.docx import write_docx
from stationmap.reports.notice import notice as compose
from stationmap.store import orders as stored
from stationmap.store.orders import Asked
from web.access import allow, log
from web.caching import present
from web.charge import status_of
from web.desk import city, register
from web.home_tables import send_table
from web.order_words import by_whom, listed
from web.orders import asked_for, order_of, scope, standing_of
from web.params import Params, language
from web.unit_home import day
from web.view import CityView
from web.words import WebError, say

order_files = Blueprint("order_files", __name__)

MOST_ROWS = 50_000
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@order_files.get("/manage/orders.xlsx")
@allow("order.read")
def table() -> ResponseReturnValue:
    """Send the list that is shown as a workbook."""
    now = present()
    _, asked = asked_for(now, Params.of_request())
    _, found = stored.find(register(), asked, limit=MOST_ROWS)
    rows = [{**row, **listed(now, row)} for row in found]
    sent = [city_orders.addressed(row, now.pack) for row in found]
    columns = {
        N_("Number of the order"): [row["number"] for row in rows],
        N_("Station"): [row["station"] for row in rows],
        N_("Unit"): [row["unit"] for row in rows],
        N_("Addressed to"): [to for to, _ in sent],
        N_("Copy to"): [copy for _, copy in sent],
        N_("District"): [row["county"] for row in rows],
        N_("Items"): [row["lines"] for row in rows],
        N_("Issued"): [day(row["issued_at"]) for row in rows],
        N_("Deadline"): [day(row["due"]) for row in rows],
        N_("Overdue (days)"): [row["late"] or None for row in rows],
        N_("State"): [row["state_name"] for row in rows],
        N_("Note"): [row["note"] or "" for row in rows],
        N_("Answer of the unit"): [row["answer"] or "" for row in rows],
        N_("Date of the answer"): [
            day(row["answered_at"]) if row["answered_at"] else "" for row in rows
        ],
        N_("Words of the office"): [row["decision"] or "" for row in rows],
        N_("Date of the decision"): [
            day(row["decided_at"]) if row["decided_at"] else "" for row in rows
        ],
    }
    return send_table(N_("Rectification orders"), columns)


# -- the notice ------------------------------------------------------------------------------


@order_files.get("/manage/orders/<order_id>/notice")
@allow("order.read")
def notice(order_id: str) -> ResponseReturnValue:
    """Show the notice of an order as it is printed."""
    return render_template("orders_notice.html", order_id=order_id, report=_notice(order_id))


@order_files.get("/manage/orders/<order_id>/notice.docx")
@allow("order.read")
def notice_docx(order_id: str) -> ResponseReturnValue:
    """Send the notice of an order as a Word document."""
    report = _notice(order_id)
    log("export", f"{N_('Orders')} 1")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notice.docx"
        write_docx(path, report)
        data = io.BytesIO(path.read_bytes())
    name = _name(f"{report.title}-{report.subtitle}.docx")
    return send_file(data, mimetype=DOCX, as_attachment=True, download_name=name)


def _notice(order_id: str) -> Report:
    row, answers = order_of(order_id), present().answers
    story = city_orders.story(register(), answers, row)
    return compose(made.case_of(story, answers, who=by_whom, lang=language()), lang=language())


# -- the pack --------------------------------------------------------------------------------


@order_files.get("/manage/orders/evidence")
@allow("order.manage")
def evidence() -> ResponseReturnValue:
    """Ask for which period, county and unit a pack is wanted."""
    return _ask()


def _ask(wrong: StationMapError | None = None) -> Response:
    now = present()
    rows = standing_of(scope(), now)
    units = {row["unit_id"]: row["unit"] or row["unit_id"] for row in rows if row["unit_id"]}
    counties = {row["county"] for row in rows}
    page = render_template(
        "orders_evidence.html",
        counties=[(code, name) for code, name in now.counties.items() if code in counties],
        units=sorted(units.items(), key=lambda pair: pair[1]),
        first=now.today.replace(month=1, day=1).isoformat(),
        last=now.today.isoformat(),
        asked=request.args,
        wrong=wrong.render(language()) if wrong else "",
    )
    return Response(page, status=status_of(wrong))


@order_files.get("/manage/orders/evidence.zip")
@allow("order.manage")
def packed() -> ResponseReturnValue:
    """Send the pack of a period (``?first=&last=&county=&unit=``, days inclusive)."""
    now, params = present(), Params.of_request()
    try:
        asked, period = _of_period(now, params)
        total, _ = stored.find(register(), asked, limit=0)
        if total == 0:
            raise WebError(
                "No order was issued or settled in this period; there is nothing to pack."
            )
        parts = _parts(now, asked, period)
    except InputError as error:
        return _ask(error)
    log("export", f"{N_('Evidence pack')} {total}")
    name = _name(f"{now.name}-{say(N_('Evidence pack'), lang=language())}-{now.today:%Y%m%d}.zip")
    # a year of a city is more than a browser waits for: it is sent as it comes to be
    response = Response(stream_with_context(parts), mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _parts(now: CityView, asked: Asked, period: str) -> Iterator[bytes]:
    """Give a pack part by part; its first one is there already.

    Raises
    ------
    RegisterError
        There is no room to write.
    """
    pieces = made.pieces(
        register(), now.answers, Photos(city().path), asked, who=cache(by_whom), lang=language()
    )
    parts = pack.stream(pieces, city=now.name, period=period, lang=language())
    try:
        first = next(parts)
    except OSError as error:
        raise RegisterError(
            "The pack could not be written: the disk of this server is full or cannot be written. "
            "Nothing is lost; tell who runs the server, then try again.",
            why="full",
        ) from error
    return chain([first], parts)


def _of_period(now: CityView, params: Params) -> tuple[Asked, str]:
    """Read which orders a pack is to hold, and say the period."""
    zone = ZoneInfo(now.answers.config.time_zone)
    try:
        first, last = (dt.date.fromisoformat(params.text(name)) for name in ("first", "last"))
        ends = (first, last + dt.timedelta(days=1))
        since, until = (
            dt.datetime.combine(end, dt.time(), zone)
            .astimezone(dt.UTC)
            .isoformat(timespec="milliseconds")
            for end in ends
        )
    except (ValueError, OverflowError) as error:
        raise WebError("Please choose the first and the last day of the period.") from error
    if first > last:
        raise WebError("The last day lies before the first; choose the days again.")
    own = scope()
    county = params.one_of("county", now.counties, default="") or own.adcode
    if not county.startswith(own.adcode):
        abort(404)
    lang = language()
    period = say(
        N_("issued or settled from {first} to {last}"), lang=lang,
        first=Day(first.isoformat()), last=Day(last.isoformat()),
    )  # fmt: skip
    asked = Asked(adcode=county, unit_id=params.text("unit") or None, since=since, until=until)
    return asked, period


def _name(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text)
