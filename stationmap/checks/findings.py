"""Findings: what a rule says of each of its subjects, in one frame for all kinds of rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from stationmap.messages import catalogue
from stationmap.standards import Rule

MET, NOT_MET, NOT_APPLICABLE, UNKNOWN = "met", "not_met", "not_applicable", "unknown"
STATES = (MET, NOT_MET, NOT_APPLICABLE, UNKNOWN)
FORCES = ("binding", "advisory")
SUBJECTS = (
    "street",
    "gap",
    "facility",
    "junction",
    "bus_stop",
    "area",
    "station",
    "unit",
    "city",
)
COLUMNS = (
    "finding_id",
    "rule_id",
    "kind",
    "subject_kind",
    "subject_id",
    "subject_name",
    "adcode",
    "state",
    "force",
    "measured",
    "limit",
    "unit",
    "message_id",
    "message",
    "document",
    "clause",
    "assumed",
    "geometry",
)
_REPEATED = (
    "rule_id",
    "kind",
    "subject_kind",
    "state",
    "force",
    "unit",
    "message_id",
    "document",
    "clause",
)


@dataclass(frozen=True)
class Batch:
    """What one rule says of n subjects of one kind.

    Attributes
    ----------
    rule : Rule
    subject_kind : str
        One of `SUBJECTS`.
    subject_id, subject_name, adcode, geometry : array_like, shape (n,)
        Text, text or None, text or None, geometry in EPSG:4326 or None.
    state : array_like of str, shape (n,)
        Of `STATES`.
    message : array_like of str, shape (n,), or str
        Keys of `messages`.
    messages : mapping
        Message id → template, marked with `N_`; an id tells what is said, such as
        "presence.missing".
    params : mapping
        Field of the templates → one value for all, or an array of shape (n,).
    measured, limit : array_like of float, shape (n,), or float
        NaN where nothing was measured, or there is no limit.
    unit : str
        Of both: "m", "%", "h", "" for counts.
    assumed : array_like of bool, shape (n,), or bool
        Whether the state rests on a value that the document does not give.
    force : array_like of str, shape (n,), or str, optional
        The rule's own unless given.
    """

    rule: Rule
    subject_kind: str
    subject_id: Any
    subject_name: Any
    adcode: Any
    geometry: Any
    state: Any
    message: Any
    messages: Mapping[str, str]
    params: Mapping[str, Any] = field(default_factory=dict)
    measured: ArrayLike = np.nan
    limit: ArrayLike = np.nan
    unit: str = ""
    assumed: ArrayLike = False
    force: Any = None

    def __len__(self) -> int:
        return len(_objects(self.subject_id))


def frame(batches: Sequence[Batch], *, lang: str) -> gpd.GeoDataFrame:
    """Return the findings frame: `COLUMNS`, in EPSG:4326, sentences in `lang`.

    ``finding_id`` is rule, kind, subject kind and subject, joined by "/": it stays the same as
    long as these do.
    """
    tables = [_table(batch, lang=lang) for batch in batches if len(batch)]
    if not tables:
        empty = {name: np.array([], dtype=object) for name in COLUMNS[1:-1]}
        tables = [pd.DataFrame(empty | {"geometry": np.array([], dtype=object)})]
    table = pd.concat(tables, ignore_index=True)
    ids = table["rule_id"] + "/" + table["kind"] + "/" + table["subject_kind"]
    ids += "/" + table["subject_id"]
    table.insert(0, "finding_id", ids)
    for name in ("measured", "limit"):
        table[name] = table[name].astype("float64")
    table["assumed"] = table["assumed"].astype("bool")
    for name in ("finding_id", "subject_id", "subject_name", "adcode", "message"):
        table[name] = table[name].astype("str")
    for name in _REPEATED:
        table[name] = table[name].astype("category")
    geometry = table["geometry"].to_numpy()
    return gpd.GeoDataFrame(table[list(COLUMNS[:-1])], geometry=geometry, crs="EPSG:4326")


def rows(batches: Sequence[Batch], *, lang: str) -> list[tuple[Any, ...]]:
    """Return the same without the geometry, as plain values, None where there is none.

    For a few findings that is a hundred times quicker.
    """
    found: list[tuple[Any, ...]] = []
    for batch in batches:
        rule, size = batch.rule, len(batch)
        message = _spread(batch.message, size)
        subject = [str(own) for own in _objects(batch.subject_id)]
        head = f"{rule.id}/{rule.kind}/{batch.subject_kind}/"
        columns = (
            [head + own for own in subject],
            [rule.id] * size,
            [rule.kind] * size,
            [batch.subject_kind] * size,
            subject,
            _texts(batch.subject_name, size),
            _texts(batch.adcode, size),
            _texts(batch.state, size),
            _texts(rule.force if batch.force is None else batch.force, size),
            _numbers(batch.measured, size),
            _numbers(batch.limit, size),
            [batch.unit] * size,
            message.tolist(),
            _sentences(message, batch, lang=lang).tolist(),
            [rule.clause.document] * size,
            [rule.clause.article] * size,
            np.broadcast_to(np.asarray(batch.assumed, dtype=bool), size).tolist(),
        )
        found += zip(*columns, strict=True)
    return found


def _texts(value: Any, size: int) -> list[str | None]:
    return [None if one is None or one != one else str(one) for one in _spread(value, size)]


def _numbers(value: ArrayLike, size: int) -> list[float | None]:
    spread = np.broadcast_to(np.asarray(value, dtype=float), size).tolist()
    return [None if one != one else one for one in spread]


def _table(batch: Batch, *, lang: str) -> pd.DataFrame:
    rule, size = batch.rule, len(batch)
    message = _spread(batch.message, size)
    return pd.DataFrame(
        {
            "rule_id": rule.id,
            "kind": rule.kind,
            "subject_kind": batch.subject_kind,
            "subject_id": _objects(batch.subject_id),
            "subject_name": _spread(batch.subject_name, size),
            "adcode": _spread(batch.adcode, size),
            "state": _spread(batch.state, size),
            "force": _spread(rule.force if batch.force is None else batch.force, size),
            "measured": np.broadcast_to(np.asarray(batch.measured, dtype=float), size),
            "limit": np.broadcast_to(np.asarray(batch.limit, dtype=float), size),
            "unit": batch.unit,
            "message_id": message,
            "message": _sentences(message, batch, lang=lang),
            "document": rule.clause.document,
            "clause": rule.clause.article,
            "assumed": np.broadcast_to(np.asarray(batch.assumed, dtype=bool), size),
            "geometry": _spread(batch.geometry, size),
        }
    )


def _sentences(message: NDArray[np.object_], batch: Batch, *, lang: str) -> NDArray[np.object_]:
    """Render each word and each distinct sentence once."""
    size = len(message)
    words = {
        name: value.render(lang) if hasattr(value, "render") else value
        for name, value in batch.params.items()
        if _is_one(value)
    }
    varying = {
        name: _in_words(_spread(value, size), lang=lang)
        for name, value in batch.params.items()
        if name not in words
    }
    known = catalogue(lang)
    templates = {key: known.get(text, text) for key, text in batch.messages.items()}
    if not varying:
        codes, ids = pd.factorize(message)
        sentences = [templates[key].format(**words) for key in ids]
        same: NDArray[np.object_] = np.array(sentences, dtype=object)[codes]
        return same
    said: dict[tuple[Any, ...], str] = {}
    found: NDArray[np.object_] = np.empty(size, dtype=object)
    for row, key in enumerate(zip(message, *varying.values(), strict=True)):
        sentence = said.get(key)
        if sentence is None:
            own = dict(zip(varying, key[1:], strict=True))
            sentence = said[key] = templates[key[0]].format(**words, **own)
        found[row] = sentence
    return found


def _in_words(values: NDArray[np.object_], *, lang: str) -> NDArray[np.object_]:
    """Render what knows both languages; the rest stays as it is."""
    if not any(hasattr(kind, "render") for kind in set(map(type, values))):
        return values
    known = {id(value): value for value in values}
    said = {
        key: value.render(lang) if hasattr(value, "render") else value
        for key, value in known.items()
    }
    found: NDArray[np.object_] = np.array([said[id(value)] for value in values], dtype=object)
    return found


def _is_one(value: Any) -> bool:
    return isinstance(value, str) or hasattr(value, "render") or not hasattr(value, "__len__")


def _spread(value: Any, size: int) -> NDArray[np.object_]:
    found: NDArray[np.object_] = np.empty(size, dtype=object)
    found[:] = value if _is_one(value) else _objects(value)
    return found


def _objects(values: Any) -> NDArray[np.object_]:
    found: NDArray[np.object_] = np.asarray(values, dtype=object)
    return found


def summary(findings: pd.DataFrame, *, rules: Sequence[Rule] = ()) -> dict[str, Any]:
    """Count findings by rule, by district and by state.

    Parameters
    ----------
    findings : DataFrame
        A findings frame.
    rules : sequence of Rule
        What was checked: each has its row, in this order, even if nothing was found under it. The
        rules that the frame names unless given.

    Returns
    -------
    dict
        ``rules``: one row a rule with rule_id, kind, force, document, clause, ``subjects``, a count
        for each of `STATES`, ``advised`` (the shortfalls of advisory force among ``not_met``) and
        ``assumed``. ``by_district``: county's adcode → counts. ``by_state``: counts of all.
    """
    groups = dict(list(findings.groupby(["rule_id", "kind"], observed=True, sort=False)))
    heads = {(rule.id, rule.kind): _head(rule) for rule in rules} or {
        key: group.iloc[0][["force", "document", "clause"]].to_dict()
        for key, group in groups.items()
    }
    rows = []
    for key, head in heads.items():
        group = groups.get(key, findings.iloc[:0])
        row = {"rule_id": key[0], "kind": key[1], **head, "subjects": len(group)}
        rows.append(row | _counts(group) | {"assumed": bool(group["assumed"].any())})
    county = findings["adcode"].fillna("").str[:6]
    return {
        "rules": rows,
        "by_district": {str(code): _counts(g) for code, g in findings.groupby(county)},
        "by_state": _counts(findings),
    }


def _head(rule: Rule) -> dict[str, str]:
    clause = rule.clause
    return {"force": rule.force, "document": clause.document, "clause": clause.article}


def _counts(group: pd.DataFrame) -> dict[str, int]:
    counts = group["state"].value_counts()
    found = {state: int(counts.get(state, 0)) for state in STATES}
    advised = (group["state"] == NOT_MET) & (group["force"] == "advisory")
    return found | {"advised": int(advised.sum())}
