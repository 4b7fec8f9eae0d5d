"""Orders: what is to be put right, by whom and until when; answered, returned, extended."""

import hashlib
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import orders as city_orders
from stationmap.city.photos import Photos
from stationmap.errors import Conflict, InputError, StationMapError
from stationmap.inspections import orders as flow
from stationmap.messages import N_
from stationmap.store import Receipt, Register
from stationmap.store import orders as stored
from stationmap.store.orders import Asked
from web.access import allow, clock, log_after, me, within
from web.caching import present
from web.charge import status_of
from web.desk import action_id, city, register, say_done
from web.order_words import listed, photo_url, told
from web.params import Params, language
from web.view import CityView
from web.words import say

orders = Blueprint("orders", __name__)

PAGE = 30
BODY = 60_000_000
"""Bytes of an answer with its photos."""
LATE = "late"
TABS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "todo": (N_("Not settled"), flow.UNSETTLED),
    flow.OPEN: (flow.STATES[flow.OPEN], (flow.OPEN,)),
    flow.ANSWERED: (flow.STATES[flow.ANSWERED], (flow.ANSWERED,)),
    flow.RETURNED: (flow.STATES[flow.RETURNED], (flow.RETURNED,)),
    LATE: (N_("Overdue"), stored.LATE),
    flow.CLOSED: (flow.STATES[flow.CLOSED], (flow.CLOSED,)),
    flow.CANCELLED: (flow.STATES[flow.CANCELLED], (flow.CANCELLED,)),
}
"""Lists of orders → what they are called, and the states in them."""

Row = dict[str, Any]


def scope() -> Asked:
    """Return which orders the account may see at all."""
    account = me()
    if account.role == "unit":
        return Asked(unit_id=account.unit_id or "")
    return Asked(adcode="" if account.role == "city" else account.adcode)


def standing_of(asked: Asked, now: CityView) -> list[Row]:
    """Return how many orders stand where, worked out once for as long as nothing changes."""
    own = register()
    return _standing(own, own.seq(), asked, now.today.isoformat())


@lru_cache(maxsize=32)
def _standing(held: Register, seq: int, asked: Asked, today: str) -> list[Row]:
    del seq  # part of the key alone
    return stored.standing(held, asked, today=today)


def asked_for(now: CityView, params: Params) -> tuple[str, Asked]:
    """Read which list is asked for, within the account's scope."""
    tab = params.one_of("state", TABS, default="todo")
    own = scope()
    adcode = params.one_of("county", now.counties, default="") or own.adcode
    if not adcode.startswith(own.adcode):
        abort(404)
    unit_id = own.unit_id if own.unit_id is not None else params.text("unit") or None
    return tab, Asked(
        adcode=adcode,
        unit_id=unit_id,
        states=TABS[tab][1],
        late_on=now.today.isoformat() if tab == LATE else "",
    )


@orders.get("/manage/orders")
@allow("order.read")
def listing() -> ResponseReturnValue:
    """Show the orders of one's scope, the longest overdue first."""
    now, params = present(), Params.of_request()
    tab, asked = asked_for(now, params)
    offset = params.whole("offset", default=0, low=0, high=10**7)
    total, rows = stored.find(register(), asked, offset=offset, limit=PAGE)
    # what the tabs count and the filters offer
    every = standing_of(scope(), now)
    chosen = [
        one
        for one in every
        if one["county"].startswith(asked.adcode[: stored.COUNTY])
        and asked.unit_id in (None, one["unit_id"])
    ]
    return render_template(
        "orders_list.html",
        orders=[listed(now, row) for row in rows],
        total=total,
        offset=offset,
        limit=PAGE,
        tab=tab,
        tabs=[
            (key, say(label, lang=language()), _count(chosen, key, states))
            for key, (label, states) in TABS.items()
        ],
        counties=[(code, name) for code, name in now.counties.items() if _holds(every, code)],
        county=params.text("county"),
        units=sorted(
            {(one["unit_id"], one["unit"] or one["unit_id"]) for one in every if one["unit_id"]},
            key=lambda pair: pair[1],
        ),
        unit=params.text("unit"),
        mine=me().role == "unit",
    )


def _count(rows: list[Row], key: str, states: tuple[str, ...]) -> int:
    names = (LATE,) if key == LATE else states
    return sum(row[name] for row in rows for name in names)


def _holds(rows: list[Row], county: str) -> bool:
    return any(row["county"] == county for row in rows)


@orders.get("/manage/orders/standing")
@allow("order.read")
def standing() -> ResponseReturnValue:
    """Show how many orders stand where, and are overdue, by county and by unit."""
    now = present()
    rows = [dict(row) for row in standing_of(scope(), now)]
    counties: dict[str, Row] = {}
    for row in rows:
        held = counties.setdefault(
            row["county"],
            {"code": row["county"], "name": now.district_name(row["county"]), "oldest": None}
            | dict.fromkeys((*flow.STATES, LATE), 0),
        )
        for name in (*flow.STATES, LATE):
            held[name] += row[name]
        held["oldest"] = min(filter(None, (held["oldest"], row["oldest"])), default=None)
    for row in (*rows, *counties.values()):
        missed = {"state": flow.OPEN, "due": row["oldest"]}
        row["days"] = flow.overdue(missed, now.today) if row["oldest"] else 0
    units = [
        {
            **row,
            "name": row["unit"] or row["unit_id"] or "",
            "place": now.district_name(row["county"]),
        }
        for row in rows
    ]
    return render_template(
        "orders_standing.html",
        counties=sorted(counties.values(), key=lambda row: (-row[LATE], row["code"])),
        units=sorted(units, key=lambda row: (-row[LATE], -row["days"], row["name"]))[:500],
        states=[(key, say(label, lang=language())) for key, label in flow.STATES.items()],
        mine=me().role == "unit",
    )


# -- one order -------------------------------------------------------------------------------


@orders.get("/manage/orders/<order_id>")
@allow("order.read")
def one(order_id: str) -> ResponseReturnValue:
    """Show one order: its lines, the photos before and after, its course, and what may be done."""
    return _page(order_of(order_id))


def order_of(order_id: str) -> Row:
    """Return an order; 404 where there is none, or it is in another's scope."""
    row = register().get("rectification", order_id)
    within(row)
    assert row is not None
    return row


def _page(
    row: Row,
    *,
    wrong: StationMapError | None = None,
    step: str = "",
    waiting: Mapping[str, str] | None = None,
) -> Response:
    now, role = present(), me().role
    days = now.pack.rectify_days
    allowed = {name: flow.may(row, name, role=role) for name in flow.STEPS}
    page = render_template(
        "orders_one.html",
        order=told(now, city_orders.story(register(), now.answers, row)),
        may_answer=allowed[flow.ANSWER],
        may_return=allowed[flow.RETURN],
        may_extend=allowed[flow.EXTEND],
        may_cancel=allowed[flow.CANCEL],
        may_inspect=role != "unit" and row["state"] in flow.UNSETTLED,
        mine=role == "unit",
        notice=now.pack.label("notice").get(language()),
        unit_label=now.pack.label("unit").get(language()),
        supervisor_label=now.pack.label("supervisor").get(language()),
        today=now.today.isoformat(),
        proposed=max(row["due"], flow.due_of(now.today, days)),
        most=city_orders.MOST_PHOTOS,
        # what was chosen before the form was refused is here, and need not be chosen again
        waiting=[(own, line, photo_url(own)) for own, line in (waiting or {}).items()],
        typed=request.form if wrong else {},
        # what is wrong is said at its form, where there still is one
        step=step if allowed.get(step) else "",
        wrong=wrong.render(language()) if wrong else "",
    )
    return Response(page, status=status_of(wrong))


@orders.post("/manage/orders/<order_id>/answer")
@allow("order.answer", body=BODY)
def answer(order_id: str) -> ResponseReturnValue:
    """Take what the unit did about an order, with photos; it waits for its re-inspection then."""
    row, form, photos, by = order_of(order_id), request.form, Photos(city().path), me()
    shown: dict[str, str] = {}
    try:
        shown = _pictures(photos)
        receipt = city_orders.answer(
            register(),
            row,
            text=form.get("answer", ""),
            label=say(N_("What was put right"), lang=language()),
            photos=shown,
            pictures=lambda own: photos.picture(own, by=by.id),
            version=_version(),
            action=action_id(),
            by=by,
            now=clock(),
        )
    except (InputError, Conflict) as error:
        if isinstance(error, _NotAllError):
            shown = error.kept
        there = {own: line for own, line in shown.items() if photos.picture(own, by=by.id)}
        return _refused(order_id, error, step=flow.ANSWER, waiting=there)
    photos.settle(list(shown), by=by.id)
    _logged(receipt, row)
    say_done(N_("The answer was sent. The order is closed once it is re-inspected."))
    return redirect(url_for("orders.one", order_id=row["id"]), code=303)


def _pictures(photos: Photos) -> dict[str, str]:
    """Keep the photos of this form; return their ids, and the lines that they show.

    A photo is a file of the field ``photo:LINE``, or was sent before: ``kept`` is its id and line.
    """
    found = {}
    for text in request.form.getlist("kept"):
        own, _, line = text.partition(" ")
        found[own] = line
    mark, wrong = uuid.UUID(action_id()), None
    for field in request.files:
        name, _, line = field.partition(":")
        for number, file in enumerate(request.files.getlist(field)):
            if name != "photo" or not file.filename:
                continue
            data = file.read()
            own = str(uuid.uuid5(mark, f"{line} {number} {hashlib.sha256(data).hexdigest()}"))
            try:
                photos.take_in(data, photo_id=own, by=me().id)
            except InputError as error:
                wrong = wrong or error
            else:
                found[own] = line
    if wrong is not None:
        raise _NotAllError(found, wrong)
    return found


class _NotAllError(InputError):
    """One of the photos of a form could not be taken; the others wait."""

    def __init__(self, kept: dict[str, str], why: InputError) -> None:
        super().__init__("{why}", why=why)
        self.kept = kept


@orders.post("/manage/orders/<order_id>/return")
@allow("order.manage")
def give_back(order_id: str) -> ResponseReturnValue:
    """Return an answered order that was not put right, with a reason and a new day."""
    return _decide(order_id, flow.RETURN)


@orders.post("/manage/orders/<order_id>/extend")
@allow("order.manage")
def extend(order_id: str) -> ResponseReturnValue:
    """Give an order more time, with a reason."""
    return _decide(order_id, flow.EXTEND)


@orders.post("/manage/orders/<order_id>/cancel")
@allow("order.manage")
def cancel(order_id: str) -> ResponseReturnValue:
    """Withdraw an order that should not have been issued, with a reason."""
    row = order_of(order_id)
    try:
        receipt = city_orders.cancel(
            register(),
            row,
            reason=request.form.get("reason", ""),
            label=say(N_("Reason"), lang=language()),
            version=_version(),
            action=action_id(),
            by=me(),
            now=clock(),
        )
    except (InputError, Conflict) as error:
        return _refused(order_id, error, step=flow.CANCEL)
    _logged(receipt, row)
    say_done(N_("The order was withdrawn; nothing is to be done about it any more."))
    return redirect(url_for("orders.one", order_id=row["id"]), code=303)


def _decide(order_id: str, step: str) -> ResponseReturnValue:
    row, now = order_of(order_id), present()
    act = city_orders.give_back if step == flow.RETURN else city_orders.extend
    try:
        receipt = act(
            register(),
            row,
            reason=request.form.get("reason", ""),
            due=request.form.get("due", ""),
            label=say(N_("Reason"), lang=language()),
            version=_version(),
            action=action_id(),
            by=me(),
            now=clock(),
            today=now.today,
        )
    except (InputError, Conflict) as error:
        return _refused(order_id, error, step=step)
    _logged(receipt, row)
    done = N_("The order was returned; the unit sees the reason and the new deadline.")
    say_done(done if step == flow.RETURN else N_("The deadline was moved."))
    return redirect(url_for("orders.one", order_id=row["id"]), code=303)


def _refused(
    order_id: str,
    error: StationMapError,
    *,
    step: str,
    waiting: Mapping[str, str] | None = None,
) -> Response:
    """Show the order as it stands by now, with what was typed and why it was not taken."""
    if isinstance(error, Conflict) and error.params["entity"] == "rectification":
        error = Conflict(
            "Somebody changed this order while you were writing; below it is as it stands now. "
            "What you wrote is kept: look, and send it again.",
            **error.params,
        )
    return _page(order_of(order_id), wrong=error, step=step, waiting=waiting)


def _version() -> int:
    """Return the version at which the form showed the order."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _logged(receipt: Receipt, row: Row) -> None:
    if not receipt.again:
        log_after("change", f"{city_orders.ORDER} rectification:{row['id']} {receipt.action}")
