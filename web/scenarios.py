"""Pages of scenarios (比选方案): the list, one, two side by side, adopting, and files of one."""

from uuid import UUID

from flask import Blueprint, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import scenario_adopt
from stationmap.city import scenarios as city_scenarios
from stationmap.errors import Conflict
from stationmap.messages import N_
from web import scenario_rows as rows
from web.access import allow, log_after, me, public
from web.desk import action_id as mark
from web.desk import register, say_done

scenarios = Blueprint("scenarios", __name__, url_prefix="/plans")


@scenarios.get("")
@allow("plan.read")
def listing() -> ResponseReturnValue:
    """List the scenarios, the one changed last first."""
    return ""


@scenarios.get("/<uuid:scenario_id>")
@public
def one(scenario_id: UUID) -> ResponseReturnValue:
    """Show one scenario."""
    rows.readable(scenario_id)
    return ""


@scenarios.post("/undo/<uuid:action_id>")
@allow("plan.make")
def undo(action_id: UUID) -> ResponseReturnValue:
    """Take back what was done with a scenario: what was changed since stays."""
    undone = register().action(str(action_id))
    kinds = (city_scenarios.KIND, scenario_adopt.KIND)
    if undone is None or undone.kind not in kinds or undone.by != me().id:
        abort(404)
    try:
        receipt = register().undo(undone.id, action=mark(), by=me().id, keep_changed=True)
    except Conflict:
        say_done(N_("This was undone already."))
        return redirect(url_for(".listing"), code=303)
    if not receipt.again:
        log_after("change", f"undo {undone.id}")
    if receipt.kept:
        say_done(
            N_("Undone: {count}; left as they are, because they were changed since: {kept}."),
            count=receipt.events,
            kept=len(receipt.kept),
        )
    else:
        say_done(N_("It stands as before."))
    return redirect(url_for(".listing"), code=303)
