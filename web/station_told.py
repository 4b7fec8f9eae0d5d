"""What a station's own page says of it beside its facts: services, projects, checks, standing."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from stationmap.checks.services import named
from stationmap.city import serving
from stationmap.inspections import NOT_MET, openly
from stationmap.messages import N_
from stationmap.standards import ServicesRule
from web.finding_words import settled_of_subject
from web.inspect_words import visit_name
from web.parts import text
from web.standing_words import RESULTS, lines_of, standing_words
from web.view import CityView
from web.words import say

VISITS = 10  # that the page lists, the newest

CHANNELS: Mapping[str, str] = MappingProxyType(
    {"online": N_("published online"), "offline": N_("published at the station")}
)
# shortfalls first, as on the map
_ORDER = {sign: n for n, sign in enumerate(("not_met", "advised", "unknown", "met"))}


def told(now: CityView, station_id: str, lang: str) -> dict[str, Any]:
    """Return all that the page says of a station beside its facts.

    Returns
    -------
    dict
        ``standing`` (see `standing_words`), ``stale`` (nothing worse is known of it than that
        nobody looked), ``visits``, ``lists`` (of services that the document names for such a
        place), ``projects``, ``checklist`` (its groups), ``findings`` but for those that
        inspections decide, and ``waiting``: whether the rules are still at new data.
    """
    found = settled_of_subject(now, "station", station_id, lang)
    findings = [one for one in found or () if not _by_inspections(now, one)]
    projects = _projects(now, station_id, lang)
    standing = standing_words(now, station_id, lang)
    return {
        "standing": standing,
        "stale": all(why["kind"] == serving.STALE for why in standing["serves_not"]),
        "visits": _visits(now, station_id, lang),
        "lists": _lists(now, findings, projects, lang),
        "projects": projects,
        "checklist": _groups(lines_of(now, station_id, lang)["lines"]),
        "findings": sorted(findings, key=lambda one: _ORDER.get(one["sign"], 9)),
        "waiting": found is None,
    }


def _by_inspections(now: CityView, finding: Mapping[str, Any]) -> bool:
    """Whether inspections decide a finding, an unannounced one of today too.

    The checklist beside it tells the same without those of today.
    """
    key = finding["rule_id"], finding["kind"]
    rule = next((rule for rule in now.pack.rules if (rule.id, rule.kind) == key), None)
    return finding["kind"] == "checklist" or bool(getattr(rule, "on_duty", False))


def _visits(now: CityView, station_id: str, lang: str) -> list[dict[str, Any]]:
    """Say when a station was checked, how and with what result; never by whom."""
    found = serving.history(now.answers, station_id, today=now.today, most=VISITS)
    return [
        {
            "on": visit.on.isoformat(),
            "visit_name": visit_name(openly(visit.visit), lang),
            "result": visit.result,
            "result_name": say(RESULTS[visit.result], lang=lang),
        }
        for visit in found
    ]


def _projects(now: CityView, station_id: str, lang: str) -> list[dict[str, Any]]:
    table = now.answers.table("projects")
    mine = table[(table["station_id"] == station_id).to_numpy(dtype=bool)]
    mine = mine.drop_duplicates(["name", "service"])
    return [
        {
            "name": text(row["name"]),
            "service": text(row["service"]),
            "published": [
                say(CHANNELS[channel], lang=lang)
                for channel in (text(row["published"]) or "").split(";")
                if channel in CHANNELS
            ],
        }
        for row in mine.to_dict("records")
    ]


def _lists(
    now: CityView,
    findings: Sequence[Mapping[str, Any]],
    projects: Sequence[Mapping[str, Any]],
    lang: str,
) -> list[dict[str, Any]]:
    """Lay out the document's lists for the place of a station; marked is what a project names."""
    asked = {one["rule_id"] for one in findings if one["kind"] == "services"}
    found = []
    for rule in now.pack.rules:
        if not isinstance(rule, ServicesRule) or rule.id not in asked:
            continue
        offers = [offer.zh for offer in rule.offers]
        words = (project["service"] or project["name"] or "" for project in projects)
        there = {number for said in words for number in named(said, offers)}
        found.append(
            {
                "text": rule.clause.text.get(lang),
                "document": rule.clause.document,
                "article": rule.clause.article,
                "services": [
                    {"name": offer.get(lang), "there": number in there}
                    for number, offer in enumerate(rule.offers)
                ],
            }
        )
    return found


def _groups(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put the lines of a checklist together by their item, with how many are not met."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        group = found.setdefault(
            line["item"],
            {
                "title": line["title"],
                "source": " · ".join(filter(None, (line["document"], line["article"]))),
                "lines": [],
                "not_met": 0,
            },
        )
        group["lines"].append(line)
        group["not_met"] += line["state"] == NOT_MET
    return list(found.values())
