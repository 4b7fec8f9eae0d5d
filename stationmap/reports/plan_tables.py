"""The tables of a plan, as rows of texts and numbers: hosts, streets, what is not coverable."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stationmap.messages import N_, render
from stationmap.reports.plan_dossier import PlanDossier
from stationmap.reports.plan_places import SIDES, Places, degrees
from stationmap.reports.plan_words import HOST_KINDS, UNITS, category, said, type_name
from stationmap.reports.wording import Say, text


def hosts(dossier: PlanDossier, *, lang: str) -> gpd.GeoDataFrame:
    """Return the new stations by street and chainage, headings and words in `lang`.

    With free-standing points that would be needed after them, which have no order.
    """
    frames = [dossier.plan.proposals, dossier.plan.suggested]
    rows = [by_street(frame) for frame in frames if len(frame)]
    found = pd.concat(rows, ignore_index=True) if rows else dossier.plan.proposals

    def say(template: str) -> str:
        return render(template, {}, lang=lang)

    proposed = found["order"].notna()
    places = Places(dossier, _sayer(lang))
    records = found.to_dict("records")
    lon, lat = degrees(found.geometry)
    columns = {
        N_("Building order"): found["order"].astype("Int64"),
        N_("Proposed or needed"): np.where(
            proposed, say(N_("proposed")), say(N_("would be needed"))
        ),
        N_("County"): [dossier.area(text(one)) for one in found["adcode"]],
        N_("Street"): [street_of(row, places) for row in records],
        N_("Part of the street"): _parts(places, found["street_id"], found["part"]),
        N_("Chainage, m"): found["chainage_m"].astype("float64").round(0),
        N_("Side"): [say(SIDES[s]) if s in SIDES else "" for s in found["side"]],
        N_("Host"): [places.host(row) for row in records],
        N_("Kind of host"): [say(HOST_KINDS.get(k, str(k))) for k in found["host_kind"]],
        N_("Category"): [
            category(k, c, lang=lang)
            for k, c in zip(found["host_kind"], found["category"], strict=True)
        ],
        N_("Type"): [type_name(dossier.pack, one, lang=lang) for one in found["type"]],
        N_("Serves also"): [
            say(N_(", ")).join(places.names.get(one, one) for one in text(also).split(";") if one)
            for also in found["also"]
        ],
        N_("Longitude"): lon,
        N_("Latitude"): lat,
        N_("Adds at its turn"): found["adds"].astype("float64").round(1),
        N_("Gap closed at its turn, m"): found["closes_m"].astype("float64").round(1),
        N_("Covers alone"): found["covers_m"].astype("float64").round(1),
        N_("Counted in"): say(UNITS.get(str(dossier.plan.summary.get("unit")), "")),
        N_("Suitability"): found["suitability"].astype("float64").round(2),
        N_("Code of host"): found["host_id"],
        N_("Code of street"): found["street_id"],
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
    places = Places(dossier, _sayer(lang))
    rows: dict[str, dict[str, Any]] = {}
    for frame, proposed in ((plan.proposals, True), (plan.suggested, False)):
        for row in frame.to_dict("records"):
            key = text(row["street_id"])
            found = rows.setdefault(
                key,
                {
                    "street_id": key,
                    "street": street_of(row, places),
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

    places = Places(dossier, _sayer(lang))
    own = found[["name", "subject_id", "part"]].itertuples(index=False)
    columns = {
        N_("Street or place"): [places.street(*row) for row in own],
        N_("Part of the street"): _parts(places, found["subject_id"], found["part"]),
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


def street_of(row: Mapping[str, Any], places: Places) -> str:
    """Return the street of a station, in words; "" where it is at none."""
    if not text(row["street_id"]):
        return ""
    return places.street(row["street_name"], row["street_id"], row["part"])


def _parts(
    places: Places, streets: pd.Series, parts: pd.Series
) -> pd.api.extensions.ExtensionArray:
    """Return the numbers of parts, missing on streets of one part."""
    both = zip(streets, parts, strict=True)
    return pd.array([places.part(street, part) for street, part in both], dtype="Int64")


def _sayer(lang: str) -> Say:
    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    return say
