"""The words of reports: outcomes, subjects, layers of data, and what a rule is called."""

from collections.abc import Mapping

from stationmap.messages import N_, render
from stationmap.standards import IndicatorRule, Item, Pack, Rule

# what becomes of a finding, in the order of tables; ``advised``: a shortfall of advisory force
OUTCOMES: Mapping[str, str] = {
    "met": N_("Met"),
    "not_met": N_("Not met"),
    "advised": N_("Advice"),
    "unknown": N_("Cannot be told"),
    "not_applicable": N_("Not applicable"),
}
FORCES: Mapping[str, str] = {"binding": N_("binding"), "advisory": N_("advisory")}
SUBJECTS: Mapping[str, str] = {
    "street": N_("street"),
    "gap": N_("gap"),
    "facility": N_("facility"),
    "junction": N_("junction"),
    "bus_stop": N_("bus stop"),
    "area": N_("area"),
    "station": N_("station"),
    "unit": N_("unit"),
    "city": N_("city"),
}
LAYERS: Mapping[str, str] = {
    "shops": N_("shops"),
    "facilities": N_("facilities"),
    "streets": N_("streets"),
    "built_up": N_("built-up area"),
    "community": N_("communities"),
    "subdistrict": N_("sub-districts"),
    "compound": N_("residential compounds"),
    "civilised_unit": N_("civilised units"),
    "units": N_("units"),
    "projects": N_("projects"),
    "activities": N_("activities"),
    "inspections": N_("inspections"),
    "counts": N_("counts for indicators"),
    "districts": N_("districts"),
    "stations": N_("stations"),
    "bus_stops": N_("bus stops"),
}


def layer(name: str, pack: Pack, *, lang: str) -> str:
    """Return what people call a layer of data; ``stations:TYPE`` by the name of the type."""
    kind, _, type_id = name.partition(":")
    if type_id:
        known = {t.id: t.name.get(lang) for t in pack.site_types}
        return render(N_("list of {type}"), {"type": known.get(type_id, type_id)}, lang=lang)
    return render(LAYERS.get(kind, kind), {}, lang=lang)


def words(rule: Rule, *, lang: str) -> str:
    """Return a rule in a few words: its title or name, else what its clause says."""
    if isinstance(rule, Item):
        return rule.title.get(lang)
    if isinstance(rule, IndicatorRule):
        return rule.name.get(lang)
    return rule.clause.text.get(lang)


def day(iso: str, *, lang: str) -> str:
    """Return a date as people write it: 2026年3月5日, 5 March 2026."""
    from datetime import date

    from babel.dates import format_date

    said: str = format_date(
        date.fromisoformat(iso[:10]),
        "y年M月d日" if lang == "zh" else "d MMMM y",
        locale="zh" if lang == "zh" else "en",
    )
    return said


def percent(share: float | None, *, digits: int = 1) -> str:
    """Return a share in per cent, "–" without one; below all never says all."""
    if share is None or share != share:
        return "–"
    rounded = round(share * 100, digits)
    if rounded >= 100 and share < 1:
        rounded = 100 - 10**-digits
    return f"{rounded:.{digits}f}%"
