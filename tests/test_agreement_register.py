"""The register and its imports are what a plain dictionary and a list of actions would be.

The reference (``reference.register``) knows the law alone. Long random sequences are done to both,
on SQLite and on PostGIS, and all that can be seen of them is compared.
"""

import math
import random
import shutil
import uuid

import geopandas as gpd
import pytest
import shapely
import small_city
from reference.register import Book, Deed, Line, StaleError, Standing, Wish, compare, full, noted
from small_city import LAT, LON, table

from stationmap.city import City
from stationmap.errors import Conflict, InputError
from stationmap.store import Change, Register, backup
from stationmap.store.verify import verify

IDS = [
    "r1",
    "R1",
    "r 1 ",
    "",
    "é",
    "e\u0301",
    "𠮷'; --",
    "a/b?c=%2F&d",
    "%s:x\n",
    "=1+1",
    "😀" * 40,
]
TEXTS = [None, "", " ", "甲", "甲 ", "乙\r\n丙", "<b>&amp;", "👩‍👩‍👧", "NaN", "很长" * 50_000]
FLOATS = [None, 0.0, -0.0, 1, 0.1 + 0.2, 5e-324, -1.7976931348623157e308, math.nan, math.inf]
PLACES = [None, (118.86, 28.97), (118.86, 28.97 + 1e-13), (-0.0, 0.0), (-180.0, 90.0)]
COLUMNS = {
    "station": {
        "name": TEXTS,
        "demonstration": [None, True, False],
        "source_row": [None, 7, 7.0, 0, 2**62],
        "source_lon": FLOATS,
        "geometry": PLACES,
    },
    "unit": {"name": TEXTS, "headcount": FLOATS},
    "contact": {"person": TEXTS, "note": TEXTS},
    "import_source": {"record": [None, {"a": [1, None, {"b": "中"}]}, {"a": []}, {}, [0.1]]},
}
UNDOES = 0.45


def stored(value):
    """What is kept of a value: no number that is none."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def kept(row: Standing, own: str) -> dict:
    """A row as events have it: what is beside it too, places as lists."""
    columns = full(row.columns | {"brought": noted(row, own)})
    return {n: _plain(v) for n, v in columns.items()}


def _plain(value):
    if isinstance(value, tuple):
        return list(value)
    return {n: _plain(v) for n, v in value.items()} if isinstance(value, dict) else value


def event(step) -> tuple:
    before, after = (None if r is None else kept(r, step.key[1]) for r in (step.before, step.after))
    if before is not None and after is not None:
        names = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
        before, after = ({n: side.get(n) for n in names} for side in (before, after))
    return step.seq, *step.key, before, after


def told(one) -> tuple:
    return one.seq, one.entity, one.id, one.before, one.after


def present(register: Register, entity: str) -> list[tuple]:
    return [
        (
            row["id"],
            {n: _plain(v) for n, v in full(row).items() if n not in ("id", "created", "version")},
            row["created"],
            row["version"],
        )
        for row in register.rows(entity)
    ]


def modelled(book: Book, entity: str) -> list[tuple]:
    return [(i, kept(r, i), r.created, r.version) for i, r in book.of(entity).items()]


def same_everywhere(register: Register, book: Book, entities) -> None:
    """All that can be read of the register is in the book, and nothing else."""
    assert register.seq() == book.seq
    for entity in entities:
        assert present(register, entity) == modelled(book, entity)
    for key in {step.key for deed in book.deeds for step in deed.steps}:
        steps = book.steps(key)
        found = register.history(*key, limit=10_000)
        assert [told(e) for e in found] == [event(s) for _, s in steps]
        assert [(e.action, e.by, e.kind, e.note) for e in found] == [
            (d.id, d.by, d.kind, d.note) for d, _ in steps
        ]
        if len(steps) > 1:
            later = register.history(*key, before=found[0].seq, limit=2)
            assert later == found[1:3]
        if key[0] in entities:
            gone = {key[1]} if book.taken_by_hand(key) else set()
            assert set(register.removed(key[0], {key[1]})) == gone, key
    deeds = register.actions(limit=10_000)
    assert [
        (d.id, d.seq, d.by, d.kind, d.note, d.events, d.undoes, d.undone_by) for d in deeds
    ] == [
        (d.id, d.seq, d.by, d.kind, d.note, len(d.steps), d.undoes, book.undone_by(d.id))
        for d in reversed(book.deeds)
    ]
    for deed in book.deeds:
        assert [told(e) for e in register.events(deed.id, limit=10_000)] == [
            event(s) for s in deed.steps
        ]
    result = verify(register.engine)
    assert result.sound, [str(p) for p in result.problems]
    assert (result.events, result.rows) == (book.seq, len(book.rows))


class Luck(random.Random):
    """What is asked at random."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.ids = self.sample(IDS, 4)

    def mark(self) -> str:
        return str(uuid.UUID(int=self.getrandbits(128), version=4))

    def wishes(self, book: Book, kind: str) -> list[tuple[Wish, Change]]:
        entity_ids = {
            (self.choice([*COLUMNS]), self.choice(self.ids)) for _ in range(self.randint(0, 4))
        }
        return [self.wish(book, key, kind) for key in sorted(entity_ids)]

    def wish(self, book: Book, key, kind: str) -> tuple[Wish, Change]:
        held = book.rows.get(key)
        right = held.version if held else 0
        expects = self.choices([None, right, max(0, right - 1), right + 1], [5, 5, 1, 1])[0]
        if self.random() < 0.2:
            return Wish(key, None, expects), Change(*key, None, expects)
        columns = COLUMNS[key[0]]
        names = self.sample(sorted(columns), self.randint(0, len(columns)))
        given = {name: self.choice(columns[name]) for name in names}
        after = {name: stored(value) for name, value in given.items()}
        if key[0] == "station" and kind == "import":
            # a source brings the row: it says what stands there then
            said = full({**(held.columns if held else {}), **after})
            given |= {"brought": {}}
            return Wish(key, after, expects, said), Change(*key, given, expects)
        return Wish(key, after, expects), Change(*key, given, expects)


def attempt(do, *asked, **options):
    """What comes of it: the answer, or that it was refused."""
    try:
        return do(*asked, **options)
    except (StaleError, Conflict):
        return "stale"
    except (KeyError, InputError):
        return "unknown"


def agreed(ours, theirs) -> bool:
    """Hold a receipt against the deed; gives whether anything was done."""
    if isinstance(ours, str) or isinstance(theirs, str):
        assert ours == theirs
        return False
    deed, again = ours
    assert isinstance(deed, Deed)
    assert (theirs.seq, theirs.events, theirs.again) == (deed.seq, len(deed.steps), again)
    assert sorted(theirs.kept) == sorted(deed.kept)
    return True


def same_at_every_version(register, book, luck) -> None:
    """Whoever read a row long ago is told how it stood then, and how it stands."""
    options = {"by": "a1", "kind": "edit"}
    for key, row in book.rows.items():
        for version in {step.seq for _, step in book.steps(key)} - {row.version}:
            with pytest.raises(Conflict) as stale:
                register.write([Change(*key, {}, version)], action=luck.mark(), **options)
            said, was = stale.value.params, book.at(key, version)
            assert said["current"]["version"] == row.version
            base = {n: _plain(v) for n, v in full(said["base"] or {}).items() if n != "brought"}
            assert base == ({n: _plain(v) for n, v in full(was.columns).items()} if was else {})


@pytest.mark.parametrize("seed", range(2))
def test_any_sequence_of_writes_and_undoes(register, tmp_path, seed):
    luck, book = Luck(seed), Book()
    sent, saved = [], None
    seen, counts = register.snapshot(), {}
    for turn in range(90):
        options = {"by": luck.choice(["a1", "cli"]), "note": luck.choice(TEXTS[3:8])}
        action = luck.mark()
        chance = luck.random()
        if chance < UNDOES and book.deeds:
            done = luck.choice([*[d.id for d in book.deeds[-6:]], luck.mark()])
            options |= {"keep_changed": luck.random() < 0.5}
            call = ("undo", done, None)
        elif chance < UNDOES + 0.1 and sent:
            call, action, options = luck.choice(sent[-8:])
            options = options | {"by": "b2"}
        else:
            kind = luck.choice(["edit", "import", "move"])
            pairs = luck.wishes(book, kind)
            options |= {"kind": kind}
            call = ("write", [w for w, _ in pairs], [c for _, c in pairs])
            if sent and luck.random() < 0.05:
                action = luck.choice(sent)[1]
        sent.append((call, action, options))
        verb, first, second = call
        ours = attempt(getattr(book, verb), first, action=action, **options)
        asked = second or first
        theirs = attempt(getattr(register, verb), asked, action=action, **options)
        told_of = (verb, ours if isinstance(ours, str) else "done")
        counts[told_of] = counts.get(told_of, 0) + 1
        agreed(ours, theirs)
        assert register.seq() == book.seq
        if turn % 9 == 0:
            seen = register.snapshot(seen)
            assert list(seen.frames["station"]["id"]) == [*book.of("station")]
            assert list(seen.frames["unit"]["headcount"].dropna()) == [
                r.columns["headcount"] for r in book.of("unit").values() if "headcount" in r.columns
            ]
        if turn == 45:
            same_everywhere(register, book, COLUMNS)
            saved = (
                backup.backup(register.engine, tmp_path / "saved.sqlite"),
                present(register, "station"),
            )
    same_everywhere(register, book, COLUMNS)
    same_at_every_version(register, book, luck)
    assert counts[("write", "done")] > 20
    made, stations = saved
    address = register.engine.url.render_as_string(hide_password=False)
    backup.restore(address, made.file, aside=tmp_path / "aside")
    assert present(register, "station") == stations
    assert verify(register.engine).sound


# ----------------------------------------------------------------------------- imports

WEST, EAST = "330802", "330803"
BORDER = LON + 0.002
MM = 1.03e-8  # of longitude here
FILE_IDS = ["A1", "A2", "a1", "007", "7", "甲/乙", "=1+1", "😀", "list-A1", "é", "1.0", "x;y,z\"'"]
NAMES = ["", "甲", "乙", "丙站", "NaN", "👩‍👩‍👧站", "-0.0", "<i>丁</i>", "长" * 3000]
ADDRESSES = ["", "人民路1号", "衢江路", "新桥街 5号"]
SPOTS = [
    None,
    (LON, LAT),
    (LON, -0.0),
    (BORDER - MM, LAT),
    (BORDER + MM, LAT),
    (BORDER, LAT + 0.001),
    (LON + 0.003, LAT + 0.0005),
]
LISTS = ("new", "changed", "same", "missing", "kept", "held", "removed_by_hand")
BAD = ["东", "NaN", "inf", "181"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A town of two counties with no station."""
    folder = tmp_path_factory.mktemp("made")
    city = small_city.make(folder, stations=False)
    halves = [shapely.box(LON - 1, LAT - 1, BORDER, LAT + 1)]
    halves += [shapely.box(BORDER, LAT - 1, LON + 1, LAT + 1)]
    rows = {"name": ["柯城区", "衢江区"], "adcode": [WEST, EAST], "level": [6, 6]}
    gpd.GeoDataFrame(rows, geometry=halves, crs=4326).to_file(folder / "districts.gpkg")
    city.import_file("districts", folder / "districts.gpkg")
    city.register.close()
    return city


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def town(made, tmp_path, request):
    path = shutil.copytree(made.path, tmp_path / "town")
    if request.param == "postgis":
        template = request.getfixturevalue("postgis_template")
        url = request.getfixturevalue("postgis_database")(template)
        settings = path / "city.toml"
        text = settings.read_text("utf-8")
        settings.write_text(text.replace('url = ""', f'url = "{url}"'), "utf-8")
    return City.open(path)


def county(at) -> str | None:
    """County of a place; one on the border itself belongs to one of them, the eastern here."""
    if at is None or abs(at[1] - LAT) > 1:
        return None
    return WEST if at[0] < BORDER else EAST


def words(text):
    return None if text in ("", "NaN") else text


class Lists(Luck):
    """Editions of lists of stations, each not unlike the one before."""

    def row(self) -> dict:
        return {
            "编号": self.choice(FILE_IDS),
            "名称": self.choice(NAMES),
            "类型": "有礼点",
            "地址": self.choice(ADDRESSES),
            "at": self.choice(SPOTS),
        }

    def edition(self, old: list[dict]) -> list[dict]:
        rows = [dict(row) for row in old]
        for _ in range(self.randint(0, 4)):
            what = self.random()
            if what < 0.35 or not rows:
                rows.insert(self.randint(0, len(rows)), self.row())
            elif what < 0.5:
                rows.pop(self.randrange(len(rows)))
            elif what < 0.6 and len(rows) > 1:
                one, other = self.sample(rows, 2)
                one["编号"], other["编号"] = other["编号"], one["编号"]
            elif what < 0.7:
                rows.append(dict(self.choice(rows)))
            elif what < 0.8:
                self.choice(rows)["at"] = self.choice(BAD)
            else:
                self.choice(rows).update(
                    {n: v for n, v in self.row().items() if n != "编号" and self.random() < 0.6}
                )
        self.shuffle(rows) if self.random() < 0.2 else None
        return rows


def written(rows: list[dict], *, without: str) -> list[dict]:
    """Rows as they stand in a file."""
    told = []
    for row in rows:
        at = row["at"]
        lon, lat = ("", "") if at is None else (at, LAT) if isinstance(at, str) else at
        told.append({n: v for n, v in row.items() if n not in ("at", without)})
        told[-1] |= {"经度": lon, "纬度": lat}
    return told


def meant(rows, *, without: str, within: str, add: bool):
    """What the law makes of a file: lines with their numbers, and the rows that it refuses."""
    lines, refused, met = {}, {}, set()
    for number, row in enumerate(rows, start=2):
        at, own = row["at"], row["编号"]
        if isinstance(at, str) or own in met:
            refused[number] = own
            continue
        met.add(own)
        adcode = within if within and at is None else county(at)
        if within and adcode != within:
            refused[number] = own
            continue
        lon, lat = at or (None, None)
        says = {"name": words(row["名称"]), "type": "point", "status": "active"}
        says |= {"demonstration": False, "geometry": at, "adcode": adcode, "source_row": number}
        says |= {"source_lon": lon, "source_lat": lat, "source_datum": at and "wgs84"}
        if without != "地址":
            says["address"] = words(row["地址"])
        elif not add:
            says["address"] = None
        lines[number] = Line(own, says)
    return lines, refused


def ids(lines) -> list[str]:
    return sorted(line.id for line in lines)


def bring(luck, town, book, rows, source, tally, **asked):
    """Import an edition into both; gives whether it could be."""
    within, add = asked["within"], asked["add"]
    without = asked.pop("without")
    lines, refused = meant(rows, without=without, within=within, add=add)
    inside = (lambda r: r.get("adcode") == within) if within else (lambda _: True)
    words_of = frozenset(refused.values())
    expected = compare(
        book, lines.values(), source=source, refused=words_of, add=add, within=inside
    )
    refused |= {n: line.id for n, line in lines.items() if line.id in expected.outside}
    file = table(town.path.parent / "list.csv", written(rows, without=without))
    asked |= {"datum": "wgs84", "sets": {"source": source}, "action": luck.mark(), "by": "a1"}
    asked["replace"] = not add
    seq = town.register.seq()
    if len(refused) == len(rows):
        with pytest.raises(InputError):
            town.import_file("stations", file, **asked)
        assert town.register.seq() == seq
        return False
    if luck.random() < 0.2:
        tried = town.import_file("stations", file, **asked | {"dry_run": True})
        assert (tried.action, town.register.seq()) == (None, seq)
    else:
        tried = None
    report = town.import_file("stations", file, **asked)
    assert tried is None or tried.diff.to_json() == report.diff.to_json()
    found = report.diff
    for name in LISTS:
        tally[name] = tally.get(name, 0) + len(getattr(expected, name))
    assert {name: ids(getattr(found, name)) for name in LISTS} == {
        name: sorted(getattr(expected, name)) for name in LISTS
    }, repr((rows, asked, refused))
    tally["conflicts"] = tally.get("conflicts", 0) + len(expected.conflicts)
    tally["refused"] = tally.get("refused", 0) + len(refused)
    assert {
        line.id: {f.name for f in line.fields} for line in found.conflicts
    } == expected.conflicts
    counts = report.counts
    assert sorted(e.row for e in report.entries) == sorted(refused)
    assert (counts.read, counts.quarantined, counts.unchanged, report.removed) == (
        len(rows), len(refused), len(expected.same), len(expected.missing)
    )  # fmt: skip
    assert counts.read == counts.accepted + counts.quarantined
    source_key = ("import_source", f"stations:{source}")
    record = town.register.get(*source_key)["record"]
    wishes = {w.key: w for w in [*expected.wishes, Wish(source_key, {"record": record})]}
    if report.action is None:
        deed, _ = book.write([*wishes.values()], action="", by="", kind="import")
        assert book.deeds.pop() is deed
        assert not deed.steps
        assert town.register.seq() == seq
    else:
        events = town.register.events(report.action, limit=10_000)
        order = [wishes.pop((e.entity, e.id)) for e in events] + [*wishes.values()]
        book.write(order, action=report.action, by="a1", kind="import", note=file.name)
        found = [told(e) for e in events if e.entity == "station"]
        assert found == [event(s) for s in book.deeds[-1].steps if s.key[0] == "station"]
        assert len(events) == len(book.deeds[-1].steps), events
    assert report.written == (report.action is not None)
    mine = {r.said["id"]: r for r in book.of("station").values() if r.columns["source"] == source}
    accepted = {line.id for n, line in lines.items() if n not in refused}
    unplaced = [i for i, r in mine.items() if i in accepted and "geometry" not in r.columns]
    assert counts.to_locate == len(unplaced), (unplaced, expected, asked)
    return True


def edit(luck, register, book):
    """A person changes or removes a station."""
    own, row = luck.choice([*book.of("station").items()])
    at = luck.choice(SPOTS)
    after = luck.choice([
        {"name": luck.choice(["手改", "甲", None])},
        {"address": luck.choice(["手改", None, *ADDRESSES[1:]])},
        {"geometry": at, "adcode": county(at)},
        None,
    ])  # fmt: skip
    mark = luck.mark()
    key = ("station", own)
    options = {"action": mark, "by": "b2", "kind": "edit"}
    book.write([Wish(key, after, row.version)], **options)
    register.write([Change(*key, after, row.version)], **options)


def same_frame(town, book):
    """What the map and the checks read is what the book has."""
    frame = town.now().stations().set_index("station_id")
    held = book.of("station")
    assert [*frame.index] == [*held]
    for name in ("name", "address", "adcode", "source", "type"):
        told = frame[name].astype(object).where(frame[name].notna(), None)
        assert told.tolist() == [r.columns.get(name) for r in held.values()], name
    places = [None if g is None or g.is_empty else (g.x, g.y) for g in frame.geometry]
    assert places == [r.columns.get("geometry") for r in held.values()]


@pytest.mark.parametrize("seed", range(2))
def test_any_sequence_of_editions_and_edits(town, seed):
    luck, book, tally = Lists(seed), Book(), {}
    editions = {"list": [], "other": []}
    for _ in range(10):
        what = luck.random()
        if what < 0.25 and book.of("station"):
            edit(luck, town.register, book)
        elif what < 0.4 and book.deeds:
            done = luck.choice(book.deeds[-4:]).id
            options = {"action": luck.mark(), "by": "b2", "keep_changed": luck.random() < 0.5}
            agreed(
                attempt(book.undo, done, **options),
                attempt(town.register.undo, done, **options),
            )
        else:
            source = luck.choice(["list", "list", "other"])
            rows = luck.edition(editions[source])
            within, add = luck.choice(["", "", WEST, EAST]), luck.random() < 0.2
            without = luck.choice(["", "", "", "地址"])
            asked = {"within": within, "add": add, "without": without}
            if bring(luck, town, book, rows, source, tally, **asked):
                editions[source] = rows
                seq = book.seq
                assert bring(luck, town, book, rows, source, tally, **asked)
                assert town.register.seq() == book.seq == seq
        same_frame(town, book)
        assert town.register.seq() == book.seq
    same_everywhere(town.register, book, ["station"])
