"""The command that draws sites for unannounced visits, and checks a draw: ``draw``."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stationmap.cli.output import print_json, print_table, said, say, tell
from stationmap.errors import InputError
from stationmap.messages import N_

if TYPE_CHECKING:
    from stationmap.city import City
    from stationmap.store.events import Row

COMMAND_LINE = "cli"


def draw(
    city: Annotated[
        Path,
        typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="N", help="抽几个站点 · how many sites", show_default=False),
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(
            "--check",
            metavar="ID",
            help="核对一次抽查：用种子和名单重抽 · draw once more from seed and pool, and compare",
            show_default=False,
        ),
    ] = None,
    district: Annotated[
        str,
        typer.Option(
            metavar="ADCODE",
            help="只抽这个县（市、区）· only this county or district",
            show_default=False,
        ),
    ] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="说明 · what for")] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="名单写入 .xlsx .csv · write the pool to a file",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="标准输出只有一个 JSON 文档 · one JSON document on stdout"),
    ] = False,
) -> None:
    r"""抽取暗访站点，或核对一次抽查。 Draw sites for unannounced visits, or check a draw.

    \b
    示例 Examples:
      stationmap draw nanjing --size 20 --note 三季度暗访
      stationmap draw nanjing --check 6f1c0f0e-3a51-4c0e-9a43-0b7f9f1d2c11 --out 名单.csv
    """
    from stationmap import reports
    from stationmap.city import City, draws

    if (size is None) == (check is None):
        raise InputError("please give either --size, to draw, or --check, to check a draw")
    if out is not None:
        reports.require_suffix(out, (".xlsx", ".csv"))
    opened = City.open(city)
    if size is not None:
        now = opened.now()
        check, _ = draws.make(
            now,
            opened.register,
            by=COMMAND_LINE,
            scope="",
            action=str(uuid.uuid4()),
            size=draws.whole(str(size), low=1, high=draws.MOST_DRAWN),
            points=draws.points_of({}),
            today=draws.today(now),
            within=district,
            note=note[: draws.NOTE],
        )
    row = opened.register.get("draw", str(check))
    if row is None:
        raise InputError("there is no draw {id} in this city", id=str(check))
    _tell(opened, row, out=out, as_json=as_json)


def _tell(opened: "City", row: "Row", *, out: Path | None, as_json: bool) -> None:
    """Print a draw and whether it follows from its seed and pool; else fail."""
    from stationmap.city import draws

    proof = draws.proof(row)
    holds = proof.holds and draws.as_drawn(opened.register, row)
    if out is not None:
        _write_pool(out, proof)
        tell(N_("written: {file}"), file=out)
    if as_json:
        told: dict[str, Any] = {
            name: row[name] for name in ("id", "at", "seed", "size", "weights", "drawn", "shares")
        }
        print_json({**told, "pool": len(proof.pool), "holds": holds})
    else:
        _print(opened, row, proof, holds=holds)
    if not holds:
        raise InputError(
            "the draw {id} does not follow from its seed and pool: the record was changed, or the "
            "drawing program is another one; see `stationmap db verify`",
            id=row["id"],
        )


def _print(opened: "City", row: "Row", proof: Any, *, holds: bool) -> None:
    from stationmap.inspections.draw import FACTORS

    say(N_("Draw {id}, seed {seed}"), id=row["id"], seed=row["seed"])
    names = opened.now().stations().set_index("station_id")["name"]
    print_table(
        (said(N_("Id")), said(N_("Name")), said(N_("County")), said(N_("Why it counts more"))),
        [
            (
                one["id"],
                named if isinstance(named := names.get(one["id"]), str) else "–",
                one["county"] or "–",
                said(N_(", ")).join(said(FACTORS[name]) for name in one["factors"]),
                str(one["weight"]),
            )
            for one in row["drawn"]
        ],
        numbers=[said(N_("Points of weight"))],
    )
    if holds:
        say(
            N_("Drawn once more from the seed and the {count} sites of the pool: the same sites."),
            count=f"{len(proof.pool):,}",
        )


def _write_pool(path: Path, proof: Any) -> None:
    import pandas as pd

    from stationmap.io import tabular

    table = pd.DataFrame(
        [(s.id, s.county, s.weight(proof.points), " ".join(s.factors)) for s in proof.pool],
        columns=["id", "county", "weight", "factors"],
    )
    if path.suffix.lower() == ".csv":
        tabular.write_csv(path, table)
    else:
        tabular.write_xlsx(path, {said(N_("Sites that could be drawn")): table})
