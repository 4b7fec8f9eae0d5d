"""``stationmap db``: verify the register, back it up, restore it, bring it up to date."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stationmap.cli.output import print_json, said, say, tell, working
from stationmap.cli.standards import BAD_INPUT
from stationmap.errors import CityError
from stationmap.messages import N_

if TYPE_CHECKING:
    from stationmap.store.verify import Verification

BACKUPS = "backups"

db_app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

CityFolder = Annotated[
    Path, typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 文档 · one JSON document")]


@db_app.command("verify")
def verify(
    city: CityFolder,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="只核对这个备份文件 · verify this backup instead",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    r"""核对站点库：文件、操作记录、现状、照片是否一致。 Verify the register, or a backup of it.

    \b
    示例 Examples:
      stationmap db verify demo-city
      stationmap db verify demo-city demo-city/backups/register-20261122T080000.sqlite
    """
    from stationmap.city import photo_backup
    from stationmap.city.photos import Photos
    from stationmap.io.notes import Note
    from stationmap.store import backend, backup, migrate
    from stationmap.store.verify import verify as hold

    with working() as status:
        status(Note(N_("verifying"), {}))
        if file is not None:
            found = backup.check(file)
            names, photos = photo_backup.named_in(file), photo_backup.beside(file)
        else:
            engine = backend.engine_of(_existing(city))
            try:
                migrate.up(engine)
                found = hold(engine)
                names, photos = photo_backup.named(engine), Photos(city)
            finally:
                engine.dispose()
        photo_backup.look_at(photos, names, found)
    if as_json:
        print_json(_summary(found) | {"photos": len(names)})
    elif found.sound:
        say(
            N_("sound: {actions} actions, {events} changes, {rows} entries; mark {hash}"),
            actions=found.actions,
            events=found.events,
            rows=found.rows,
            hash=found.hash[:12],
        )
    if not found.sound:
        _tell_problems(found, what=file or city)
        raise typer.Exit(BAD_INPUT)


@db_app.command("backup")
def back_up(
    city: CityFolder,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="备份文件，默认放在城市的 backups 内 · by default in the city's backups",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    r"""备份站点库为一个文件，并核对。 Write the register to one file, and verify it.

    \b
    示例 Examples:
      stationmap db backup demo-city
      stationmap db backup demo-city --out /media/usb/register.sqlite
    """
    from stationmap.city import photo_backup
    from stationmap.io.notes import Note
    from stationmap.store import backend, backup, migrate

    address = _existing(city)
    stamp = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}"
    with working() as status:
        status(Note(N_("writing"), {}))
        engine = backend.engine_of(address)
        try:
            migrate.up(engine)
            made = backup.backup(engine, out or city / BACKUPS / f"register-{stamp}.sqlite")
        finally:
            engine.dispose()
        names = photo_backup.named_in(made.file)
        copied = photo_backup.put_away(city, names, file=made.file)
        status(Note(N_("verifying"), {}))
        found = backup.check(made.file)
        photo_backup.look_at(photo_backup.beside(made.file), names, found)
    if as_json:
        document = {"file": str(made.file), "sha256": made.sha256, "bytes": made.bytes}
        document |= {"photos": len(names), "photos_copied": copied}
        print_json(document | _summary(found))
    else:
        say(
            N_("{file}: {actions} actions, {events} changes, {rows} entries; {bytes} bytes"),
            file=made.file,
            actions=found.actions,
            events=found.events,
            rows=found.rows,
            bytes=made.bytes,
        )
        if names:
            say(
                N_("{count} photos, {copied} of them copied anew to {folder}"),
                count=len(names),
                copied=copied,
                folder=made.file.parent / "photos",
            )
        tell(N_("It holds contacts and accounts: keep it where only you can read it."))
    if not found.sound:
        _tell_problems(found, what=made.file)
        raise typer.Exit(BAD_INPUT)


@db_app.command("restore")
def restore(
    city: CityFolder,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 · the backup")],
    as_json: Json = False,
) -> None:
    r"""恢复备份；现有的站点库先存到 backups 内。 Restore a backup; what is there is kept beside.

    \b
    示例 Examples:
      stationmap db restore demo-city demo-city/backups/register-20261122T080000.sqlite
    """
    from stationmap.city import photo_backup
    from stationmap.city.photos import Photos
    from stationmap.io.notes import Note
    from stationmap.store import backup

    with working() as status:
        status(Note(N_("restoring"), {}))
        # a picture more does no harm: they are there before the register names them
        copied = photo_backup.bring_back(city, file=file)
        done = backup.restore(_address(city), file, aside=city / BACKUPS)
        names = photo_backup.named_in(file)
        photo_backup.look_at(Photos(city), names, done.brought)
    if as_json:
        kept = None if done.kept is None else str(done.kept)
        document = {"file": str(file), "kept": kept, "photos": len(names), "photos_copied": copied}
        print_json(document | _summary(done.brought))
        return
    say(
        N_("restored from {file}: {actions} actions, {events} changes, {rows} entries"),
        file=file,
        actions=done.brought.actions,
        events=done.brought.events,
        rows=done.brought.rows,
    )
    if names:
        say(N_("{count} photos, {copied} of them brought back"), count=len(names), copied=copied)
    for problem in done.brought.problems:
        tell("  {problem}", problem=problem)
    if done.kept is not None:
        say(N_("what was there before is in {file}"), file=done.kept)
    say(N_("Everybody has to sign in again."))


@db_app.command("migrate")
def bring_up(city: CityFolder, as_json: Json = False) -> None:
    r"""把站点库升级到本程序的格式；打开时也会自动升级，先留副本。 Bring the register up to date.

    \b
    示例 Examples:
      stationmap db migrate demo-city
    """
    from stationmap.city import City
    from stationmap.store import backend, migrate

    engine = backend.engine_of(_address(city))
    try:
        before = migrate.found(engine)
    finally:
        engine.dispose()
    City.open(city)  # whoever opens a city brings its register up to date
    today = migrate.REVISIONS[-1]
    if as_json:
        print_json({"before": before, "revision": today})
    elif before == today:
        say(N_("the register is up to date (revision {revision})"), revision=today)
    elif before is None:
        say(N_("the register is made (revision {revision})"), revision=today)
    else:
        say(
            N_(
                "the register was brought from revision {before} to {revision}; a copy of what it "
                "was is kept beside it"
            ),
            before=before,
            revision=today,
        )


def _address(city: Path) -> str | Path:
    """Where a city's register is, or will be."""
    from stationmap.city import config
    from stationmap.city.register import FILE

    return config.read(city).database.url or city / FILE


def _existing(city: Path) -> str | Path:
    address = _address(city)
    if isinstance(address, Path) and not address.exists():
        raise CityError(
            "{city} has no register yet; `stationmap db migrate {city}` makes one", city=str(city)
        )
    return address


def _summary(found: "Verification") -> dict[str, object]:
    return {
        "sound": found.sound,
        "actions": found.actions,
        "events": found.events,
        "rows": found.rows,
        "hash": found.hash,
        "problems": [said("{sentence}", sentence=problem) for problem in found.problems],
    }


def _tell_problems(found: "Verification", *, what: Path) -> None:
    for problem in found.problems:
        tell("  {problem}", problem=problem)
    tell(
        N_(
            "{what}: {count} things do not hold. Nothing was changed; keep a copy of it, then put "
            "back the last sound backup with `stationmap db restore`."
        ),
        what=what,
        count=found.count,
    )
