"""The tables of a plan, as rows of texts and numbers: hosts, streets, what is not coverable."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stationmap.messages import N_, render
from stationmap.reports.plan_dossier import PlanDossier
from stationmap.reports.plan_words import HOST_KINDS, UNITS, category, said, type_name
from stationmap.reports.wording import text

SIDES: Mapping[str, str] = {"left": N_("left side"), "right": N_("right side")}


def hosts(dossier: PlanDossier, *, lang: str) -> gpd.GeoDataFrame:
    """Return the new stations by street and chainage, headings and words in `lang`.

    With free-standing points that would be needed after them, which have no order.
    """
    names = _street_names(dossier)
    frames = [dossier.plan.proposals, dossier.plan.suggested]
    rows = [by_street(frame) for frame in frames if len(frame)]
    found = pd.concat(rows, ignore_index=True) if rows else dossier.plan.proposals

    def say(template: str) -> str:
        return render(template, {}, lang=lang)

    proposed = found["order"].notna()
    columns = {
        N_("Building order"): found["order"].astype("Int64"),
        N_("Proposed or needed"): np.where(
            proposed, say(N_("proposed")), say(N_("would be needed"))
        ),
        N_("County"): [dossier.area(text(one)) for one in found["adcode"]],
        N_("Street"): [street_of(row, say=say) for row in found.to_dict("records")],
        N_("Chainage, m"): found["chainage_m"].astype("float64").round(0),
        N_("Side"): [say(SIDES[s]) if s in SIDES else "" for s in found["side"]],
        N_("Host"): [host_of(row, say=say) for row in found.to_dict("records")],
        N_("Kind of host"): [say(HOST_KINDS.get(k, str(k))) for k in found["host_kind"]],
        N_("Category"): [
            category(k, c, lang=lang)
            for k, c in zip(found["host_kind"], found["category"], strict=True)
        ],
        N_("Type"): [type_name(dossier.pack, one, lang=lang) for one in found["type"]],
        N_("Serves also"): [
            say(N_(", ")).join(names.get(one, one) for one in text(also).split(";") if one)
            for also in found["also"]
        ],
        N_("Adds at its turn"): found["adds"].astype("float64").round(1),
        N_("Covers alone"): found["covers_m"].astype("float64").round(1),
        N_("Counted in"): say(UNITS.get(str(dossier.plan.summary.get("unit")), "")),
        N_("Suitability"): found["suitability"].astype("float64").round(2),
        N_("Code of host"): found["host_id"],
        N_("Code of proposal"): found["proposal_id"],
    }
    table = pd.DataFrame({say(name): values for name, values in columns.items()})
    return gpd.GeoDataFrame(table, geometry=np.asarray(found.geometry), crs=found.crs)


def by_street(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Order stations by county, street, part and chainage; streets without a name last."""
    keys = ["adcode", "_nameless", "street_name", "street_id", "part", "chainage_m"]
    nameless = frame["street_name"].fillna("") == ""
    county = frame["adcode"].fillna("").astype("str").str[:6]
    ordered = frame.assign(_nameless=nameless, adcode=county)
    return ordered.sort_values(keys, kind="stable", ignore_index=True).drop(columns="_nameless")


def streets(dossier: PlanDossier, *, lang: str) -> pd.DataFrame:
    """Return the new stations of each street, most first: street, county, count, by host, adds.

    Columns street_id, street, county, count, shop, facility, place, free, needed, adds.
    """
    plan = dossier.plan

    def say(template: str) -> str:
        return render(template, {}, lang=lang)

    rows: dict[str, dict[str, Any]] = {}
    for frame, proposed in ((plan.proposals, True), (plan.suggested, False)):
        for row in frame.to_dict("records"):
            key = text(row["street_id"])
            found = rows.setdefault(
                key,
                {
                    "street_id": key,
                    "street": street_of(row, say=say),
                    "county": dossier.area(text(row["adcode"])),
                    **dict.fromkeys(("count", *HOST_KINDS, "needed"), 0),
                    "adds": 0.0,
                },
            )
            if proposed:
                found["count"] += 1
                found[row["host_kind"]] += 1
                found["adds"] += 0.0 if pd.isna(row["adds"]) else float(row["adds"])
            else:
                found["needed"] += 1
    columns = ["street_id", "street", "county", "count", *HOST_KINDS, "needed", "adds"]
    table = pd.DataFrame(list(rows.values()), columns=columns)
    return table.sort_values(
        ["count", "needed", "street_id"], ascending=[False, False, True], ignore_index=True
    )


def uncoverable(dossier: PlanDossier, *, lang: str) -> gpd.GeoDataFrame:
    """Return what no host covers, longest first, headings and words in `lang`."""
    found = dossier.plan.uncoverable.sort_values(
        ["length_m", "weight", "subject_id"], ascending=[False, False, True], ignore_index=True
    )

    def say(template: str) -> str:
        return render(template, {}, lang=lang)

    columns = {
        N_("Street or place"): [
            nameless(name, own, say=say)
            for name, own in zip(found["name"], found["subject_id"], strict=True)
        ],
        N_("County"): [dossier.area(text(one)) for one in found["adcode"]],
        N_("Side"): [say(SIDES[s]) if s in SIDES else "" for s in found["side"]],
        N_("From, m"): found["from_m"].astype("float64").round(0),
        N_("To, m"): found["to_m"].astype("float64").round(0),
        N_("Length, m"): found["length_m"].astype("float64").round(1),
        N_("Weight"): found["weight"].astype("float64").round(1),
        N_("Free-standing points needed"): found["points_needed"].astype("Int64"),
        N_("Reason"): [said(one, lang=lang) for one in found["reason"]],
        N_("Code"): found["subject_id"],
    }
    table = pd.DataFrame({say(name): values for name, values in columns.items()})
    return gpd.GeoDataFrame(table, geometry=np.asarray(found.geometry), crs=found.crs)


def street_of(row: Mapping[str, Any], *, say: Any) -> str:
    """Return the street of a station, in words; "" where it is at none."""
    return nameless(row["street_name"], row["street_id"], say=say) if text(row["street_id"]) else ""


def nameless(name: Any, own_id: Any, *, say: Any) -> str:
    """Return a name; what has none is told by the end of its id."""
    return text(name) or f"{say(N_('(unnamed)'))} {text(own_id).rpartition('-')[2]}".strip()


def host_of(row: Mapping[str, Any], *, say: Any) -> str:
    """Name the host of a station."""
    if row["host_kind"] == "free":
        return str(say(HOST_KINDS["free"]))
    return text(row["name"]) or str(say(N_("(without a name)")))


def _street_names(dossier: PlanDossier) -> dict[str, str]:
    """Return the names of streets by their id, as far as they have any."""
    frames = [f for f in (dossier.streets, dossier.other_streets) if f is not None]
    return {
        street_id: name
        for frame in frames
        for street_id, name in zip(frame["street_id"], frame["name"], strict=True)
        if text(name)
    }
