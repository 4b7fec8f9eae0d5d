"""Reading packs: one TOML file to one Pack, or to everything that is wrong with it, by line."""

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from stationmap.errors import PackError
from stationmap.messages import N_, render
from stationmap.standards.entries import ADCODE, ENTRY_ID, IDENTIFIER
from stationmap.standards.pack import LABELS, Pack

PACKS = Path(__file__).parent / "packs"

Loc = tuple[str | int, ...]

# what a validation error of each type says; {limit} and {known} come from the model
_SENTENCES = {
    "missing": N_("{key} is missing; expected it in this table"),
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
    "greater_than": N_("{key} is {value}; expected a number above {limit}"),
    "greater_than_equal": N_("{key} is {value}; expected a number of at least {limit}"),
    "less_than_equal": N_("{key} is {value}; expected a number of at most {limit}"),
    "literal_error": N_("{key} is {value}; expected one of {known}; nearest: {nearest}"),
    "unknown_name": N_("{key} names {value}; expected one of {known}; nearest: {nearest}"),
    "unknown_key": N_("unknown key {key}; nearest valid key: {nearest}; known: {known}"),
    "duplicate": N_("{key} is {value}, which stands twice; every entry needs its own"),
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


def _read(path: Path) -> tuple[Pack | None, list[Problem]]:
    def whole_file(template: str, *, line: int = 1, **params: Any) -> tuple[None, list[Problem]]:
        return None, [Problem(path.name, line, "", template, params)]

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError:
        return whole_file(N_("the file cannot be read; check its path"))
    except UnicodeDecodeError:
        return whole_file(N_("the file is not UTF-8 text; save it with encoding UTF-8"))
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        return whole_file(
            N_("not valid TOML ({reason}); check the quotes, brackets and equals signs here"),
            line=int(at[1]) if at else text.count("\n") + 1,
            reason=re.sub(r" \(at .*\)", "", str(error)),
        )

    lines = _lines(text)
    found = []
    pack = None
    try:
        pack = Pack.model_validate(data)
    except ValidationError as error:
        found = [_problem(path.name, e, data, lines) for e in _telling(error)]
    found += [_problem(path.name, e, data, lines) for e in _references(data)]
    return pack, sorted(found, key=lambda p: p.line)


def _telling(error: ValidationError) -> Iterator[dict[str, Any]]:
    """Leave out what tells nothing: where a rule's kind is unknown, its other keys."""
    errors: list[dict[str, Any]] = [dict(e) for e in error.errors(include_url=False)]
    unknown = [e["loc"][:-1] for e in errors if e["loc"][-1] == "kind"]
    return (e for e in errors if e["loc"][-1] == "kind" or e["loc"][:2] not in unknown)


def _references(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Ids that stand twice, and site types that the pack does not have."""
    types = _tables(data, "site_type")
    rules = _tables(data, "rule")
    known = [str(entry.get("id")) for entry in types]
    for section, entries in (("site_type", types), ("rule", rules)):
        counts = Counter(str(entry.get("id")) for entry in entries)
        for at, entry in enumerate(entries):
            if "id" in entry and counts[str(entry["id"])] > 1:
                yield {"type": "duplicate", "loc": (section, at, "id"), "input": entry["id"]}
    for at, entry in enumerate(rules):
        named: list[tuple[Loc, Any]] = [(("site_type",), entry.get("site_type"))]
        if isinstance(entry.get("counts"), list):
            named += [(("counts", i), name) for i, name in enumerate(entry["counts"])]
        for where, name in named:
            if isinstance(name, str) and name not in known:
                yield {
                    "type": "unknown_name",
                    "loc": ("rule", at, *where),
                    "ctx": {"value": name, "known": known},
                }


def _tables(data: Mapping[str, Any], section: str) -> list[Mapping[str, Any]]:
    """Return an array of tables; an empty one stands for whatever is no table."""
    entries = data.get(section, [])
    return [e if isinstance(e, dict) else {} for e in entries] if isinstance(entries, list) else []


def _problem(
    file: str, error: Mapping[str, Any], data: Mapping[str, Any], lines: Mapping[Loc, int]
) -> Problem:
    kind, loc = error["type"], tuple(part for part in error["loc"] if part != "[key]")
    context = error.get("ctx", {})
    value = context.get("value", error.get("input"))
    known: list[str] = list(context.get("known", ()))
    if kind == "extra_forbidden" or error["loc"][-1] == "[key]":
        kind, value, known = "unknown_key", loc[-1], _keys(loc[:-1])
    elif kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
    elif kind == "string_pattern_mismatch":
        kind = context["pattern"]
    elif kind == "missing" and (known := _keys(loc)):
        kind = "missing_table"
    limit = context.get("gt", context.get("ge", context.get("le")))
    key = _key(loc, data)
    params = {
        "key": key,
        "value": _show(value),
        "limit": None if limit is None else f"{limit:g}",
        "known": ", ".join(known),
        "nearest": _nearest(str(value), known),
        "reason": error.get("msg"),
    }
    return Problem(file, _line(loc, lines), key, _SENTENCES.get(kind, _OTHERWISE), params)


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


def _keys(loc: Loc) -> list[str]:
    """Keys that a table may have, by its place in the file; empty where it is no table."""
    at: type[BaseModel] | None = Pack
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


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_ASSIGNMENT = re.compile(
    r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)"""
)
_KEY = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def _lines(text: str) -> dict[Loc, int]:
    """Line of every table and key of a valid TOML text, by its place."""
    found: dict[Loc, int] = {}
    entries: Counter[Loc] = Counter()
    table: Loc = ()
    closing, depth = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if depth:
            depth += _depth(line)
            continue
        if header := _HEADER.match(line):
            keys = [k.strip("\"'") for k in _KEY.findall(header[2])]
            table = _place(keys[:-1], entries)
            last: Loc = (*table, keys[-1])
            if header[1] == "[[":
                entries[last] += 1
            table = _place([keys[-1]], entries, start=table)
            found.setdefault(last, number)
            found[table] = number
        elif pair := _ASSIGNMENT.match(line):
            place = table
            for key in _KEY.findall(pair[1]):
                place = (*place, key.strip("\"'"))
                found.setdefault(place, number)
            opening = next((q for q in ('"""', "'''") if pair[2].count(q) == 1), "")
            closing, depth = opening, 0 if opening else _depth(pair[2])
    return found


def _place(keys: Sequence[str], entries: Mapping[Loc, int], *, start: Loc = ()) -> Loc:
    place = start
    for key in keys:
        place = (*place, key)
        if entries.get(place):
            place = (*place, entries[place] - 1)
    return place


def _depth(text: str) -> int:
    bare = re.sub(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*', "", text)
    return bare.count("[") - bare.count("]")


def _line(loc: Loc, lines: Mapping[Loc, int]) -> int:
    for length in range(len(loc), 0, -1):
        if loc[:length] in lines:
            return lines[loc[:length]]
    return 1
