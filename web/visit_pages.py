"""One inspection on a desk: what it found, and how it is said to count no more."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import visits
from stationmap.city.orders import REASON, station_of
from stationmap.city.wording import worded
from stationmap.errors import Conflict, InputError, StationMapError
from stationmap.inspections import NOT_MET
from stationmap.inspections import orders as flow
from stationmap.messages import N_
from web.access import allow, clock, log_after, me
from web.caching import present
from web.charge import status_of
from web.desk import action_id, register, say_done
from web.inspect_sites import in_charge
from web.inspect_visits import voiding, who
from web.inspect_words import visit_name
from web.order_words import listed
from web.params import language
from web.words import say

visit_pages = Blueprint("visit_pages", __name__)

Row = dict[str, Any]


@visit_pages.get("/manage/visits/<uuid:inspection_id>")
@allow("inspection.void")
def one(inspection_id: uuid.UUID) -> ResponseReturnValue:
    """Show an inspection with the orders that it issued, and the form that voids it."""
    return _page(_visit(inspection_id))


@visit_pages.post("/manage/visits/<uuid:inspection_id>/void")
@allow("inspection.void")
def void(inspection_id: uuid.UUID) -> ResponseReturnValue:
    """Say that an inspection counts no more, and why; withdraw its orders where that is asked."""
    row, form = _visit(inspection_id), request.form
    try:
        reason = worded(
            form.get("reason", ""),
            what=say(N_("Reason"), lang=language()),
            limit=REASON,
            required=True,
        )
        receipt = visits.void(
            register(),
            row["id"],
            reason=reason,
            action=action_id(),
            by=me().id,
            withdrawn_at=clock() if form.get("orders") else None,
        )
    except (InputError, Conflict) as error:
        return _page(_visit(inspection_id), wrong=error)
    if not receipt.again:
        log_after("change", f"{visits.VOID} inspection:{row['id']} {receipt.action}")
    say_done(N_("The inspection counts no more; it stays in the records with your reason."))
    return redirect(url_for("visit_pages.one", inspection_id=row["id"]), code=303)


def _visit(inspection_id: uuid.UUID) -> Row:
    """Return an inspection; 404 where there is none, or it is in another's charge."""
    row = register().get("inspection", str(inspection_id))
    if row is None:
        abort(404)
    in_charge(row)
    return row


def _page(row: Row, *, wrong: StationMapError | None = None) -> Response:
    now, lang, held = present(), language(), register()
    checklist = visits.checklist_of(held, row["checklist"], answers=now.answers)
    notes = (row["details"] or {}).get("notes") or {}
    answers = checklist.answers(row["found"])
    issued = held.rows("rectification", inspection_id=row["id"])
    page = render_template(
        "visit_one.html",
        visit=row,
        station=station_of(held, now.answers, row["station_id"])["name"],
        kind=visit_name(row["visit"], lang),
        number=visits.number_of(row, zone=now.answers.config.time_zone),
        by=who(row["inspector_id"]),
        failed=[
            (line.text[lang], notes.get(line.key, ""))
            for line in checklist.lines
            if answers.get(line.key) == NOT_MET
        ],
        orders=[listed(now, order) for order in issued],
        open_orders=any(order["state"] in flow.UNSETTLED for order in issued),
        closes=any(
            order["closed_by"] == row["id"]
            for order in held.rows("rectification", station_id=row["station_id"])
        ),
        voiding=voiding(row),
        typed=request.form if wrong else {},
        wrong=wrong.render(lang) if wrong else "",
    )
    return Response(page, status=status_of(wrong))
