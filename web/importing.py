"""The import page: a file, its columns and datum, its rows, then one action that can be undone.

What is uploaded is read in child processes alone (`stationmap.city.apart`).
"""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from stationmap.city import apart, templates
from stationmap.city.preview import Options, packed
from stationmap.city.rows import IGNORED
from stationmap.errors import CityError, InputError
from stationmap.messages import N_
from stationmap.standards import tables
from web import basemaps, import_refused, import_undo, security
from web.access import allow, log, log_after, me
from web.caching import present
from web.datum_words import datum_advice, datum_cards
from web.desk import action_id, city, register, say_done
from web.import_asks import (
    far,
    gone,
    outline,
    outside_said,
    placed,
    require_choice,
    require_workbook,
    stands,
)
from web.import_kinds import is_listed, kinds_for, roles_of
from web.import_rows import LISTS, page_of, reasons_of
from web.import_uploads import (
    MAX_BYTES,
    NoRoomError,
    Upload,
    drop,
    open_upload,
    receipts,
    shown_name,
    take,
)
from web.import_words import (
    DATUMS,
    OTHER_LIST,
    kind_label,
    role_label,
    told,
)
from web.pages import script_json
from web.params import Params, language
from web.parts import type_name
from web.texts import script_texts
from web.words import WebError, say

importing = Blueprint("importing", __name__, url_prefix="/manage/import")

ROOM = 2_000_000  # bytes of a form beside its file
RECENT = 10
ROWS = 50  # on a page
_NOTHING_CHANGED = N_(
    "{file} is larger than {most} MB and was not taken; nothing was changed. Delete sheets, "
    "pictures and columns that are not needed, or split it."
)


# ------------------------------------------------------------------- 1 the file


@importing.get("")
@allow("import")
def start() -> ResponseReturnValue:
    """Show where a file is chosen, and what was imported before."""
    return _start_page()


@importing.post("")
@allow("import", body=MAX_BYTES + ROOM)
def upload() -> ResponseReturnValue:
    """Take a file, look into it, and go on to its columns."""
    file = request.files.get("file")
    try:
        options = _first_options()
        if file is None:
            raise WebError("No file was chosen. Choose one, then upload it.")
        taken = take(city().path, file, options, by=me().id)
        try:
            require_workbook(_found(_look(taken, taken.options)), taken.options.name)
        except InputError:
            drop(taken)
            raise
    except InputError as error:
        return _start_page(wrong=_sentence(error), kind=_kind()), _status(error)
    return _to("columns", taken)


@importing.errorhandler(RequestEntityTooLarge)
def _too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    lang = language()
    file = say(N_("The file"), lang=lang)
    sentence = say(_NOTHING_CHANGED, lang=lang, file=file, most=MAX_BYTES // 1_000_000)
    return _start_page(wrong=sentence), error.code


def _start_page(*, wrong: str = "", kind: str = "stations") -> str:
    lang, own = language(), me().role == "city"
    kinds = [(kind, kind_label(kind, lang)) for kind in kinds_for(me().role)]
    actions = register().actions(kinds=("import",), limit=RECENT, by=None if own else me().id)
    return render_template(
        "import_start.html",
        step=1,
        wrong=wrong,
        kinds=kinds,
        kind=kind,
        blanks=[(k, kind_label(k, lang)) for k in kinds_for(me().role) if k in templates.kinds()],
        most=MAX_BYTES,
        too_large=say(_NOTHING_CHANGED, lang=lang, file="{file}", most=MAX_BYTES // 1_000_000),
        recent=actions,
        receipts=receipts(city().path, by=me().id),
        names={a["id"]: a["name"] for a in register().rows("account")},
    )


def _kind() -> str:
    kind = request.form.get("kind", "")
    return kind if kind in kinds_for(me().role) else "stations"


def _first_options() -> Options:
    """Options of a new upload; those of an earlier one where it brings corrected rows."""
    if after := request.form.get("after"):
        before = open_upload(city().path, after, by=me().id)
        if before is None:
            raise WebError("The earlier upload is kept for a day only; upload it as a new file.")
        if before.options.kind not in kinds_for(me().role):
            raise WebError("Choose what the file holds.")
        report = before.done or {}
        datum = report.get("datum") or before.options.datum
        numbered = [say(import_refused.ROW, lang=lang) for lang in ("zh", "en")]
        return replace(_held(before.options), datum=datum, sheet=None, add=True, numbered=numbered)
    kind = request.form.get("kind", "")
    if kind not in kinds_for(me().role):
        raise WebError("Choose what the file holds.")
    name = shown_name(request.files["file"].filename or "") if "file" in request.files else ""
    return _held(Options(kind, name, sets={"source": Path(name).stem}))


def _held(options: Options) -> Options:
    """Hold options to what the account may now: it may have lost a part of it since."""
    whole = me().role == "city"
    within = "" if whole else me().adcode
    return replace(options, within=within, complete=options.complete and whole)


# ------------------------------------------------------------------- 2 columns and datum


@importing.get("/<uuid:upload_id>/columns")
@allow("import")
def columns(upload_id: UUID) -> ResponseReturnValue:
    """Show sheets and columns, and where the places lie under each datum."""
    return _columns_page(_mine(upload_id))


@importing.post("/<uuid:upload_id>/columns")
@allow("import")
def choose(upload_id: UUID) -> ResponseReturnValue:
    """Look into the file again, as it is to be read now."""
    taken = _mine(upload_id)
    try:
        options = _chosen(taken)
        looked = taken = _look(taken, options)
        require_choice(options, present().answers, gone=gone(_found(looked), options))
    except InputError as error:
        page = _columns_page(taken, wrong=_sentence(error))
        page.status_code = _status(error)
        return page
    stay = "again" in request.form or _found(looked)["refused"] is not None
    return _to("columns" if stay else "rows", looked)


def _chosen(taken: Upload) -> Options:
    form, before, found = request.form, taken.options, _found(taken)
    sheet = form.get("sheet") or None
    roles: dict[str, str] = {}
    left_out: dict[str, str] = {}
    if sheet == before.sheet or not found["sheets"]:
        known = _roles(before.kind, found)
        for number, column in enumerate(found["columns"]):
            role = form.get(f"column-{number}", "")
            if role not in known:
                left_out[IGNORED + column["heading"]] = column["heading"]
                continue
            if role in roles:
                raise WebError(
                    "Two columns are given as “{role}”: {first} and {second}. Choose one of them.",
                    role=role_label(before.kind, role, language()),
                    first=roles[role],
                    second=column["heading"],
                )
            roles[role] = column["heading"]
    sets = {
        role: value
        for role in ("type", "category", "highway")
        if (value := form.get(f"set-{role}"))
    }
    source = shown_name(form.get("source", "")) or Path(before.name).stem
    datum = form.get("datum", "auto")
    return replace(
        before,
        sheet=sheet,
        columns=roles | left_out,
        sets=sets | {"source": source},
        datum=datum if datum in DATUMS else "auto",
        add=form["add"] == "1" and is_listed(before.kind) if "add" in form else None,
        complete=form.get("complete") == "1" and me().role == "city",
    )


def _columns_page(taken: Upload, *, wrong: str = "") -> Response:
    lang, now, found = language(), present(), _found(taken)
    options, places, evidence = taken.options, found["places"], found["evidence"]
    if not wrong and found["refused"] is not None:
        wrong = told(found["refused"], lang)
    datums = datum_cards(evidence, places, lang)
    kind = options.kind
    data = {
        "lang": lang,
        "version": now.version,
        "bounds": now.bounds,
        "basemap": basemaps.page_data(now, lang),
        "texts": script_texts(lang),
        "places": places,
        "outline": outline(now.answers) if places else [],
    }
    page = render_template(
        "import_columns.html",
        step=2,
        upload=taken,
        found=found,
        wrong=wrong,
        kind=kind_label(kind, lang),
        lines=page_of(
            found, "refused", offset=0, limit=ROWS, lang=lang, numbers=found.get("numbers", {})
        ),
        numbered=bool(found.get("numbers")),
        columns=[
            column | {"label": role_label(kind, column["role"], lang) if column["role"] else ""}
            for column in found["columns"]
        ],
        roles=[(role, role_label(kind, role, lang)) for role in _roles(kind, found)],
        datums=datums,
        places=places,
        outside=outside_said(places.get("outside", 0), places["of"], lang) if places else "",
        reason=datum_advice(evidence, lang) if evidence else "",
        stated=(places or {}).get("stated"),
        types=[(t.id, type_name(now, t.id, lang)) for t in now.pack.site_types],
        categories=[(key, text.get(lang)) for key, text in tables.categories().items()],
        sources=_sources(kind),
        whole=me().role == "city",
        stands=stands(options, now.answers),
        gone=gone(found, options),
        base_scripts=["leaflet/leaflet.js", *_grid_scripts(), *basemaps.scripts(now)],
        page_data=script_json(data),
    )
    policy = security.policy(pictures=basemaps.hosts(now))
    return Response(page, headers={"Content-Security-Policy": policy})


def _roles(kind: str, found: dict[str, Any]) -> list[str]:
    headings = [column["heading"] for column in found["columns"]]
    return roles_of(kind, pack=present().pack, headings=headings)


def _grid_scripts() -> list[str]:
    return ["leaflet.vectorgrid/Leaflet.VectorGrid.bundled.min.js"]


def _sources(kind: str) -> list[str]:
    """Return names of the lists of a kind that the city has."""
    return sorted({r.source for r in present().answers.sources() if r.kind == kind})


# ------------------------------------------------------------------- 3 the rows


@importing.get("/<uuid:upload_id>/rows")
@allow("import")
def rows(upload_id: UUID) -> ResponseReturnValue:
    """Show what would become of every row."""
    taken = _mine(upload_id)
    if _unready(taken):
        return _to("columns", taken)
    return _rows_page(taken)


@importing.post("/<uuid:upload_id>/rows")
@allow("import")
def carry_out(upload_id: UUID) -> ResponseReturnValue:
    """Import the file: all of what can be used of it in one action, or nothing."""
    taken = _mine(upload_id)
    if taken.done is not None:
        return _to("done", taken)
    if _unready(taken):
        return _to("columns", taken)
    action = action_id()
    if far(_found(taken)["report"]) and "outside" not in request.form:
        template = N_("Nothing was imported: tick first that these places are meant.")
        return _rows_page(taken, wrong=say(template, lang=language())), 400
    try:
        if city().now().version != _found(taken)["version"]:
            looked = _look(taken, taken.options)
            if _summary(looked) != _summary(taken):
                say_done(
                    N_("The city's data have changed meanwhile; please look at the rows once more.")
                )
                return _to("rows", looked)
            taken = looked
        options = replace(taken.options, replace="replace" in request.form)
        done = apart.carry_out(
            city().path, taken.path, options, by=me().id, action=action, lang=language()
        )
    except InputError as error:
        kept = register().action(action)
        its = kept and (kept.kind, kept.by, kept.note) == ("import", me().id, taken.options.name)
        if not its:
            return _rows_page(taken, wrong=_sentence(error)), _status(error)
        # the child was lost after it had written: what it did stands
        done = _found(taken)["report"] | {"written": True}
    log_after("change", f"import {taken.options.kind} {action}")
    try:
        return _to("done", taken.with_(done=done, action=action))
    except NoRoomError:
        say_done(N_("Imported."))
        return redirect(url_for("importing.start"), code=303)


@importing.get("/<uuid:upload_id>/refused.xlsx")
@allow("import")
def refused(upload_id: UUID) -> ResponseReturnValue:
    """Send the rows that cannot be used, with reasons, to be corrected."""
    taken, lang = _mine(upload_id), language()
    entries = (taken.done or _found(taken)["report"] or _found(taken))["entries"]
    if not entries:
        abort(404)
    data = import_refused.workbook(taken, entries, lang=lang)
    log("export", f"import {len(entries)}")
    name = import_refused.title(taken, lang=lang)
    return send_file(io.BytesIO(data), as_attachment=True, download_name=name)


def _unready(taken: Upload) -> bool:
    """Whether something is to be chosen before rows can be shown."""
    try:
        require_choice(taken.options, present().answers, gone=None)
    except WebError:
        return True
    return _found(taken)["report"] is None


def _rows_page(taken: Upload, *, wrong: str = "") -> str:
    report = _found(taken)["report"]
    return render_template(
        "import_rows.html",
        step=3,
        upload=taken,
        wrong=wrong,
        kind=kind_label(taken.options.kind, language()),
        listed=is_listed(taken.options.kind),
        outside=outside_said(report["outside"], placed(report), language()),
        far=far(report),
        **_about(taken, report),
    )


def _about(taken: Upload, report: dict[str, Any]) -> dict[str, Any]:
    """Return what pages say of a report: its counts, its notes, and one list of rows."""
    lang, params = language(), Params.of_request()
    lists = {name: report["diff"][name]["count"] for name in LISTS} if report["diff"] else {}
    tabs = {"refused": len(report["entries"])} | lists
    first = next((name for name, count in tabs.items() if count), "refused")
    show = params.one_of("show", list(tabs), default=first)
    offset = params.whole("offset", default=0, low=0, high=1_000_000)
    numbers = _found(taken).get("numbers", {})
    lines = page_of(report, show, offset=offset, limit=ROWS, lang=lang, numbers=numbers)
    return {
        "report": report,
        "counts": report["counts"],
        "datum": say(DATUMS.get(report["datum"], report["datum"]), lang=lang)
        if report["datum"]
        else "",
        "notes": [told(note, lang) for note in report["notes"]],
        "warnings": [told(note, lang) for note in report["warnings"]],
        "tabs": tabs,
        "show": show,
        "reasons": reasons_of(report, lang=lang),
        "other_list": any(note["template"] == OTHER_LIST for note in report["warnings"]),
        "lines": lines,
        "numbered": bool(numbers),
        "offset": offset,
        "limit": ROWS,
    }


def _summary(taken: Upload) -> Any:
    report = _found(taken)["report"]
    counts = {name: one["count"] for name, one in (report["diff"] or {}).items()}
    return report["counts"], counts, len(report["entries"]), report["outside"]


# ------------------------------------------------------------------- 4 done, undo


@importing.get("/<uuid:upload_id>/done")
@allow("import")
def done(upload_id: UUID) -> ResponseReturnValue:
    """Show the receipt of an import."""
    taken = _mine(upload_id)
    if taken.done is None:
        return _to("rows", taken)
    return render_template(
        "import_done.html",
        step=4,
        upload=taken,
        kind=kind_label(taken.options.kind, language()),
        listed=is_listed(taken.options.kind),
        became=register().action(taken.action),
        most=MAX_BYTES,
        too_large=say(
            _NOTHING_CHANGED, lang=language(), file="{file}", most=MAX_BYTES // 1_000_000
        ),
        **_about(taken, taken.done),
    )


@importing.route("/undo/<uuid:import_id>", methods=["GET", "POST"])
@allow("import")
def undo(import_id: UUID) -> ResponseReturnValue:
    """Take an import back, after asking: what it brought goes, what it changed is as before."""
    return import_undo.undo(str(import_id))


# ------------------------------------------------------------------- shared


def _mine(upload_id: UUID) -> Upload:
    found = open_upload(city().path, str(upload_id), by=me().id)
    if found is None or found.found is None or found.options.kind not in kinds_for(me().role):
        abort(404)
    held = _held(found.options)
    if found.done is not None or held == found.options:
        return found
    _look(found, held)
    say_done(N_("Your account reaches other places than before; please look at the rows again."))
    return abort(redirect(url_for("importing.rows", upload_id=upload_id), code=303))


def _found(taken: Upload) -> dict[str, Any]:
    assert taken.found is not None
    return taken.found


def _look(taken: Upload, options: Options) -> Upload:
    return taken.with_(found=apart.look(city().path, taken.path, options), options=options)


def _to(view: str, taken: Upload) -> ResponseReturnValue:
    return redirect(url_for(f"importing.{view}", upload_id=taken.id), code=303)


def _status(error: InputError) -> int:
    if error.params.get("why") == "full":
        return 507
    return 503 if isinstance(error, CityError) else 400


def _sentence(error: InputError) -> str:
    if isinstance(error, WebError):
        return error.render(language())
    return told(packed(error, names={}), language())
