"""The poster for a door: one page of A4 whose code, read off its picture, leads to the page."""

import re
import subprocess
from shutil import which

import numpy as np
import pytest
import qr_reader
from conftest import need
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from stationmap.messages import LANGUAGES
from stationmap.reports.poster import Poster, html, write_poster
from web.qr import QUIET, code

ADDRESS = "https://map.example.gov.cn/stations/P80"
HOSTILE = '<img src=x onerror="hit()">&amp;</script>'
LONG = "很长的名称和地址" * 40


def modules(drawn):
    """The squares of a drawn code, read from its path; its quiet zone has to be white."""
    grid = np.zeros((drawn.size, drawn.size), dtype=bool)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn.path):
        grid[int(y), int(x) : int(x) + int(width)] = True
    assert re.sub(r"M\d+ \d+h(\d+)v1h-\1z", "", drawn.path) == ""
    inside = grid[QUIET:-QUIET, QUIET:-QUIET]
    assert grid.sum() == inside.sum()
    return inside


@settings(deadline=None)
@example("http://h/stations/%E4%B8%AD")
@example("https://map.example.gov.cn:8443/stations/?id=a//b")
@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=0, max_size=170))
def test_a_code_says_its_address_without_an_error(end):
    address = f"http://h/stations/a{end}"
    assert qr_reader.read(modules(code(address))) == address


def test_the_reader_refuses_a_code_with_one_wrong_module():
    grid = modules(code(ADDRESS))
    grid[-3, -3] = not grid[-3, -3]
    with pytest.raises(AssertionError, match="error"):
        qr_reader.read(grid)


def test_what_is_too_long_for_a_code_has_none():
    assert code("x" * 2331) is not None
    assert code("x" * 2332) is None


def poster(**told):
    drawn = code(told.get("address", ADDRESS))
    return Poster(
        **{
            "city": "礼城",
            "kind": "有礼点",
            "name": "水亭街有礼点",
            "hours": "周一至周五 08:30-17:30",
            "supplies": ["雨伞", "饮水"],
            "place": "水亭街12号",
            "phone": "0570-1234567",
            "address": ADDRESS,
            "code_size": drawn.size,
            "code_path": drawn.path,
            "note": "P80 · 2026年3月5日",
            **told,
        }
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_not_known_has_no_line(lang):
    full = html(poster(), lang=lang)
    bare = html(poster(hours="", phone="", supplies=[]), lang=lang)
    assert full.count("<tr>") == 4
    assert bare.count("<tr>") == 1
    assert "水亭街12号" in bare


def test_text_is_text_however_hostile():
    page = html(poster(name=HOSTILE, place=HOSTILE, hours=HOSTILE, city=HOSTILE), lang="zh")
    assert "<img" not in page
    assert "</script>" not in page


def picture(pdf, folder):
    """The first page at 150 dots an inch, as dark or light; and how many pages there are."""
    need(which("pdftoppm"), "pdftoppm is not installed")
    subprocess.run(["pdftoppm", "-r", "150", "-png", pdf, folder / "page"], check=True)
    pages = sorted(folder.glob("page*.png"))
    return np.asarray(Image.open(pages[0]).convert("L")) < 128, len(pages)


def code_in(dark, *, count):
    """Find the square of `count` modules in the middle of a page by its two upper corners."""
    middle = dark.shape[1] // 2
    for module in np.arange(4.0, 24.0, 0.02):
        left, right = middle - count * module / 2, middle + count * module / 2
        for y in np.flatnonzero(dark[:, int(left) + 2]):
            one, other = (
                dark[y, int(left) + 2 : int(left + 7 * module) - 2],
                dark[y, int(right - 7 * module) + 2 : int(right) - 2],
            )
            white = dark[y, int(left + 7 * module) + 2 : int(left + 8 * module) - 2]
            outside = (
                dark[y, int(left) - 6 : int(left) - 2],
                dark[y, int(right) + 2 : int(right) + 6],
            )
            if one.all() and other.all() and not white.any() and not np.any(outside):
                at = (np.arange(count) + 0.5) * module
                grid = dark[np.ix_((y + at).astype(int), (left + at).astype(int))]
                if (grid[:7, :7] == qr_reader.FINDER).all():
                    return grid
    raise AssertionError("no code in the picture")


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"address": "http://10.0.0.7/stations/%E4%B8%AD%E6%96%87%20%E7%AB%99/1"},
        dict.fromkeys(("name", "hours", "place", "phone", "note"), LONG) | {"supplies": [LONG] * 9},
        dict.fromkeys(("name", "hours", "place", "phone"), "W" * 300),
    ],
    ids=["plain", "odd id", "long", "long word"],
)
def test_the_printed_code_leads_to_the_page_and_all_is_on_one_page(told, tmp_path):
    sheet = poster(**told)
    write_poster(tmp_path / "door.pdf", sheet, lang="zh")
    dark, pages = picture(tmp_path / "door.pdf", tmp_path)
    assert pages == 1
    assert qr_reader.read(code_in(dark, count=sheet.code_size - 2 * QUIET)) == sheet.address
    # nothing is cut off at the edges of the paper
    assert not dark[:, :60].any()
    assert not dark[:, -60:].any()
    assert not dark[-60:].any()
