"""Findings as a workbook: a summary, a sheet a rule, what is unknown, the sources."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from stationmap.io import tabular
from stationmap.messages import N_, render
from stationmap.reports.dossier import Dossier
from stationmap.reports.supervision import supervision_sheets
from stationmap.reports.wording import (
    FORCES,
    OUTCOMES,
    SUBJECTS,
    UNITS,
    kind_label,
    standing,
    words,
)

RULE_SHEETS = 60  # of more rules, a sheet for each kind
SHEET_ROWS = tabular.MAX_SHEET_ROWS - 1  # a sheet holds its headings too


def write_workbook(path: Path, dossier: Dossier, *, lang: str) -> None:
    """Write all findings of a check; what stood at the path is replaced at once.

    What is more than a sheet can hold goes on in a further one, and the summary says so.
    """
    tabular.write_xlsx(path, _Workbook(dossier, lang=lang).sheets())


class _Workbook:
    def __init__(self, dossier: Dossier, *, lang: str) -> None:
        self.dossier = dossier
        self.lang = lang

    def say(self, template: str, **params: Any) -> str:
        return render(template, params, lang=self.lang)

    def sheets(self) -> dict[str, pd.DataFrame]:
        """Name of each sheet → its rows, with headings in the reader's language."""
        listed = dict(self._findings())
        split = [name for name in listed if name.endswith(")")]
        return {
            self.say(N_("Summary")): self._summary(split),
            self.say(N_("By county")): self._counties(),
            **listed,
            **self._supervision(),
            self.say(N_("Assumed and unknown")): self._open_points(),
            self.say(N_("Sources")): self._sources(),
        }

    def _summary(self, split: list[str]) -> pd.DataFrame:
        rules = [row["rule"] for _, row in self.dossier.by_rule.iterrows()]
        table = pd.DataFrame(
            {
                self.say(N_("Rule")): [rule.id for rule in rules],
                self.say(N_("Document")): [rule.clause.document for rule in rules],
                self.say(N_("Clause")): [rule.clause.article for rule in rules],
                self.say(N_("What it asks")): [words(rule, lang=self.lang) for rule in rules],
                self.say(N_("Force")): [self.say(FORCES[rule.force]) for rule in rules],
                self.say(N_("Due or checked")): self.dossier.by_rule["all"].to_numpy(),
            }
        )
        for name, label in OUTCOMES.items():
            table[self.say(label)] = self.dossier.by_rule[name].to_numpy()
        if split:
            note = self.say(
                N_("more rows than a sheet can hold; they go on in: {sheets}"),
                sheets=", ".join(split),
            )
            table.loc[len(table), self.say(N_("What it asks"))] = note
        return table

    def _supervision(self) -> dict[str, pd.DataFrame]:
        found = self.dossier.supervision
        return supervision_sheets(found, lang=self.lang) if found else {}

    def _counties(self) -> pd.DataFrame:
        dossier, table = self.dossier, self.dossier.by_county
        found = pd.DataFrame(
            {
                self.say(N_("County")): [dossier.area(c, lang=self.lang) for c in table.index],
                self.say(N_("Code")): table.index,
                self.say(N_("Due")): table["due"],
                self.say(N_("Built")): table["built"],
                self.say(N_("Lacking")): table["lacking"],
                self.say(N_("Of these cannot be told")): table["untold"],
                self.say(N_("Share built, %")): (table["share"] * 100).round(1),
            }
        )
        for name, label in OUTCOMES.items():
            found[self.say(label)] = table[name]
        return found

    def _findings(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the findings by rule, or by kind where there are too many rules, in order."""
        dossier = self.dossier
        keys = [(rule.id, rule.kind) for rule in dossier.rules]
        by_rule = len(keys) <= RULE_SHEETS
        ids = Counter(rule_id for rule_id, _ in keys)
        labels = {kind: self.say(kind_label(kind)) for _, kind in keys}
        groups: dict[str, list[Any]] = {}
        found = dossier.findings.groupby(["rule_id", "kind"], observed=True, sort=False).indices
        for rule_id, kind in keys:
            name = rule_id if ids[rule_id] == 1 else f"{rule_id} {labels[kind]}"
            rows = found.get((rule_id, kind), np.array([], dtype=np.int64))
            groups.setdefault(name if by_rule else labels[kind], []).append(rows)
        table = self._table()
        for name, parts in groups.items():
            rows = np.concatenate(parts)
            for part, start in enumerate(range(0, len(rows), SHEET_ROWS), start=1):
                sheet = name if part == 1 else f"{name} ({part})"
                yield sheet, table.iloc[rows[start : start + SHEET_ROWS]]

    def _table(self) -> pd.DataFrame:
        dossier, findings = self.dossier, self.dossier.findings
        places = shapely.point_on_surface(findings.geometry.to_numpy())
        say = self.say

        def named(values: Any, labels: Any) -> Any:
            return pd.Series(np.asarray(values, dtype=object)).map(
                {value: say(label) for value, label in labels.items()}
            )

        county = pd.Series(dossier.county)
        units = {name: say(template, value="").strip() for name, template in UNITS.items()}
        areas = {code: dossier.area(code, lang=self.lang) for code in county.unique()}
        columns = {
            N_("Rule"): findings["rule_id"],
            N_("Subject"): findings["subject_name"],
            N_("Kind of subject"): named(findings["subject_kind"], SUBJECTS),
            N_("Code of subject"): findings["subject_id"],
            N_("County"): county.map(areas),
            N_("Result"): named(dossier.outcome, OUTCOMES),
            N_("What was found"): findings["message"],
            N_("Measured"): findings["measured"].round(4),
            N_("Limit"): findings["limit"],
            N_("Unit of measure"): pd.Series(findings["unit"].astype("str")).map(units),
            N_("Rests on an assumed value"): named(
                findings["assumed"], {True: N_("yes"), False: N_("no")}
            ),
            N_("Document"): findings["document"],
            N_("Clause"): findings["clause"],
            N_("Longitude"): shapely.get_x(places).round(7),
            N_("Latitude"): shapely.get_y(places).round(7),
        }
        return pd.DataFrame({say(name): np.asarray(values) for name, values in columns.items()})

    def _open_points(self) -> pd.DataFrame:
        """List what was assumed, what is not imported or declared, and why cases are unknown."""
        dossier = self.dossier
        assumed, missing = self.say(N_("value assumed")), self.say(N_("data missing"))
        rows: list[tuple[str, str, str, int | None]] = [
            (assumed, self.say(N_(", ")).join(one.rules), one.text, None)
            for one in dossier.assumed[self.lang]
        ]
        rows += [
            (
                missing,
                self.say(N_(", ")).join(row["rules"]),
                f"{row['name']}: {standing(row, self.say)}",
                None,
            )
            for row in dossier.missing
        ]
        untold = self.say(OUTCOMES["unknown"])
        rows += [(untold, r.rule.id, r.message, r.cases) for r in dossier.untold.itertuples()]
        headings = (N_("What"), N_("Rule"), N_("Text"), N_("Cases"))
        return pd.DataFrame(rows, columns=[self.say(h) for h in headings], dtype=object)

    def _sources(self) -> pd.DataFrame:
        dossier = self.dossier
        kind, document = self.say(N_("standard")), dossier.pack.document
        rows: list[tuple[Any, ...]] = [
            (
                f"{dossier.pack.id} ({dossier.pack.edition})",
                f"{kind}: {document.number}",
                document.date.isoformat() if document.date else dossier.pack.edition,
                None,
                dossier.pack_sha256,
            )
        ]
        rows += [(s.file, s.kind, s.imported_on, s.rows, s.sha256) for s in dossier.sources]
        checked = (dossier.city, self.say(N_("checked")), dossier.date.isoformat(), None, None)
        headings = (N_("File"), N_("Holds"), N_("Date"), N_("Rows used"), N_("SHA-256"))
        return pd.DataFrame([*rows, checked], columns=[self.say(h) for h in headings], dtype=object)
