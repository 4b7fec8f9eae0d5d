"""Exemptions: facilities, stations and stretches of frontage that a rule spares for a while."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks.findings import MET, NOT_APPLICABLE
from stationmap.messages import N_, render

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "exempt.granted": N_("{message} (exempt until {until}: {reason})"),
        "exempt.open": N_("{message} (exempt: {reason})"),
    }
)


def valid(exemptions: pd.DataFrame, *, today: date) -> NDArray[np.bool_]:
    """Tell which exemptions hold on a day: without an expiry, or with one that is not past."""
    until = pd.to_datetime(exemptions["until"], errors="coerce")
    stated = exemptions["until"].notna()
    holds: NDArray[np.bool_] = (~stated | (until >= pd.Timestamp(today))).to_numpy(dtype=bool)
    return holds


def spare(
    findings: pd.DataFrame, exemptions: pd.DataFrame, *, gaps: pd.DataFrame, today: date, lang: str
) -> pd.DataFrame:
    """Return the findings with those that are exempt as not applicable, with the reason.

    The sentence is public, so it leaves out who approved: that may be a person.

    An exemption names a subject (a facility, station, unit, area, gap or street) and a rule, or
    without one holds for all rules. One of a street with chainages spares the gaps that lie within
    them, ends included. What is met stays met.

    Parameters
    ----------
    findings : DataFrame
        A findings frame.
    exemptions : DataFrame
        id, rule_id, subject_id, from_m, to_m, reason, approver, until.
    gaps : DataFrame
        gap_id, street_id, from_m, to_m of the gaps among the findings.
    today : date
    lang : str
    """
    exemptions = exemptions[valid(exemptions, today=today)]
    if exemptions.empty or findings.empty:
        return findings
    found = findings.copy()
    state = found["state"].astype("object").to_numpy(copy=True)
    message = found["message"].astype("object").to_numpy(copy=True)
    message_id = found["message_id"].astype("object").to_numpy(copy=True)
    subject = found["subject_id"].to_numpy(dtype=object)
    rule_id = found["rule_id"].astype("str")
    for row in exemptions.to_dict("records"):
        names = _subjects(gaps, row)
        spared = np.isin(subject, names) & (state != MET)
        if isinstance(row["rule_id"], str):
            own = (rule_id == row["rule_id"]) | rule_id.str.startswith(f"{row['rule_id']}.")
            spared &= own.to_numpy(dtype=bool)
        until = pd.to_datetime(row["until"])
        key = "exempt.open" if pd.isna(until) else "exempt.granted"
        said = {**row, "until": "" if pd.isna(until) else f"{until:%Y-%m-%d}"}
        for at in np.flatnonzero(spared):
            message[at] = render(MESSAGES[key], said | {"message": message[at]}, lang=lang)
        state[spared], message_id[spared] = NOT_APPLICABLE, key
    for name, values in (("state", state), ("message_id", message_id)):
        found[name] = pd.Categorical(values)
    found["message"] = pd.Series(message, index=found.index, dtype="str")
    return found


def _subjects(gaps: pd.DataFrame, row: Mapping[str, object]) -> list[str]:
    """Return the subject of an exemption, or the gaps in its chainages; both of a whole street."""
    own = gaps[gaps["street_id"] == row["subject_id"]]
    stretch = len(own) > 0 and (pd.notna(row["from_m"]) or pd.notna(row["to_m"]))
    if pd.notna(row["from_m"]):
        own = own[own["from_m"] >= row["from_m"]]
    if pd.notna(row["to_m"]):
        own = own[own["to_m"] <= row["to_m"]]
    names = [*own["gap_id"], *([] if stretch else [row["subject_id"]])]
    return [str(name) for name in names]
