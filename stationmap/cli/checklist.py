"""``stationmap checklist``: the standard's checklist to print, or as a form for ODK and Kobo."""

from pathlib import Path
from typing import Annotated

import typer

from stationmap.cli.output import language, tell
from stationmap.errors import InputError
from stationmap.messages import N_

FORMATS = (".pdf", ".html", ".xlsx")


def checklist(
    city: Annotated[
        Path,
        typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="写入 .pdf .html（A4 打印）或 .xlsx（ODK、Kobo 用的 XLSForm）· to print, or a "
            "form for ODK and Kobo",
            show_default=False,
        ),
    ],
    station: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="只要这个站点的 · of this station alone", show_default=False
        ),
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="只要这类站点的 · of stations of this type alone",
            show_default=False,
        ),
    ] = None,
) -> None:
    r"""写出检查单：A4 打印，或 ODK、Kobo 表单。 Write the checklist to print, or as a form.

    \b
    示例 Examples:
      stationmap checklist nanjing --out 检查单.pdf
      stationmap checklist nanjing --station ZL-D0001 --out 检查单.pdf
      stationmap checklist nanjing --type point --out 检查单.xlsx
    """
    from stationmap import reports
    from stationmap.city import City, forms

    suffix = reports.require_suffix(out, FORMATS)
    if station is not None and type_ is not None:
        raise InputError("give --station or --type, not both: a station has its own type")
    now = City.open(city).now()
    if suffix == ".xlsx":
        forms.write_form(out, now, station=station, site_type=type_, lang=language())
    else:
        forms.write_sheets(out, now, station=station, site_type=type_, lang=language())
    tell(N_("written: {file}"), file=out)
