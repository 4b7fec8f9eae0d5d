"""Orders in Chromium: a unit answers with photos on a phone; every page is for everybody."""

import io
import uuid
from pathlib import Path
from threading import Thread

import pytest
from orders_town import Town
from pages_town import chromium  # noqa: F401 - a fixture
from PIL import Image
from signed_in import cookie
from werkzeug.serving import make_server

from stationmap.city import visits

pytestmark = pytest.mark.chromium

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    made = Town(tmp_path_factory.mktemp("orders"))
    server = make_server("127.0.0.1", 0, made.app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.address = f"http://127.0.0.1:{server.port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def opened(town, chromium):  # noqa: F811
    """Open a page as somebody, in a window of a size."""
    made = []

    def page(who, path, *, window=PHONE, **options):
        context = chromium.new_context(viewport=window, locale="zh-CN", **options)
        context.add_cookies([cookie(getattr(town.people, who), town.address)])
        made.append(context)
        new = context.new_page()
        new.wrong = []
        new.on("pageerror", lambda error: new.wrong.append(str(error)))
        new.on("console", lambda said: said.type == "error" and new.wrong.append(said.text))
        new.goto(town.address + path)
        return new

    yield page
    for context in made:
        context.close()


def picture(colour, size):
    stream = io.BytesIO()
    noise = Image.effect_noise(size, 120).convert("RGB")
    Image.blend(noise, Image.new("RGB", size, colour), 0.5).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def test_a_unit_answers_on_a_phone_and_large_photos_are_made_smaller_on_it(town, opened):
    order = town.order("P0", failed=town.lines[2:4])
    page = opened("unit", "/home")
    page.locator(f'a[href*="{order["id"]}"]').click()
    page.locator("#answer").fill("已清扫，新增雨伞")
    large = picture("green", (4000, 3000))
    files = page.locator("input[type=file]")
    files.nth(0).set_input_files(
        [
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": large},
            {"name": "b.png", "mimeType": "image/jpeg", "buffer": picture("blue", (600, 800))},
        ]
    )
    sent = []
    page.on("request", lambda one: one.method == "POST" and sent.append(one))
    with page.expect_navigation():
        page.get_by_role("button", name="提交反馈").click()
    assert "反馈已提交" in page.locator("[data-done]").inner_text()
    assert town.row(order)["state"] == "answered"
    rows = town.register.rows("photo", order_id=order["id"])
    assert sorted((row["width"], row["height"]) for row in rows) == [(600, 800), (2560, 1920)]
    assert len(sent) == 1
    assert int(sent[0].all_headers()["content-length"]) < len(large)
    shown = page.locator(".then-now img")
    assert shown.count() == 2
    page.wait_for_function(
        "() => [...document.querySelectorAll('.then-now img')].every((one) => one.naturalWidth > 0)"
    )
    assert not page.wrong


def test_a_file_that_is_no_photo_loses_nothing_that_was_typed(town, opened):
    order = town.order("P40")
    page = opened("unit", f"/manage/orders/{order['id']}")
    page.locator("#answer").fill("写了很久")
    page.locator("input[type=file]").first.set_input_files(
        [
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"text"},
            {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": picture("red", (300, 200))},
        ]
    )
    with page.expect_navigation():
        page.get_by_role("button", name="提交反馈").click()
    assert "JPEG" in page.locator(".form-wrong").inner_text()
    assert page.locator("#answer").input_value() == "写了很久"
    assert page.locator('input[name="kept"]').count() == 1
    with page.expect_navigation():
        page.get_by_role("button", name="提交反馈").click()
    assert town.row(order)["state"] == "answered"
    assert len(town.register.rows("photo", order_id=order["id"])) == 1


@pytest.mark.parametrize(
    ("window", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"]
)
def test_every_page_has_names_targets_and_contrast(town, opened, window, scheme):
    rows = town.register.rows("rectification") or [town.order("P80")]
    own = f"/manage/orders/{rows[0]['id']}"
    void = town.visit("P300")
    reason = {"reason": "走错站", "action": str(uuid.uuid4()), "by": town.people.west.account.id}
    visits.void(town.register, void.inspection["id"], **reason)
    asked = [
        ("unit", "/home"),
        ("unit", "/manage/orders"),
        ("unit", own),
        ("west", own),
        ("city", "/manage/orders"),
        ("city", "/manage/orders/standing"),
        ("city", "/manage/orders/evidence"),
        ("west", f"{own}/notice"),
        ("west", f"/manage/visits/{rows[0]['inspection_id']}"),
        ("west", f"/manage/visits/{void.inspection['id']}"),
    ]
    for who, path in asked:
        page = opened(who, path, window=window, color_scheme=scheme)
        wrong = page.evaluate(RULES) + page.evaluate(CONTRAST)
        assert not wrong, (who, path, wrong)
        assert page.evaluate("document.documentElement.scrollWidth") <= window["width"]
        assert not page.wrong
