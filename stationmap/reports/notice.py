"""The printed notice of an order, titled as the pack says (整改通知书, 整改意见)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stationmap.messages import N_, render
from stationmap.reports.content import Block, Column, Paragraph, Picture, Report, Section, Table
from stationmap.reports.wording import Say, day


@dataclass(frozen=True)
class Item:
    """One line of an order: what is asked, where it is written, what was found, how it stands."""

    text: str
    basis: str
    note: str = ""
    standing: str = ""


@dataclass(frozen=True)
class Case:
    """An order in words, for its notice and for its file.

    Attributes
    ----------
    title, number : str
        What the pack calls the notice, and the order's own number.
    issuer, unit, station, address : str
        Who issues it, which unit is to put it right, and at which station.
    addressee, copy_to : str
        To whom the notice goes: the unit, or the department that supervises it; and who gets a
        copy, "" for nobody.
    visit : str
        Kind of the visit, in words; "" where it is not known.
    visited, issued, due : str
        ISO days; "" where the visit is not known.
    note : str
        The inspector's.
    items : sequence of Item
    state, answer : str
        How it stands, in words, and what the unit answered last.
    course : sequence of (str, str, str, str)
        When, what, by whom, in which words.
    pictures : sequence of Picture
        Before on the left, after on the right.
    """

    title: str
    number: str
    issuer: str
    unit: str
    addressee: str
    copy_to: str
    station: str
    address: str
    visit: str
    visited: str
    issued: str
    due: str
    note: str
    items: Sequence[Item]
    state: str
    answer: str
    course: Sequence[tuple[str, str, str, str]] = ()
    pictures: Sequence[Picture] = field(default=(), repr=False)


def notice(case: Case, *, lang: str) -> Report:
    """Compose the notice: to whom, what was found, until when it is to be put right."""

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    what, due = _demand(case), day(case.due, lang=lang)
    demands: list[Block] = [Paragraph(say(what, due=due, unit=case.unit))]
    if case.note:
        demands.append(Paragraph(say(N_("Note: {note}"), note=case.note)))
    if case.copy_to:
        demands.append(Paragraph(say(N_("A copy goes to {copy_to}."), copy_to=case.copy_to)))
    return Report(
        title=case.title,
        subtitle=say(N_("No. {number}"), number=case.number),
        opening=(
            Paragraph(say(N_("To {unit}:"), unit=case.addressee), "address"),
            Paragraph(_found(case, say, lang=lang)),
        ),
        sections=(
            Section(say(N_("Problems found")), (_items(case, say, standing=False),)),
            Section(say(N_("What is asked")), tuple(demands)),
        ),
        closing=(
            Paragraph(case.issuer, "date"),
            Paragraph(day(case.issued, lang=lang), "date"),
        ),
        annexes=(),
        lang=lang,
    )


def case_file(case: Case, *, lang: str) -> Report:
    """Compose the file of an order: what was found, what was done, the photos, the course."""

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    facts = (
        (say(N_("Station")), case.station),
        (say(N_("Address")), case.address),
        (say(N_("Unit")), case.unit),
        (say(N_("Addressed to")), case.addressee if case.addressee != case.unit else ""),
        (say(N_("Copy to")), case.copy_to),
        (say(N_("Issued")), day(case.issued, lang=lang)),
        (say(N_("Deadline")), day(case.due, lang=lang)),
        (say(N_("State")), case.state),
        (say(N_("Answer of the unit")), case.answer),
        (say(N_("Note")), case.note),
    )
    about = Table(
        "",
        (Column(say(N_("Matter"))), Column(say(N_("Contents")), 4.0)),
        [list(row) for row in facts if row[1]],
    )
    course = Table(
        "",
        (
            Column(say(N_("When")), 1.4),
            Column(say(N_("Step")), 1.6),
            Column(say(N_("By")), 1.0),
            Column(say(N_("Words")), 2.6),
        ),
        [list(row) for row in case.course],
    )
    sections = [
        Section(say(N_("The order")), (about,)),
        Section(say(N_("Problems found")), (_items(case, say, standing=True),)),
    ]
    if case.pictures:
        sections.append(Section(say(N_("Photos: before, and after")), tuple(case.pictures)))
    sections.append(Section(say(N_("Course")), (course,)))
    return Report(
        title=say(N_("{title}: file"), title=case.title),
        subtitle=say(N_("No. {number}"), number=case.number),
        opening=(),
        sections=tuple(sections),
        closing=(),
        annexes=(),
        lang=lang,
    )


def _demand(case: Case) -> str:
    if case.addressee == case.unit:
        return N_(
            "Please put this right until {due} (inclusive) and answer with photos. It is then "
            "re-inspected: where all of it is met the order is closed, otherwise it is returned."
        )
    if not case.unit:
        return N_(
            "Please see to it that this is put right until {due} (inclusive) and answered with "
            "photos. It is then re-inspected: where all of it is met the order is closed, "
            "otherwise it is returned."
        )
    return N_(
        "Please see to it that {unit} puts this right until {due} (inclusive) and answers with "
        "photos. It is then re-inspected: where all of it is met the order is closed, otherwise "
        "it is returned."
    )


# not knowing of a visit, and of one
_AT_YOUR_STATION = (
    N_("{n} requirements were found not met at your station {station}."),
    N_(
        "At the visit ({visit}) of {day}, {n} requirements were found not met at your station "
        "{station}."
    ),
)
_AT_A_STATION = (
    N_("{n} requirements were found not met at the station {station}."),
    N_(
        "At the visit ({visit}) of {day}, {n} requirements were found not met at the station "
        "{station}."
    ),
)


def _found(case: Case, say: Say, *, lang: str) -> str:
    place = say(N_("{station} ({address})"), station=case.station, address=case.address)
    station = place if case.address else case.station
    if case.addressee != case.unit:
        # a department reads of a station that it supervises, and whose it is
        if case.unit:
            station = say(N_("{station} of {unit}"), station=station, unit=case.unit)
        found, seen = _AT_A_STATION
    else:
        found, seen = _AT_YOUR_STATION
    if not case.visited:
        return say(found, n=len(case.items), station=station)
    return say(
        seen,
        visit=case.visit,
        day=day(case.visited, lang=lang),
        n=len(case.items),
        station=station,
    )


def _items(case: Case, say: Say, *, standing: bool) -> Table:
    columns = [
        Column(say(N_("No.")), 0.5, number=True),
        Column(say(N_("Requirement")), 3.0),
        Column(say(N_("Basis")), 1.6),
        Column(say(N_("As found")), 2.0),
    ]
    rows = [
        [str(number), item.text, item.basis, item.note or say(N_("Not met"))]
        for number, item in enumerate(case.items, start=1)
    ]
    if standing:
        columns.append(Column(say(N_("Re-inspected")), 1.0))
        rows = [[*row, item.standing] for row, item in zip(rows, case.items, strict=True)]
    return Table("", tuple(columns), rows)


def overview(cases: Sequence[tuple[str, ...]], *, city: str, period: str, lang: str) -> Report:
    """Compose the list of the orders of a pack.

    Parameters
    ----------
    cases : sequence of tuple of str
        number, station, unit, issued, due, state, lines.
    city, period : str
        Whose and of when, in words.
    lang : str
    """

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    table = Table(
        "",
        (
            Column(say(N_("Number of the order")), 2.0),
            Column(say(N_("Station")), 1.6),
            Column(say(N_("Unit")), 1.6),
            Column(say(N_("Issued")), 1.4),
            Column(say(N_("Deadline")), 1.4),
            Column(say(N_("State")), 1.3),
            Column(say(N_("Items")), 0.6, number=True),
        ),
        [list(row) for row in cases],
    )
    return Report(
        title=say(N_("Orders of {city}: evidence"), city=city),
        subtitle=period,
        opening=(
            Paragraph(
                say(
                    N_(
                        "{n} orders. Each has a file, its photos in a folder of its number, and "
                        "its events in the log; SHA256SUMS tells whether a file was changed."
                    ),
                    n=len(cases),
                )
            ),
        ),
        sections=(Section(say(N_("Rectification orders")), (table,)),),
        closing=(),
        annexes=(),
        lang=lang,
    )
