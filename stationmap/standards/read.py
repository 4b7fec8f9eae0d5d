"""Reading packs: one TOML file to one Pack, or to everything that is wrong with it, by line."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from stationmap.errors import PackError
from stationmap.messages import N_, render
from stationmap.standards import extend
from stationmap.standards.entries import ADCODE, ENTRY_ID, IDENTIFIER
from stationmap.standards.lines import Loc, line_of, lines
from stationmap.standards.pack import LABELS, Pack
from stationmap.standards.references import entries, faults
from stationmap.standards.rules import KINDS

PACKS = Path(__file__).parent / "packs"
DEEPEST = 20
MAX_BYTES = 500_000  # ten times the longest pack that comes along
MAX_PARENTS = 8

# what a validation error of each type says; {limit} and {known} come from the model
_SENTENCES = {
    "missing": N_("{key} is missing; expected it in this table"),
    "missing_choice": N_("{key} is missing; expected one of {known}"),
    "missing_table": N_("{key} is missing; expected a table with the keys {known}"),
    "string_type": N_("{key} is {value}; expected text in quotes"),
    "string_too_short": N_("{key} is empty; expected some text"),
    ADCODE: N_("{key} is {value}; expected an adcode: six digits in quotes"),
    IDENTIFIER: N_("{key} is {value}; expected letters, digits, - and _ without spaces"),
    ENTRY_ID: N_("{key} is {value}; expected letters, digits, - and _ without spaces"),
    "too_short": N_("{key} is empty; expected at least one value"),
    "tuple_type": N_("{key} is {value}; expected a list in square brackets"),
    "dict_type": N_("{key} is {value}; expected a table of keys and values"),
    "model_type": N_("{key} is {value}; expected a table of keys and values"),
    "float_type": N_("{key} is {value}; expected a number"),
    "finite_number": N_("{key} is {value}; expected a finite number"),
    "int_type": N_("{key} is {value}; expected a whole number"),
    "date_type": N_("{key} is {value}; expected a date such as 2018-06-22, without quotes"),
    "bool_type": N_("{key} is {value}; expected true or false"),
    "greater_than": N_("{key} is {value}; expected a number above {limit}"),
    "greater_than_equal": N_("{key} is {value}; expected a number of at least {limit}"),
    "less_than_equal": N_("{key} is {value}; expected a number of at most {limit}"),
    "literal_error": N_("{key} is {value}; expected one of {known}; nearest: {nearest}"),
    "unknown_name": N_("{key} names {value}; nearest: {nearest}; expected one of {known}"),
    "unknown_key": N_("unknown key {key}; nearest valid key: {nearest}; known: {known}"),
    "duplicate": N_("{key} is {value}, which stands twice; every entry needs its own"),
    "duplicate_kind": N_(
        "{key} is {value}, which stands twice among the rules of kind {of}; give one of them a "
        "number after a dot"
    ),
    "name_part": N_(
        "{key} is to be exactly one of text, pattern and of; add one, or leave the others out"
    ),
    "number_of": N_(
        'with measure = "number" there is no {key}; leave it out, or say "share" or "mean"'
    ),
    "share_above_one": N_("{key} is {value}; a share is at most 1: write 13 % as 0.13"),
    "headcounts_of_units": N_('{key} is for units; expected per = "unit" beside it'),
    "frontage_without_along": N_(
        "{key} is frontage, but the rule does not say along which streets; add along"
    ),
    "along_without_frontage": N_('{key} is for frontage; add "frontage" to at, or leave it out'),
    "with_frontage_elsewhere": N_(
        "{key} is for junctions and bus stops; add junction or bus_stop to at, or leave it out"
    ),
    "hours_model": N_(
        "{key} is {value}; expected opening hours as OpenStreetMap writes them, such as "
        "Mo-Fr 08:30-11:30,14:30-17:30"
    ),
    "pattern": N_("{key} is {value}; {reason}"),
    "extends_unknown": N_("{key} is {value}; no such pack; nearest: {nearest}; known: {known}"),
    "extends_cycle": N_("{key} is {value}, which extends this pack; leave one of the two out"),
    "extends_many": N_(
        "{key} is {value}, one pack too many in a row; at most {of} extend one another"
    ),
    "extends_invalid": N_("{key} is {value}, which has faults itself; mend first: {reason}"),
    "extends_same": N_("{key} is {value}, as in the pack that it extends; give it its own"),
}
_OTHERWISE = N_("{key} is {value}; it cannot be used: {reason}")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a pack file.

    Attributes
    ----------
    file : str
        Name of the file.
    line : int
        Line number, from 1; for a missing key, the line of the table that lacks it.
    key : str
        Where in the file: ``rule[Q-S1].frontage.reach_m``; empty for the file as a whole.
    """

    file: str
    line: int
    key: str
    template: str
    params: Mapping[str, Any]

    @property
    def message(self) -> str:
        """What is wrong and what was expected, in English."""
        return self.render("en")

    def render(self, lang: str) -> str:
        """Return `message` in `lang` ("zh" or "en")."""
        return render(self.template, self.params, lang=lang)


class InvalidPack(PackError):  # noqa: N818 - "pack error" is its parent's name
    """A pack file with problems: all of them, one to a line, in ``problems``."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(N_("{file}, line {line}: {message}"))
        self.problems = tuple(problems)

    def render(self, lang: str) -> str:
        """Return one line for each problem: file, line, what is wrong, what was expected."""
        return "\n".join(
            render(
                self.template,
                {"file": p.file, "line": p.line, "message": p.render(lang)},
                lang=lang,
            )
            for p in self.problems
        )


def available() -> list[str]:
    """Ids of the packs that come with StationMap, sorted."""
    return sorted(file.stem for file in PACKS.glob("*.toml"))


def path_of(pack_id: str) -> Path:
    """Return the file of a pack that comes with StationMap.

    Raises
    ------
    PackError
        There is none; the message names the nearest and all that there are.
    """
    known = available()
    if pack_id not in known:
        raise PackError(
            "unknown standard {pack}; nearest: {nearest}; available: {known}",
            pack=pack_id,
            nearest=_nearest(pack_id, known),
            known=", ".join(known),
        )
    return PACKS / f"{pack_id}.toml"


def load(pack_id: str) -> Pack:
    """Return a pack that comes with StationMap, by its id; PackError where there is none."""
    return load_file(path_of(pack_id))


def load_file(path: Path | str) -> Pack:
    """Read and validate one pack file.

    Raises
    ------
    PackError
        The file cannot be read, or does not validate; the message lists every problem.
    """
    pack, found = _read(Path(path))
    if pack is None or found:
        raise InvalidPack(found)
    return pack


def problems(path: Path | str) -> list[Problem]:
    """Everything that is wrong with a pack file, by line; empty where it validates."""
    return _read(Path(path))[1]


def files(path: Path | str) -> list[Path]:
    """Files of which a pack is made: its own, then those that it extends; for a valid pack."""
    return _File(Path(path)).paths


def _read(path: Path) -> tuple[Pack | None, list[Problem]]:
    return _validated(_File(path))


def _validated(file: "_File") -> tuple[Pack | None, list[Problem]]:
    if file.problems:
        return None, file.problems
    between = list(faults(file.whole))
    try:
        pack, within = Pack.model_validate(file.whole), []
    except ValidationError as error:
        told = {fault["loc"] for fault in between}
        pack, within = None, [f for f in _telling(error, file.whole) if f["loc"] not in told]
    found = [_problem(file, fault) for fault in (*within, *between)]
    return pack, sorted(found, key=lambda p: p.line)


class _File:
    """One pack file: its data made whole with those of the pack that it extends.

    ``problems`` are those that leave nothing to validate.
    """

    def __init__(self, path: Path, *, children: Sequence[Path] = ()) -> None:
        self.name = path.name
        self.paths = [path]
        self.problems: list[Problem] = []
        self.whole: dict[str, Any] = {}
        self.origin: dict[Loc, Loc] | None = None
        self._lines: dict[Loc, int] = {}
        own = self._data(path)
        self.whole = own or {}
        if own is None or "extends" not in own:
            return
        parent = self._parent(path, own["extends"], [*children, path.resolve()])
        if parent is None:
            return
        if own.get("id") == parent.whole.get("id"):
            self._fault("extends_same", "id", own["id"])
        self.paths += parent.paths
        self.whole, self.origin = extend.merge(parent.whole, own)

    def line(self, loc: Loc) -> int:
        """Return the line of a place of the whole, in this file."""
        own = loc if self.origin is None else extend.own_place(loc, self.origin)
        return line_of(own, self._lines)

    def _data(self, path: Path) -> dict[str, Any] | None:
        try:
            if not path.is_file():
                raise OSError
            with path.open("rb") as stream:
                read = stream.read(MAX_BYTES + 1)
            if len(read) > MAX_BYTES:
                self._refuse(
                    N_("the file is larger than {most} kB; no pack is: check its path"),
                    most=MAX_BYTES // 1000,
                )
                return None
            text = read.decode("utf-8-sig")
        except OSError:
            self._refuse(N_("the file cannot be read; check its path"))
            return None
        except UnicodeDecodeError:
            self._refuse(N_("the file is not UTF-8 text; save it with encoding UTF-8"))
            return None
        text = text.replace("\r\n", "\n")
        try:
            data: dict[str, Any] | None = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"line (\d+)", str(error))
            self._refuse(
                N_("not valid TOML ({reason}); check the quotes, brackets and equals signs here"),
                line=int(at[1]) if at else text.count("\n") + 1,
                reason=re.sub(r" \(at .*\)", "", str(error)),
            )
            return None
        except (ValueError, RecursionError):  # a number of thousands of digits, endless brackets
            data = None
        self._lines = {} if data is None else lines(text)
        if data is None or max(map(len, self._lines), default=0) > DEEPEST:
            self._refuse(
                N_("a number or a nesting of brackets in it is too long; no pack has such")
            )
            return None
        return data

    def _parent(self, path: Path, pack_id: Any, children: Sequence[Path]) -> "_File | None":
        if not isinstance(pack_id, str) or not re.fullmatch(IDENTIFIER, pack_id):
            kind = IDENTIFIER if isinstance(pack_id, str) else "string_type"
            self._fault(kind, "extends", pack_id)
            return None
        file = extend.file_of(pack_id, beside=path, shipped=PACKS)
        if file is None:
            beside = [f.stem for f in path.parent.glob("*.toml") if f.name != path.name]
            known = sorted({*available(), *beside})
            self._fault("extends_unknown", "extends", pack_id, known=known)
            return None
        if file.resolve() in children:
            self._fault("extends_cycle", "extends", pack_id)
            return None
        if len(children) > MAX_PARENTS:
            self._fault("extends_many", "extends", pack_id, of=MAX_PARENTS)
            return None
        parent = _File(file, children=children)
        found = _validated(parent)[1]
        if found:
            reason = InvalidPack(found[:1])
            self._fault("extends_invalid", "extends", pack_id, reason=reason)
            return None
        return parent

    def _fault(self, kind: str, key: str, value: Any, **context: Any) -> None:
        fault = {"type": kind, "loc": (key,), "ctx": {"value": value, **context}}
        self.problems = [_problem(self, fault)]

    def _refuse(self, template: str, *, line: int = 1, **params: Any) -> None:
        self.problems = [Problem(self.name, line, "", template, params)]


def _telling(error: ValidationError, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give places as they are in the file: the union of rules puts a rule's kind into them.

    Where a rule's kind is missing or unknown, its other keys are not judged; nor is a list short
    because its values are wrong.
    """
    for fault in error.errors(include_url=False):
        loc = fault["loc"]
        if fault["type"] == "too_short" and fault["input"]:
            continue  # its values are there, and each has its own fault
        if fault["type"] in ("union_tag_invalid", "union_tag_not_found"):
            rule = _entry(data, loc)
            kind = "literal_error" if "kind" in rule else "missing_choice"
            context = {"value": rule.get("kind"), "known": list(KINDS)}
            yield {"type": kind, "loc": (*loc, "kind"), "ctx": context}
        elif loc[0] == "rule" and len(loc) > 2:
            said = fault["type"] == "missing" or len(loc) == 3 or loc[3] in _entry(data, loc)
            if said:  # what follows from a wrong value is not told beside it
                yield {**fault, "loc": (*loc[:2], *loc[3:])}
        else:
            yield {**fault}


def _entry(data: Mapping[str, Any], loc: Loc) -> Mapping[str, Any]:
    return entries(data, str(loc[0]))[int(loc[1])]


def _problem(file: _File, error: Mapping[str, Any]) -> Problem:
    kind, loc = error["type"], tuple(part for part in error["loc"] if part != "[key]")
    context = error.get("ctx", {})
    value = context.get("value", error.get("input"))
    known: list[str] = list(context.get("known", ()))
    if kind == "extra_forbidden" or error["loc"][-1] == "[key]":
        kind, value, known = "unknown_key", loc[-1], _keys(loc[:-1], file.whole)
    elif kind == "literal_error" and not known:
        known = re.findall(r"'([^']*)'", context["expected"])
    elif kind == "string_pattern_mismatch":
        kind = context["pattern"]
    elif kind == "missing" and (known := _keys(loc, file.whole)):
        kind = "missing_table"
    limit = context.get("gt", context.get("ge", context.get("le")))
    key = _key(loc, file.whole)
    params = {
        "key": key,
        "value": _show(value),
        "limit": None if limit is None else f"{limit:g}",
        "known": ", ".join(known),
        "nearest": context.get("nearest") or _nearest(str(value), known),
        "of": context.get("of"),
        "reason": context.get("reason", error.get("msg")),
    }
    return Problem(file.name, file.line(loc), key, _SENTENCES.get(kind, _OTHERWISE), params)


def _nearest(word: str, known: Sequence[str]) -> str:
    if not known:
        return "–"
    ratio = {k: difflib.SequenceMatcher(None, word.lower(), k.lower()).ratio() for k in known}
    return max(known, key=lambda k: ratio[k])


def _show(value: Any) -> str:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _key(loc: Loc, data: Any) -> str:
    """``rule[Q-S1].frontage.reach_m``: entries by id where they have one, else by number from 1."""
    key = ""
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = None
        if isinstance(part, int):
            entry = data.get("id") if isinstance(data, dict) else None
            key += f"[{entry if isinstance(entry, str) else part + 1}]"
        else:
            key += f".{part}" if key else part
    return key


def _keys(loc: Loc, data: Mapping[str, Any]) -> list[str]:
    """Keys that a table may have, by its place in the file; empty where it is no table."""
    at: type[BaseModel] | None = Pack
    if loc[:1] == ("rule",) and len(loc) > 1:
        at = KINDS.get(str(_entry(data, loc).get("kind")))
        loc = loc[2:]
    for part in loc:
        if isinstance(part, int):
            continue
        if part == "labels":
            return list(LABELS)
        fields = {} if at is None else {f.alias or n: f for n, f in at.model_fields.items()}
        at = next(_models(fields[part].annotation), None) if part in fields else None
    return [] if at is None else [f.alias or n for n, f in at.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
