"""Orders as documents: the facts of a notice and of an order's file, and what a pack holds."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from stationmap.city import orders as city_orders
from stationmap.city.answers import Answers
from stationmap.city.orders import FOUND, STEPS, Story
from stationmap.city.photos import Photos
from stationmap.city.visits import number_of
from stationmap.inspections import openly
from stationmap.inspections import orders as flow
from stationmap.inspections.words import VISIT_NAMES
from stationmap.messages import N_, render
from stationmap.reports.content import Picture
from stationmap.reports.evidence import Piece, pair
from stationmap.reports.notice import Case, Item
from stationmap.reports.wording import day
from stationmap.store import Register
from stationmap.store.orders import COUNTY, Asked, each

MOST_PAIRS = 12
"""Pairs of photos in one file; the folder has all."""
_PARTS = ("before", "answered", "after")

Who = Callable[[str], str]
"""Id of an account → its name for the reader."""


def case_of(
    story: Story, answers: Answers, *, who: Who, lang: str, photos: Photos | None = None
) -> Case:
    """Say an order in words.

    Parameters
    ----------
    story : Story
    answers : Answers
    who : callable
        See `Who`.
    lang : str
    photos : Photos, optional
        With it the photos are set beside each other.
    """
    order, found = story.order, story.inspection
    addressee, copy_to = city_orders.addressed(order, answers.pack)
    zone = ZoneInfo(answers.config.time_zone)

    def local(instant: str) -> str:
        return dt.datetime.fromisoformat(instant).astimezone(zone).date().isoformat()

    items = [
        Item(
            text=one.line.text[lang] if one.line else one.key,
            basis=one.basis,
            note=one.note,
            standing=render(FOUND[one.state], {}, lang=lang) if one.state else "",
        )
        for one in story.findings
    ]
    return Case(
        title=answers.pack.label("notice").get(lang),
        number=number_of(order, zone=answers.config.time_zone),
        issuer=_issuer(answers, order["adcode"] or ""),
        unit=order["unit"] or order["unit_id"] or "",
        addressee=addressee,
        copy_to=copy_to,
        station=story.station["name"],
        address=story.station["address"] or "",
        visit=render(VISIT_NAMES[openly(found["visit"])], {}, lang=lang) if found else "",
        visited=local(found["at"]) if found else "",
        issued=local(order["issued_at"]),
        due=order["due"],
        note=order["note"] or "",
        items=items,
        state=render(flow.STATES[order["state"]], {}, lang=lang),
        answer=order["answer"] or "",
        course=[_step(event, who=who, lang=lang, zone=zone) for event in story.course],
        pictures=_pairs(story, photos, lang=lang) if photos else (),
    )


def _issuer(answers: Answers, adcode: str) -> str:
    """Name the city and the county that an order is of."""
    layer = answers.layer("districts")
    rows = layer.loc[layer["adcode"].astype(str) == adcode[:COUNTY], "name"].dropna()
    county = str(rows.iloc[0]) if len(rows) else ""
    name = answers.config.name
    return name if county in ("", name) else f"{name}{county}"


def _step(event: Any, *, who: Who, lang: str, zone: ZoneInfo) -> tuple[str, str, str, str]:
    after = event.after or {}
    words = (after.get("answer") if "answered_at" in after else after.get("decision")) or ""
    if event.before is not None and after.get("due"):
        said = render(N_("new deadline: {day}"), {"day": day(after["due"], lang=lang)}, lang=lang)
        words = " ".join(filter(None, (words, said)))
    at = dt.datetime.fromisoformat(event.at).astimezone(zone)
    step = render(STEPS[city_orders.step_of(event)], {}, lang=lang)
    return f"{at:%Y-%m-%d %H:%M}", step, who(event.by), words


def _pairs(story: Story, photos: Photos, *, lang: str) -> list[Picture]:
    made: list[Picture] = []
    for one in story.findings:
        later = one.after or one.answered
        for number in range(max(len(one.before), len(later))):
            if len(made) == MOST_PAIRS:
                return made
            left, right = (
                photos.path(rows[number]["sha256"]) if number < len(rows) else None
                for rows in (one.before, later)
            )
            caption = one.line.text[lang] if one.line else one.key
            picture = pair(left, right, caption=caption)
            made += [picture] if picture else []
    return made


def pieces(
    register: Register, answers: Answers, photos: Photos, asked: Asked, *, who: Who, lang: str
) -> Iterator[Piece]:
    """Give the orders that are asked for, each with its photos and its events."""
    for order in each(register, asked):
        story = city_orders.story(register, answers, order)
        case = case_of(story, answers, who=who, lang=lang, photos=photos)
        shown = list(_photos(story))
        files = [(name, photos.path(photo["sha256"])) for name, photo in shown]
        subjects = [
            ("rectification", order["id"]),
            *(("inspection", row["id"]) for row in (story.inspection, *story.again) if row),
            *(("photo", photo["id"]) for _, photo in shown),
        ]
        events = [
            _event(event, who=who)
            for entity, own in subjects
            for event in register.history(entity, own, limit=city_orders.COURSE)
        ]
        yield Piece(case, files, sorted(events, key=lambda event: event["seq"]))


def _photos(story: Story) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, one in enumerate(story.findings, start=1):
        for part in _PARTS:
            for index, photo in enumerate(getattr(one, part), start=1):
                yield f"photos/{number}-{part}-{index}.jpg", photo
    for index, photo in enumerate(story.photos, start=1):
        yield f"photos/answered-{index}.jpg", photo


def _event(event: Any, *, who: Who) -> dict[str, Any]:
    known = asdict(event)
    names = ("seq", "at", "action", "kind", "by", "entity", "id", "before", "after")
    return {**{name: known[name] for name in names}, "name": who(event.by)}
