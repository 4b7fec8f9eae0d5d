"""Findings as a workbook: a summary, a sheet a rule, what is unknown, the sources."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from stationmap.io import tabular
from stationmap.messages import N_, render
from stationmap.reports.dossier import Dossier
from stationmap.reports.wording import FORCES, OUTCOMES, SUBJECTS, layer, words

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

    def _counties(self) -> pd.DataFrame:
        table = self.dossier.by_county
        found = pd.DataFrame(
            {
                self.say(N_("County")): table["name"].fillna(self.say(N_("(no county)"))),
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
        by = "rule_id" if len(dossier.rules) <= RULE_SHEETS else "kind"
        names = [rule.id if by == "rule_id" else rule.kind for rule in dossier.rules]
        groups = dossier.findings.groupby(by, observed=True, sort=False).indices
        table = self._table()
        for name in dict.fromkeys(names):
            rows = groups.get(name, np.array([], dtype=np.int64))
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
        columns = {
            N_("Rule"): findings["rule_id"],
            N_("Subject"): findings["subject_name"],
            N_("Kind of subject"): named(findings["subject_kind"], SUBJECTS),
            N_("Code of subject"): findings["subject_id"],
            N_("County"): county.map(dossier.county_names).fillna(county),
            N_("Result"): named(dossier.outcome, OUTCOMES),
            N_("What was found"): findings["message"],
            N_("Measured"): findings["measured"],
            N_("Limit"): findings["limit"],
            N_("Unit of measure"): findings["unit"],
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
        rows: list[tuple[str, str | None, str, int | None]] = [
            (assumed, None, text, None) for text in dossier.assumed
        ]
        rows += [
            (missing, None, layer(name, dossier.pack, lang=self.lang), None)
            for name in dossier.missing
        ]
        untold = self.say(OUTCOMES["unknown"])
        rows += [(untold, r.rule_id, r.message, r.cases) for r in dossier.untold.itertuples()]
        headings = (N_("What"), N_("Rule"), N_("Text"), N_("Cases"))
        return pd.DataFrame(rows, columns=[self.say(h) for h in headings], dtype=object)

    def _sources(self) -> pd.DataFrame:
        dossier = self.dossier
        kind, document = self.say(N_("standard")), dossier.pack.document
        rows: list[tuple[Any, ...]] = [
            (
                f"{dossier.pack.id} ({dossier.pack.edition})",
                f"{kind}: {document.number}",
                document.date.isoformat(),
                None,
                dossier.pack_sha256,
            )
        ]
        rows += [(s.file, s.kind, s.imported_on, s.rows, s.sha256) for s in dossier.sources]
        checked = (dossier.city, self.say(N_("checked")), dossier.date.isoformat(), None, None)
        headings = (N_("File"), N_("Holds"), N_("Date"), N_("Rows used"), N_("SHA-256"))
        return pd.DataFrame([*rows, checked], columns=[self.say(h) for h in headings], dtype=object)
