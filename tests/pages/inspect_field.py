"""A phone in the field: a network that can be cut before it, a Chromium that can be killed."""

import contextlib
import io
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
import signed_in
from pages_town import CHROMIUM, FLAGS
from PIL import Image
from werkzeug.serving import make_server

from web.app import create_app

PHONE = {"width": 390, "height": 844}
API = "/api/v1/inspect"

# what a test asks of the engine is asked of it as the screens do: by its own modules
ENGINE = """async (args) => {
  const store = await import("/static/js/inspect/store.js");
  const { remembered } = await import("/static/js/inspect/who.js");
  window.kept ??= await store.openStore(await remembered());
  window.picture ??= async (seed, width = 1600, height = 1200) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d");
    const noise = pen.createImageData(width, height);
    let n = seed * 7919 + 1;
    for (let i = 0; i < noise.data.length; i += 4) {
      n = (n * 1103515245 + 12345) % 2147483648;
      noise.data[i] = n >> 16; noise.data[i + 1] = n >> 8; noise.data[i + 2] = (n >> 20) ^ seed;
      noise.data[i + 3] = 255;
    }
    pen.putImageData(noise, 0, 0);
    return new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.95); });
  };
  return (WORK)(window.kept, args);
}"""


class Wire:
    """WSGI between phone and city: takes note of all that is sent, and breaks what a test says."""

    def __init__(self, app):
        self.app, self.seen, self.answered = app, [], []
        self.rule = lambda method, path, number: None
        self.let_go = threading.Event()

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if not path.startswith(API):
            return self.app(environ, start_response)
        self.seen.append((method, path, environ.get("HTTP_UPLOAD_OFFSET")))
        number = sum(one[:2] == (method, path) for one in self.seen)
        broken = self.rule(method, path, number)
        if broken == "held":
            self.let_go.wait(60)
        if broken in {"before", "held"}:
            return self._gone(environ)
        answer = self.app(environ, start_response)
        if broken == "after":
            b"".join(answer)
            answer = self._gone(environ)
        self.answered.append((method, path))
        return answer

    @staticmethod
    def _gone(environ):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return [b""]

    def reached(self, method, part):
        """Wait until such a request was answered, or its answer was lost."""
        for _ in range(200):
            if any(one[0] == method and part in one[1] for one in self.answered):
                return
            time.sleep(0.1)
        raise AssertionError(f"no {method} {part}")

    def sent(self, method, part=""):
        """Requests of a method whose path holds `part`."""
        return [one for one in self.seen if one[0] == method and part in one[1]]


class Field:
    """The served town, its inspectors, and their phones."""

    def __init__(self, chromium, town):
        self.chromium = chromium
        self.app = create_app(town.path)
        self.register = self.app.extensions["city"].register
        self.wire = Wire(self.app)
        self.port, self.phones = 0, []
        self.up()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def up(self):
        """Connect the server, at the same address as before."""
        self.server = make_server("127.0.0.1", self.port, self.wire, threaded=True)
        self.port = self.server.port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def down(self):
        """Let nothing get through."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)

    def inspector(self, **values):
        """Make an account of an inspector."""
        return signed_in.account(
            self.register, **{"role": "inspector", "adcode": "330802"} | values
        )

    def cookie(self, own):
        """Sign an account in anew; the cookie of its session."""
        return signed_in.cookie(signed_in.client(self.app, own=own), self.address)

    def phone(self, own=None, folder=None):
        """Take a phone into the hand; one with a folder may be killed, and keeps what it kept."""
        phone = Phone(self, folder)
        self.phones.append(phone)
        if own is not None:
            phone.sign_in(own)
        return phone

    def inspections(self):
        """What the city has of inspections."""
        return self.register.rows("inspection")

    def photos(self):
        """Photos that inspections name: id → picture, wholly read."""
        found = {}
        for row in self.register.rows("photo"):
            path = self.app.extensions["city"].path / "photos" / row["sha256"][:2]
            picture = Image.open(io.BytesIO((path / f"{row['sha256']}.jpg").read_bytes()))
            picture.load()
            found[row["id"]] = picture
        return found

    def close(self):
        self.wire.let_go.set()
        for phone in self.phones:
            phone.close()
        self.down()


class Phone:
    """A browser's storage: a part of the tests' Chromium, or a Chromium of its own in a folder."""

    def __init__(self, field, folder=None):
        self.field, self.folder, self.wrong = field, folder, []
        options = {"viewport": PHONE, "locale": "zh-CN", "has_touch": True}
        if folder is None:
            self.context = field.chromium.new_context(**options)
        else:
            self.context = field.chromium.browser_type.launch_persistent_context(
                str(folder), executable_path=CHROMIUM, args=FLAGS, **options
            )
        self.context.set_default_timeout(20_000)

    def sign_in(self, own):
        """Have a session of an account."""
        self.context.add_cookies([self.field.cookie(own)])

    def page(self, path="/inspect/"):
        """Open a page in a new window, and wait until its screen is there."""
        page = self.context.new_page()
        page.on("pageerror", self._fault)
        page.goto(self.field.address + path)
        page.locator("#main[aria-busy]").wait_for(state="detached")
        return page

    def _fault(self, error):
        # the vendored map does not catch that a tile fails
        if "/vendor/" not in error.stack:
            self.wrong.append(error.stack)

    def ready(self, page):
        """Wait until the pages open without a network."""
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")

    def kill(self):
        """End the browser at once, as a phone does that runs out of memory."""
        own = f"--user-data-dir={self.folder}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if own in words and not any(word.startswith(b"--type=") for word in words):
                os.kill(int(folder.name), signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.context.close()
        self.context = None

    def close(self):
        if self.context is not None:
            self.context.close()
            self.context = None


@pytest.fixture
def field(chromium, own_town):
    """A field of its own for a test; no script of any phone in it may fail."""
    made = Field(chromium, own_town)
    yield made
    made.close()
    assert [one for phone in made.phones for one in phone.wrong] == []


def engine(page, work, *args):
    """Do `work`, a function of the store and of `args`, in a page."""
    return page.evaluate(ENGINE.replace("WORK", work), list(args))


DRAFT = """async (store, [station, photos]) => {
  const draft = await store.draft(station);
  await store.checklist(draft.checklist);
  await store.change(draft.id, (one) => {
    one.answers = {"visit#1": "met", "visit#2": "met"};
    one.note = "门口有积水";
  });
  for (let n = 1; n <= photos; n += 1) await store.addPhoto(draft.id, "visit#1", await picture(n));
  return draft.id;
}"""
FINISH = "(store, [id]) => store.finish(id).then((one) => one?.id ?? null)"
COUNTS = "(store) => store.counts()"


def settled(page, id_):
    """Wait until the receipt of an inspection is on the phone."""
    return until(page, "(store, id) => store.receipt(id)", id_)


def until(page, work, *args):
    """Ask the store again and again, for some seconds, until it answers something; that."""
    patient = """async (store, args) => {
      for (let n = 0; n < 200; n += 1) {
        const found = await (WORK)(store, ...args);
        if (found) return found;
        await new Promise((done) => { setTimeout(done, 100); });
      }
      return null;
    }"""
    found = engine(page, patient.replace("WORK", work), *args)
    assert found is not None, "it never came about"
    return found
