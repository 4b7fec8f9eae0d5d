"""A plan as files: geodata, a workbook, a map, and the report."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from stationmap.io import tabular, vector
from stationmap.messages import N_, render
from stationmap.reports import plan_maps, plan_tables
from stationmap.reports.assumed import assumptions
from stationmap.reports.docx import write_docx
from stationmap.reports.formats import DOCUMENTS, PICTURES, require_suffix
from stationmap.reports.pdf import require_pdf, write_pdf
from stationmap.reports.plan import plan_report
from stationmap.reports.plan_dossier import PlanDossier
from stationmap.reports.plan_sentences import sentences
from stationmap.reports.plan_words import said, with_words

PLANS = (".gpkg", ".geojson", ".xlsx", *DOCUMENTS, *PICTURES)


def require_plan(path: Path) -> None:
    """Refuse a path that no plan can be written to, before the work is done.

    Raises
    ------
    InputError
        Its ending is none of `PLANS`, or PDF cannot be set on this machine.
    """
    if require_suffix(path, PLANS) == ".pdf":
        require_pdf()


def write_plan(path: Path, dossier: PlanDossier, *, lang: str) -> None:
    """Write a plan to a file whose ending says the format; what stood there is replaced at once.

    A GeoPackage has the layers proposals, uncoverable, suggested, gaps_before and gaps_after;
    GeoJSON the first three in one, told apart by ``layer``.

    Parameters
    ----------
    path : Path
        Ending in one of `PLANS`.
    dossier : PlanDossier
    lang : {"zh", "en"}

    Raises
    ------
    InputError
        The ending is none of these, or its folder does not exist.
    """
    suffix = require_suffix(path, PLANS)
    if suffix == ".gpkg":
        vector.write(path, _layers(dossier, lang=lang))
    elif suffix == ".geojson":
        vector.write(path, {"plan": _one_layer(dossier, lang=lang)})
    elif suffix == ".xlsx":
        tabular.write_xlsx(path, workbook(dossier, lang=lang))
    elif suffix in PICTURES:
        plan_maps.draw(path, dossier, after=True, lang=lang)
    else:
        write = write_docx if suffix == ".docx" else write_pdf
        write(path, plan_report(dossier, lang=lang))


def _layers(dossier: PlanDossier, *, lang: str) -> dict[str, gpd.GeoDataFrame]:
    plan = dossier.plan
    layers = {
        "proposals": plan.proposals,
        "uncoverable": plan.uncoverable,
        "suggested": plan.suggested,
    }
    found = {name: with_words(f, pack=dossier.pack, lang=lang) for name, f in layers.items()}
    gaps = {"gaps_before": dossier.before, "gaps_after": dossier.after}
    return found | {name: frame for name, frame in gaps.items() if frame is not None}


def _one_layer(dossier: PlanDossier, *, lang: str) -> gpd.GeoDataFrame:
    layers = _layers(dossier, lang=lang)
    names = [name for name in ("proposals", "uncoverable", "suggested") if len(layers[name])]
    if not names:
        return layers["proposals"].assign(layer="proposals")
    frames = [layers[name].assign(layer=name) for name in names]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)


def workbook(dossier: PlanDossier, *, lang: str) -> dict[str, pd.DataFrame]:
    """Name of each sheet → its rows, with headings in the reader's language."""

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    by_street = plan_tables.streets(dossier, lang=lang)
    along = bool((by_street["street_id"] != "").any())
    by_street = by_street.rename(
        columns={
            "street_id": say(N_("Code")),
            "street": say(N_("Street")),
            "county": say(N_("County")),
            "count": say(N_("New stations")),
            "shop": say(N_("shop on the street")),
            "facility": say(N_("facility")),
            "place": say(N_("the place itself")),
            "free": say(N_("free-standing point")),
            "needed": say(N_("Free-standing points needed")),
            "adds": say(N_("Adds at its turn")),
        }
    )
    curve = dossier.plan.curve.rename(
        columns={
            "n": say(N_("New stations")),
            "value": say(N_("Reached so far")),
            "share": say(N_("Share")),
            "bound": say(N_("No plan with as many reaches more than")),
            "gap": say(N_("Gap to the best, at most")),
        }
    )
    return {
        say(N_("Summary")): _summary(dossier, lang=lang),
        say(N_("New stations")): plan_tables.hosts(dossier, lang=lang),
        **({say(N_("By street")): by_street} if along else {}),
        say(N_("Not coverable")): plan_tables.uncoverable(dossier, lang=lang),
        say(N_("Building order")): curve,
    }


def _summary(dossier: PlanDossier, *, lang: str) -> pd.DataFrame:
    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    rule, document = dossier.rule, dossier.pack.document
    rows = [(say(N_("Result")), one) for one in sentences(dossier, lang=lang)]
    rows += [(say(N_("Conditions")), one) for one in dossier.conditions]
    if rule is not None:
        clause = f"{document.number} {rule.clause.article}: {rule.clause.text.get(lang)}"
        rows.append((say(N_("Clause")), clause))
        rows += [
            (say(N_("value assumed")), one.text)
            for one in assumptions([rule], dossier.pack, lang=lang)
        ]
    rows += [
        (say(N_("value assumed")), said(one, lang=lang))
        for one in dossier.plan.summary.get("assumptions") or ()
    ]
    rows.append((say(N_("Date")), dossier.date.isoformat()))
    rows += [(say(N_("File")), f"{one.file} · {one.imported_on}") for one in dossier.sources]
    return pd.DataFrame(
        list(dict.fromkeys(rows)), columns=[say(N_("What")), say(N_("Text"))], dtype=object
    )
