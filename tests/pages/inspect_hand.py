"""A hand on a phone: what a thumb does on the inspectors' screens, in a town with a unit."""

import io
import uuid
from contextlib import contextmanager

from inspect_field import Field
from pages_town import table
from PIL import Image

from stationmap.store import Change

WEST, UNIT = "330802", "某街道办事处"
UMBRELLA, CHARGER, SIGN = "Q-C8#1", "Q-C8#2", "Q-C9#1"


@contextmanager
def a_field(chromium, town, folder):
    """Serve a town in which a unit has the station P0; nothing may go wrong on any page."""
    rows = [{"编号": "U1", "名称": UNIT, "所属区县": WEST}]
    town.import_file("units", table(folder / "units.csv", rows))
    made = Field(chromium, town)
    owned = Change("station", "P0", {"unit_id": "U1", "supervising_unit": "柯城区民政局"})
    made.register.write([owned], action=str(uuid.uuid4()), by="cli", kind="edit")
    yield made
    made.close()
    assert [one for phone in made.phones for one in phone.wrong] == []


def picture(colour):
    """A photo of one colour, as a camera hands it over."""
    stream = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(stream, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": stream.getvalue()}


def line(page, key):
    """The card of a line."""
    return page.locator(f'[id="line-{key}"]')


def answer(page, key, state):
    """Put the switch of a line to a state."""
    line(page, key).locator(f".i-switch label.is-{state}").tap()


def photograph(page, key, *colours):
    """Take photos of a line, one after the other."""
    for colour in colours:
        before = line(page, key).locator(".i-thumb").count()
        line(page, key).locator("input[capture]").set_input_files(picture(colour))
        line(page, key).locator(f".i-thumb >> nth={before}").wait_for()


def drawn(page, key):
    """How many pictures of a line are on the screen, and not only their frames."""
    return (
        line(page, key)
        .locator(".i-thumb img")
        .evaluate_all(
            "(all) => Promise.all(all.map((one) => one.decode().then(() => one.naturalWidth > 0)))"
            ".then((drawn) => drawn.filter(Boolean).length)"
        )
    )


def submit(page):
    """Press the button of the foot, and the one of the sheet that comes up."""
    page.get_by_role("button", name="提交", exact=True).tap()
    page.get_by_role("button", name="确认提交").tap()
    page.get_by_role("heading", name="提交成功").wait_for()
