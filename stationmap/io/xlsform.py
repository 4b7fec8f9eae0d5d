"""The checklist of a pack as an XLSForm, for ODK and Kobo: Chinese and English, from the pack.

No question stands in a group, so that exports head its answers by its name alone. What is not
looked at is left empty.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stationmap.inspections import MET, NOT_APPLICABLE, NOT_MET, Checklist, Line
from stationmap.inspections.words import CONDITIONS, VISIT_NAMES
from stationmap.io import tabular
from stationmap.messages import N_, render
from stationmap.standards import Pack
from stationmap.stations import SUPPLIES

LANGUAGES: Mapping[str, str] = {"zh": "中文 (zh)", "en": "English (en)"}
STATION, SITE_TYPE, VISIT, AT, NOTE = "station", "site_type", "visit_kind", "visited_at", "note"
NOTE_OF, COUNT_OF, CONDITION_OF = "_note", "supply_", "condition_"

_STATES = {MET: N_("Met"), NOT_MET: N_("Not met"), NOT_APPLICABLE: N_("Not applicable")}

Said = Mapping[str, str]


def name_of(key: str) -> str:
    """Return the name of the question on a line: ``Q_C1__2`` for ``Q-C1#2``."""
    return re.sub("[^A-Za-z0-9_]", "_", key.replace("#", "__"))


def label_of(line: Line) -> Said:
    """Return what the question on a line says, by language; its key stands first."""
    return {lang: f"{line.key.replace('#', '/')} {line.text[lang]}" for lang in LANGUAGES}


def write(path: str | Path, pack: Pack, stations: pd.DataFrame, *, lang: str = "zh") -> None:
    """Write the form; what stood at the path is replaced at once.

    Parameters
    ----------
    path : str or Path
        An .xlsx file.
    pack : Pack
    stations : DataFrame
        station_id, name, type of the stations that may be chosen; without rows the form asks for
        a station's id and type.
    lang : {"zh", "en"}
        The language that the form opens in.
    """
    checklist = Checklist.of_pack(pack)
    survey = [*_head(checklist, asked=stations.empty), *_lines(checklist), *_tail()]
    settings = {
        "form_title": _said(N_("Inspection sheet"))[lang] + f" {pack.id}",
        "form_id": re.sub("[^A-Za-z0-9_]", "_", f"checklist_{pack.id}"),
        "version": checklist.id,
        "default_language": LANGUAGES[lang],
    }
    tabular.write_xlsx(
        path,
        {
            "survey": _frame(survey, first=("type", "name")),
            "choices": _frame(_choices(pack, stations), first=("list_name", "name")),
            "settings": pd.DataFrame([settings]),
        },
    )


def _head(checklist: Checklist, *, asked: bool) -> list[dict[str, Any]]:
    must = {"required": "yes"}
    rows = [
        {"type": "calculate", "name": "checklist", "calculation": f"'{checklist.id}'"},
        {"type": "calculate", "name": "pack", "calculation": f"'{checklist.pack}'"},
    ]
    if asked:
        rows += [
            {"type": "text", "name": STATION, **_label(N_("Station id")), **must},
            {"type": "select_one type", "name": SITE_TYPE, **_label(N_("Type")), **must},
        ]
    else:
        item = f"item[name=${{{STATION}}}]"
        look_up = "/".join(("instance('station')", "root", item, "type"))
        rows += [
            {
                "type": "select_one station",
                "name": STATION,
                **_label(N_("Station")),
                "appearance": "minimal autocomplete",
                **must,
            },
            {"type": "calculate", "name": SITE_TYPE, "calculation": look_up},
        ]
    return [
        *rows,
        {"type": "select_one visit", "name": VISIT, **_label(N_("Kind of visit")), **must},
        {
            "type": "dateTime",
            "name": AT,
            **_label(N_("Date and time")),
            "default": "now()",
            "constraint": ". <= now()",
            **must,
        },
    ]


def _lines(checklist: Checklist) -> Iterable[dict[str, Any]]:
    before = None
    for line in checklist.lines:
        types = " ".join(line.site_types)
        asked = {"relevant": f"selected('{types}', ${{{SITE_TYPE}}})"} if types else {}
        name = name_of(line.key)
        if line.item != before:
            before = line.item
            every = [one for one in checklist.lines if one.item == line.item]
            of_item = " ".join(dict.fromkeys(t for one in every for t in one.site_types))
            whole = all(one.site_types for one in every)
            shown = {"relevant": f"selected('{of_item}', ${{{SITE_TYPE}}})"} if whole else {}
            title = {lang: f"**{line.title[lang]}**" for lang in LANGUAGES}
            yield {"type": "note", "name": f"{name}_item", **_labelled(title), **shown}
        yield {
            "type": "select_one answer_na" if line.may_not_apply else "select_one answer",
            "name": name,
            **_labelled(label_of(line)),
            **_labelled(dict(line.clause), column="hint"),
            "appearance": "minimal" if line.may_not_apply else "",
            **asked,
        }
        yield {
            "type": "text",
            "name": name + NOTE_OF,
            **_label(N_("What was found")),
            "relevant": f"${{{name}}} = '{NOT_MET}'",
        }


def _tail() -> Iterable[dict[str, Any]]:
    for supply, label in SUPPLIES.items():
        said, count = _said(label), _said(N_("Count"))
        many = {lang: f"{said[lang]} · {count[lang]}" for lang in LANGUAGES}
        yield {"type": "integer", "name": COUNT_OF + supply, **_labelled(many)}
        state = {lang: f"{said[lang]} · {_said(N_('Condition'))[lang]}" for lang in LANGUAGES}
        yield {"type": "select_one condition", "name": CONDITION_OF + supply, **_labelled(state)}
    yield {"type": "text", "name": NOTE, **_label(N_("Remarks")), "appearance": "multiline"}


def _choices(pack: Pack, stations: pd.DataFrame) -> list[dict[str, Any]]:
    states = {key: _said(label) for key, label in _STATES.items()}
    lists: dict[str, Mapping[str, Said]] = {
        "visit": {key: _said(label) for key, label in VISIT_NAMES.items()},
        "answer": {key: states[key] for key in (MET, NOT_MET)},
        "answer_na": states,
        "condition": {key: _said(label) for key, label in CONDITIONS.items()},
    }
    if stations.empty:
        lists["type"] = {t.id: t.name.model_dump() for t in pack.site_types}
    rows: list[dict[str, Any]] = [
        {"list_name": name, "name": key, **_labelled(said)}
        for name, choices in lists.items()
        for key, said in choices.items()
    ]
    for row in stations.itertuples(index=False):
        said = dict.fromkeys(LANGUAGES, _named(row))
        rows.append(
            {"list_name": "station", "name": row.station_id, **_labelled(said), "type": row.type}
        )
    return rows


def _named(row: Any) -> str:
    name = row.name if isinstance(row.name, str) else ""
    # "${" would be a reference to a question, and the form could not be converted
    return re.sub(r"\$(?=\s*\{)", "＄", f"{name} {row.station_id}".strip())


def _said(template: str) -> Said:
    return {lang: render(template, {}, lang=lang) for lang in LANGUAGES}


def _label(template: str) -> dict[str, str]:
    return _labelled(_said(template))


def _labelled(said: Said, *, column: str = "label") -> dict[str, str]:
    return {f"{column}::{LANGUAGES[lang]}": text for lang, text in said.items()}


def _frame(rows: Sequence[Mapping[str, Any]], *, first: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, dtype=object).fillna("")
    return frame[[*first, *(name for name in frame if name not in first)]]
