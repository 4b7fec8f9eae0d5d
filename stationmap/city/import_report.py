"""What an import did: counts of rows, the datum, and what is to be said."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stationmap.city.diff import Diff
from stationmap.city.quarantine import Entry
from stationmap.io.notes import Note


@dataclass
class Counts:
    """What became of the rows of one layer: read = accepted + quarantined."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    unchanged: int = 0
    to_locate: int = 0


@dataclass
class ImportReport:
    """What an import did, or with ``dry_run`` would do.

    Attributes
    ----------
    kind, file, source : str
    counts : Counts
        Of all rows; `layers` has them for each layer of an OSM file.
    datum, decided, evidence
        The datum that was used (None without coordinates), whether the evidence told it, and what
        was found.
    outside : int
        Accepted places outside the extent of the atlas.
    removed : int
        Rows that the source had brought before and brings no more.
    entries : list of Entry
        The refused rows.
    quarantine_file : Path or None
        Where their list stands.
    totals : int
        Refused rows that only add up others.
    written : bool
        Whether anything changed in the city.
    diff : Diff or None
        What the file changes in the register, row by row; None of kinds of the atlas.
    action : str or None
        The action in the register, by which the import can be undone; None where it wrote none.
    notes, warnings : list of Note
    """

    kind: str
    file: str
    source: str
    counts: Counts = field(default_factory=Counts)
    layers: dict[str, Counts] = field(default_factory=dict)
    datum: str | None = None
    decided: bool = False
    evidence: Any = None
    outside: int = 0
    removed: int = 0
    totals: int = 0
    entries: list[Entry] = field(default_factory=list)
    quarantine_file: Path | None = None
    written: bool = False
    diff: Diff | None = None
    action: str | None = None
    notes: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)

    def to_json(self, *, lang: str = "zh") -> dict[str, Any]:
        """Return plain values for JSON, sentences in `lang`."""
        document: dict[str, Any] = dict(vars(self.counts))
        document["datum"] = {
            "name": self.datum,
            "decided": self.decided,
            "evidence": self.evidence.to_json() if self.evidence is not None else None,
        }
        if self.layers:
            document["layers"] = {layer: vars(counts) for layer, counts in self.layers.items()}
        return document | {
            "removed": self.removed,
            "totals": self.totals,
            "outside": self.outside,
            "quarantine_file": str(self.quarantine_file) if self.quarantine_file else None,
            "diff": self.diff.to_json() if self.diff else None,
            "action": self.action,
            "warnings": [warning.render(lang) for warning in self.warnings],
        }
