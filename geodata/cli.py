"""``stationmap demo``: make the demo city, or put synthetic stations into another city."""

import datetime as dt
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from stationmap.cli.account import ROLES
from stationmap.cli.output import language, print_table, said, say, tell, working
from stationmap.errors import CityError
from stationmap.messages import N_

if TYPE_CHECKING:
    from stationmap.city import City
    from stationmap.store.accounts import Account

DEMO = Path(__file__).parent / "demo"
SOURCE = "demo-synthetic"
STANDARD = "quzhou-2018"
# kind of import and file, in the order in which they build on one another
FILES = (
    ("osm", "demo-city.osm.gz"),
    ("facilities", "facilities.csv"),
    ("communities", "communities.geojson"),
    ("subdistricts", "subdistricts.geojson"),
    ("built-up", "built-up.geojson"),
    ("compounds", "compounds.geojson"),
    ("civilised-units", "civilised-units.geojson"),
    ("demand", "demand.csv"),
    ("units", "units.csv"),
    ("projects", "projects.csv"),
    ("activities", "activities.csv"),
    ("indicators", "indicators-by-district.csv"),
    ("indicators", "indicators-by-unit.csv"),
    ("exemptions", "exemptions.csv"),
    ("stations", "stations.csv"),
)
NAME, ADCODE = "示范市（合成数据）", "339900"
TO_TRY = "new-stations.xlsx"
# name, role, and the district or the unit that it looks after
ACCOUNTS = (
    ("city", "city", "", None),
    ("zhili", "county", "339901", None),
    ("mingxin", "county", "339902", None),
    ("hospital", "unit", "339901", "DW001"),
    ("planner", "planner", "", None),
    ("inspector", "inspector", "339901", None),
)


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="演示城市的文件夹 · folder of the demo city")
    ] = Path("demo-city"),
    stations_for: Annotated[
        Path | None,
        typer.Option(
            metavar="CITY",
            help="不建演示城市，而在此城市的店铺处放置合成站点 · put synthetic stations at the "
            "shops of this city instead",
            show_default=False,
        ),
    ] = None,
    share: Annotated[
        float,
        typer.Option(
            metavar="SHARE", min=0.0, max=1.0, help="临街店面覆盖率 · share of frontage covered"
        ),
    ] = 0.4,
    seed: Annotated[
        int, typer.Option(metavar="N", help="随机种子 · seed of the random choice")
    ] = 1,
    accounts: Annotated[  # noqa: FBT002 - an option, never a position
        bool,
        typer.Option(
            "--accounts",
            help="为演示城市建各级账号，打印随机密码 · make accounts of every role and print "
            "their passwords, drawn anew",
        ),
    ] = False,
) -> None:
    r"""生成演示城市（合成数据）。 Make the demo city, from synthetic data.

    \b
    示例 Examples:
      stationmap demo
      stationmap demo my-demo
      stationmap demo my-demo --accounts
      stationmap demo --stations-for nanjing --share 0.4 --seed 1
    """
    if stations_for is not None:
        _put_stations(stations_for, share=share, seed=seed)
    else:
        city = _make(folder)
        if accounts:
            _make_accounts(city)


def _make(folder: Path) -> "City":
    """Make the demo city by the ordinary imports; one that is there already is completed."""
    from geodata.inspecting import inspect
    from stationmap.city import City
    from stationmap.io.notes import Note

    if (folder / "city.toml").exists():
        city = City.open(folder)
        if city.config.adcode != ADCODE:
            raise CityError(
                "{city} is the city {name}, not the demo city; choose another folder",
                city=str(folder),
                name=city.config.name,
            )
    else:
        city = City.create(folder, standard=STANDARD, name=NAME, adcode=ADCODE)
    with working() as status:
        for kind, file in FILES:
            city.import_file(
                kind,
                DEMO / file,
                datum="wgs84",
                sets={"source": SOURCE if kind in ("osm", "stations") else _source(file)},
                complete=kind not in ("demand", "indicators", "exemptions"),
                lang=language(),
                progress=status,
            )
        status(Note(N_("inspecting"), {}))
        inspect(city, _people(city), today=_today(city))
    # last of all: where it is, the demo city is whole
    shutil.copyfile(DEMO / TO_TRY, folder / TO_TRY)
    say(
        N_(
            "{city} is the demo city {name}: synthetic data, not a real place. It has {ways} "
            "sections of road, {shops} shops, {facilities} facilities, {stations} stations and "
            "{inspections} inspections; {list} is a list of new stations, full of faults, to try "
            "an import with. Next: stationmap gaps {city}, or stationmap serve {city}"
        ),
        city=folder,
        name=city.config.name,
        ways=_many(city, "ways"),
        shops=_many(city, "shops"),
        facilities=_many(city, "facilities"),
        stations=f"{len(city.stations()):,}",
        inspections=len(city.now().register.snapshot.frames["inspection"]),
        list=folder / TO_TRY,
    )
    return city


def _people(city: "City") -> dict[str, "Account"]:
    """Return the accounts of the demo; those that are not there are made, and cannot sign in."""
    from stationmap.store import Change, accounts

    register, changes = city.register, []
    for name, role, adcode, unit_id in ACCOUNTS:
        if accounts.by_name(register, name) is None:
            asked = accounts.checked(register, name=name, role=role, adcode=adcode, unit_id=unit_id)
            own = uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.demo.invalid").hex[:16]
            changes.append(Change("account", own, {**asked, "active": False}, 0))
    if changes:
        register.write(changes, action=str(uuid.uuid4()), by="cli", kind="account")
    return {account.name: account for account in accounts.accounts(register)}


def _today(city: "City") -> dt.date:
    return dt.datetime.now(ZoneInfo(city.config.time_zone)).date()


def _make_accounts(city: "City") -> None:
    """Make an account of every role and scope, with a password that is told here and only here.

    An account that is there keeps what it did, and gets a new password.
    """
    from stationmap.store import accounts, passwords, sessions

    register, rows = city.register, []
    for name, role, adcode, unit_id in ACCOUNTS:
        asked = accounts.checked(register, name=name, role=role, adcode=adcode, unit_id=unit_id)
        found, action = accounts.by_name(register, name), str(uuid.uuid4())
        if found is None:
            changes = [accounts.creation(register, asked, action=action)]
        else:
            columns = {**asked, "active": True}
            changes = accounts.alteration(register, found, columns, expects=None)
            sessions.end(register, found.id)
        register.write(changes, action=action, by="cli", kind="account")
        password = passwords.one_time()
        passwords.set_password(register, changes[0].id, password, now=dt.datetime.now(dt.UTC))
        rows.append((name, said(ROLES[role]), adcode, unit_id or "", password))
    headings = (
        N_("Account"),
        N_("Role"),
        N_("District code"),
        N_("Unit id"),
        N_("Password"),
    )
    print_table([said(heading) for heading in headings], rows)
    tell(N_("These passwords are shown this once; the same command makes new ones."))


def _source(file: str) -> str:
    """Name each list's source: a list replaces what the same source brought before."""
    return f"{SOURCE}-{file.partition('.')[0]}"


def _many(city: "City", layer: str) -> str:
    return f"{len(city.layer(layer)):,}"


def _put_stations(folder: Path, *, share: float, seed: int) -> None:
    """Put labelled synthetic stations at a city's shops; those of an earlier run are replaced."""
    from geodata import synthetic
    from stationmap.city import City

    city = City.open(folder)
    rule = city.pack.rule(kind="spacing")
    made = synthetic.stations_at_shops(
        city.layer("shops"),
        streets=city.streets(),
        rule=rule,
        site_type=city.pack.site_type(rule.site_type),
        share=share,
        seed=seed,
    )
    table = made[["station_id", "name", "type", "source_lon", "source_lat"]]
    table.columns = ["id", "name", "type", "lon", "lat"]
    with tempfile.TemporaryDirectory() as scratch, working() as status:
        file = Path(scratch) / "synthetic-stations.csv"
        table.to_csv(file, index=False, encoding="utf-8")
        sets = {"source": synthetic.SOURCE}
        city.import_file("stations", file, datum="wgs84", sets=sets, progress=status)
    covered = city.spacing().summary()["covered_share"] or 0.0
    say(
        N_(
            "{city} has {stations} synthetic stations at its shops, named so and with the source "
            "{source}; {share} of the frontage is covered"
        ),
        city=folder,
        stations=f"{len(made):,}",
        source=synthetic.SOURCE,
        share=f"{covered:.0%}",
    )
