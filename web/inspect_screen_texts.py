"""Words of the inspectors' screens; ``{name}`` is filled in, ``one|many`` is chosen by ``n``."""

from collections.abc import Mapping
from types import MappingProxyType

from stationmap.messages import N_
from web.texts import SCRIPT_TEXTS

_SHARED = (
    "unit.m",
    "unit.km",
    "map.zoom_in",
    "map.zoom_out",
    "base.own",
    "base.name",
    "base.review",
    "error.title",
    "error.retry",
)
SCREEN_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        **{key: SCRIPT_TEXTS[key] for key in _SHARED},
        # frame
        "i.title": N_("Inspections"),
        "i.back": N_("Back"),
        "i.to_map": N_("Back to the map"),
        "i.to_list": N_("To the list of sites"),
        "i.close": N_("Close"),
        "i.keep": N_("Keep it"),
        "i.moment": N_("{day}, {time}"),
        "i.unsent": N_("{n} not sent"),
        "i.kept_here": N_("kept on this phone"),
        "i.all_sent": N_("Everything is sent"),
        "i.all_sent_text": N_("Nothing on this phone waits to be sent."),
        "i.offline": N_("no network; inspect as usual"),
        "i.offline_kept": N_("no network; kept on this phone"),
        "i.kept_until": N_("kept on this phone; sign in to send"),
        "i.sign_in": N_(
            "Sign in again; what you filled in is kept on this phone and will be sent then."
        ),
        "i.sign_in_now": N_("Sign in"),
        "i.send_now": N_("Send now"),
        "i.broken": N_(
            "The phone could not show or keep this just now. What was kept before is still there; "
            "try again."
        ),
        "i.opening": N_("Opening …"),
        # states and work
        "i.state.met": N_("Met"),
        "i.state.not_met": N_("Not met"),
        "i.state.not_applicable": N_("Not applicable"),
        "i.state.unknown": N_("Not looked at"),
        "i.result.met": N_("meets the standard"),
        "i.result.not_met": N_("does not meet the standard"),
        "i.result.unknown": N_("not all looked at"),
        "i.work.reinspect": N_("To re-inspect"),
        "i.work.overdue": N_("Order overdue"),
        "i.work.due": N_("To be inspected"),
        "i.work.round": N_("On the round"),
        "i.work.done": N_("Done today"),
        "i.work.fresh": N_("Not due"),
        "i.order.open": N_("To be put right"),
        "i.order.answered": N_("Answered, to be re-inspected"),
        "i.order.closed": N_("Settled and closed"),
        "i.order.returned": N_("Returned to be put right"),
        # list
        "i.lists": N_("Lists of sites"),
        "i.list.today": N_("Today"),
        "i.list.due": N_("To inspect"),
        "i.list.orders": N_("Orders"),
        "i.list.near": N_("Near me"),
        "i.list.all": N_("All"),
        "i.search": N_("Name or address"),
        "i.sites": N_("{n} site|{n} sites"),
        "i.more": N_("Show {n} more"),
        "i.as_of": N_("as kept on this phone, {at}"),
        "i.map": N_("Map of the sites in the list"),
        "i.legend": N_("What the signs mean"),
        "i.start": N_("Start the inspection"),
        "i.history": N_("All visits"),
        "i.last": N_("Last time, {day}:"),
        "i.last_short": N_("last time {what}"),
        "i.never": N_("Never visited"),
        "i.never_text": N_("The first visit starts with the checklist."),
        "i.order_short": N_("order until {due}"),
        "i.away": N_("{far} away"),
        "i.no_position": N_(
            "The phone did not tell its place; the order is by distance from the middle of the map."
        ),
        "i.none.today": N_("No round for today"),
        "i.none_text.today": N_("Rounds come from a draw; all sites can be inspected at any time."),
        "i.none.due": N_("Nothing is due"),
        "i.none_text.due": N_("Every site was visited in time."),
        "i.none.orders": N_("No open orders"),
        "i.none_text.orders": N_("Nothing waits to be put right or re-inspected."),
        "i.none.near": N_("No sites near"),
        "i.none_text.near": N_("No site with a place is within your area."),
        "i.none.all": N_("No sites"),
        "i.none_text.all": N_("There are no stations in your area yet."),
        "i.none_kept": N_("This list is not on the phone"),
        "i.none_offline": N_(
            "There is no network, and this list was not kept on the phone. Open it once with a "
            "network."
        ),
        "i.none_found": N_("No site fits"),
        "i.none_found_text": N_("Look for a shorter part of the name or address."),
        "i.both": N_(
            "Somebody else visited {n} of your sites on the same day; both visits are "
            "kept|Somebody else visited {n} of your sites on the same day; both visits are kept"
        ),
        # form
        "i.no_site": N_("This site is not on the phone"),
        "i.no_site_text": N_(
            "It is outside your area, or there is no network and it was not kept. Open it once "
            "with a network."
        ),
        "i.no_checklist": N_("The checklist is not on the phone"),
        "i.no_checklist_text": N_(
            "There is no network and this checklist was not kept. Open it once with a network."
        ),
        "i.kind": N_("Kind of visit"),
        "i.last_visit": N_("Last time {at}, {visit}"),
        "i.order_open": N_(
            "Order of {n} line, {state}, until {due}|Order of {n} lines, {state}, until {due}"
        ),
        "i.order_late": N_("overdue"),
        "i.reinspect": N_("Re-inspect"),
        "i.progress": N_("{done}/{all}"),
        "i.next": N_("Next without an answer"),
        "i.all_answered": N_("All answered"),
        "i.clause": N_("Document’s words"),
        "i.clause_of": N_("What the document says: {what}"),
        "i.advisory": N_("Advice"),
        "i.same": N_("As last time, looked again"),
        "i.same_done": N_("✓ Looked again"),
        "i.note": N_("Note"),
        "i.note_on": N_("Note: {what}"),
        "i.note_how": N_("What was found on the spot"),
        "i.photo_of": N_("Take a photo: {what}"),
        "i.album_of": N_("Choose photos: {what}"),
        "i.photo_take": N_("Take a photo"),
        "i.photo_new": N_("Photo"),
        "i.photo_last": N_("Photo of last time"),
        "i.photo_before": N_("Before"),
        "i.photo_now": N_("Now"),
        "i.photo_none": N_("No photo"),
        "i.photo_open": N_("Open: {what}"),
        "i.photo_missing": N_("This photo is not on the phone; it shows once there is a network."),
        "i.photo_most": N_("One line takes {n} photos; the others were left out."),
        "i.photo_drop": N_("Remove the photo"),
        "i.photo_drop_text": N_("The photo is removed from this visit."),
        "i.drop": N_("Remove"),
        "i.supplies": N_("Supplies"),
        "i.count_of": N_("Count: {what}"),
        "i.less_of": N_("One less: {what}"),
        "i.more_of": N_("One more: {what}"),
        "i.condition_of": N_("Condition: {what}"),
        "i.visit_note": N_("Note on the whole visit"),
        "i.signature": N_("Signature of the unit"),
        "i.signature_how": N_("Somebody of the unit signs for having been told what was found."),
        "i.signed_post": N_("Post of who signed"),
        "i.sign": N_("Sign"),
        "i.sign_anew": N_("Sign anew"),
        "i.sign_here": N_("Sign here"),
        "i.sign_again": N_("Clear"),
        "i.sign_done": N_("Done"),
        "i.submit": N_("Submit"),
        "i.nothing": N_("No line is answered yet"),
        "i.nothing_text": N_(
            "Answer at least one line; then it can be submitted. What you filled in is kept."
        ),
        "i.late": N_("This last step was not kept"),
        "i.unsigned": N_(
            "The unit has not signed. Where it would not or nobody was there, say so in the note "
            "on the whole visit."
        ),
        "i.discard": N_("Discard this visit"),
        "i.discard_text": N_(
            "Answers and photos of this visit are removed from this phone. What was submitted "
            "before stays."
        ),
        "i.discard_short": N_("Discard"),
        "i.discard_of": N_("Discard: {what}"),
        "i.newer": N_("After you began, somebody visited here: {at}, {visit}."),
        "i.newer_look": N_("See that visit"),
        "i.newer_take": N_("Show its answers beside"),
        # review
        "i.review": N_("Before you submit"),
        "i.review_back": N_("Change something"),
        "i.send": N_("Submit now"),
        "i.send_later": N_("Submit once there is a network"),
        "i.offline_send": N_("No network. The visit is kept on this phone and goes out by itself."),
        "i.photos": N_("{n} photo|{n} photos"),
        "i.unanswered": N_("{n} line not inspected|{n} lines not inspected"),
        "i.item_line": N_("{title}: {text}"),
        "i.failed": N_("{n} line not met|{n} lines not met"),
        "i.self_word": N_("A unit's own visit makes no order; it is marked as its own word."),
        "i.order_make": N_("Make an order"),
        "i.order_how": N_("The unit is asked to put right what is ticked."),
        "i.order_how_above": N_(
            "The supervising department has the unit put right what is ticked."
        ),
        "i.order_to": N_("Addressed to"),
        "i.order_unit": N_("Unit"),
        "i.order_no_unit": N_("no unit on record"),
        "i.order_copy": N_("Copy to"),
        "i.order_no_copy": N_("no supervising unit on record"),
        "i.order_taken": N_("stands in an open order already"),
        "i.order_due": N_("To be put right until"),
        "i.order_note": N_("Requirements"),
        "i.again_closes": N_("All lines are met: the order is closed with this re-inspection."),
        "i.again_returned": N_(
            "Some lines are still not met: the order goes back to the unit, with a new deadline "
            "unless its own is later."
        ),
        "i.again_open": N_("Not all lines are inspected: the order stays as it is."),
        # receipt
        "i.receipt": N_("Receipt"),
        "i.kept_title": N_("Kept on this phone"),
        "i.kept_text": N_("You may close this page or turn the phone off; nothing is lost."),
        "i.kept_photos": N_("{n} photo kept with it. |{n} photos kept with it. "),
        "i.sending": N_("Sending …"),
        "i.received": N_("Submitted"),
        "i.number": N_("Receipt number"),
        "i.at": N_("Time of the visit"),
        "i.received_at": N_("Received"),
        "i.result": N_("Result"),
        "i.failed_lines": N_("Lines not met"),
        "i.lines": N_("{n} line|{n} lines"),
        "i.order_made": N_("Order made"),
        "i.order_made_text": N_(
            "Order {number}, {n} line, until {due}|Order {number}, {n} lines, until {due}"
        ),
        "i.order_see": N_("See the order"),
        "i.decided": N_("The order"),
        "i.decided_closed": N_("Closed: all its lines are met."),
        "i.decided_returned": N_("Returned to the unit; its deadline stands in the order."),
        "i.decided_before": N_("Another visit closed it before this one arrived."),
        "i.decided_cancelled": N_("Withdrawn meanwhile: nothing is to be done about it."),
        "i.decided_not": N_("This visit did not decide it: it stays as it is."),
        "i.others": N_("Visits of others meanwhile"),
        "i.others_text": N_("Both visits are kept; the later one decides the map."),
        "i.no_receipt": N_("This visit is not on the phone"),
        "i.no_receipt_text": N_("It was discarded, or sent from another device."),
        "i.refused": N_("The server could not take it"),
        "i.refused_text": N_(
            "Nothing is lost: it is kept on this phone. Mend what is named above and submit it "
            "again."
        ),
        "i.mend": N_("Open and mend"),
        # unsent
        "i.unsent_title": N_("On this phone"),
        "i.waiting": N_("Waiting to be sent"),
        "i.finished": N_("finished {at}"),
        "i.begun": N_("Begun"),
        "i.begun_at": N_("begun {at}, {n} answered"),
        "i.receipts": N_("Last receipts"),
        "i.receipt_row": N_("number {number}, received {at}"),
        # visit
        "i.visit": N_("Visit"),
        "i.by": N_("Inspected by"),
        "i.clock": N_("Clock"),
        "i.clock_wrong": N_("The phone said {at}; its clock was wrong."),
        "i.due_day": N_(": {day}"),
        "i.voided": N_("Void: {why}"),
        "i.voided_by": N_("Void: {why} (said by {by})"),
        "i.voided_short": N_("void"),
        "i.void": N_("Void this inspection"),
        "i.no_visit": N_("This visit cannot be shown"),
        "i.no_visit_text": N_(
            "It is outside your area, or there is no network and it was not kept on the phone."
        ),
        "i.earlier": N_("Earlier visits"),
        "i.not_kept": N_("The visits are not on the phone"),
        "i.not_kept_text": N_("They show once there is a network."),
        # re-inspection
        "i.no_order": N_("This order is not on the phone"),
        "i.no_order_text": N_(
            "It is closed already or outside your area, or there is no network and it was not kept."
        ),
        "i.order_until": N_("until {due}"),
        "i.answer": N_("The unit answered, {at}:"),
        "i.answer_photo": N_("Photo of the unit"),
        "i.no_answer": N_("The unit has not answered yet."),
        "i.lines_gone": N_(
            "{n} line of the order is not in this checklist; decide it on the order's page.|{n} "
            "lines of the order are not in this checklist; decide them on the order's page."
        ),
    }
)
