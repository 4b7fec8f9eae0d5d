"""Servers are killed while phones submit with photos: what was acknowledged is there, whole, once.

    KILLS=200 python -m pytest tests/store/test_visit_kills.py

kills as often as one likes; without it, some kills on each backend. Two servers share the address,
so that one works while the other is killed, and what one has acknowledged the other has to know.
"""

import contextlib
import hashlib
import http.client
import io
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from http.cookies import SimpleCookie
from pathlib import Path

import numpy as np
import pytest
import small_city
from PIL import Image
from registers import BACKENDS, mark

from stationmap.city import City
from stationmap.city.photos import Photos
from stationmap.inspections import Checklist, orders
from stationmap.store import Change, sessions
from stationmap.store.verify import verify
from web.app import create_app

SERVERS = Path(__file__).with_name("servers.py")
KILLS = int(os.environ.get("KILLS", "8"))
PHONES = 4
SITES = ["A0", "A1", "A2"]
FAILING = "Q-C8#1"
PIECE = 6_000


class Servers:
    """Processes that serve a city at one address."""

    def __init__(self, pipe: subprocess.Popen) -> None:
        self._pipe = pipe
        self.port = int(pipe.stdout.readline())
        self.alive: list[int] = []

    def start(self) -> None:
        """Start one, and wait until it serves."""
        self._say("start")
        pid, said = self._pipe.stdout.readline().split()
        assert said == b"ready"
        self.alive.append(int(pid))

    def kill(self, pid: int) -> None:
        self._say(f"kill {pid}")
        assert self._pipe.stdout.readline().split() == [str(pid).encode(), b"gone"]
        self.alive.remove(pid)

    def _say(self, line: str) -> None:
        self._pipe.stdin.write(line.encode() + b"\n")
        self._pipe.stdin.flush()


@contextlib.contextmanager
def served(city: City):
    command = [sys.executable, str(SERVERS), str(city.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as pipe:
        made = Servers(pipe)
        try:
            yield made
        finally:
            for pid in list(made.alive):
                made.kill(pid)
            pipe.stdin.close()


class Phone(threading.Thread):
    """Fills in one checklist after another, and sends each until it is acknowledged."""

    def __init__(self, port: int, cookie: str, checklist: Checklist, *, seed: int) -> None:
        super().__init__(daemon=True)
        self.luck, self.pixels = random.Random(seed), np.random.default_rng(seed)
        self.port, self.cookie, self.csrf, self.checklist = port, cookie, "", checklist
        self.lines = [line.key for line in checklist.of_type("point")]
        self.enough = threading.Event()
        self.asked: dict[str, dict] = {}
        self.held: set[str] = set()  # photos that the server said it has
        self.receipts: dict[str, dict] = {}
        self.tally: Counter[str] = Counter()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.enough.is_set():
                self._visit()
        except BaseException as error:
            self.error = error

    def _visit(self) -> None:
        photos = {mark(): self._photo() for _ in range(self.luck.randint(1, 3))}
        asked = self._form(list(photos))
        self.asked[asked["id"]] = asked
        for _ in range(2 if self.luck.random() < 0.2 else 1):
            # sent once more, though it was acknowledged: the receipt is the same
            receipt = self._until_taken(asked, photos)
            known = self.receipts.setdefault(asked["id"], receipt)
            assert [receipt[n] for n in ("number", "at")] == [known[n] for n in ("number", "at")]

    def _form(self, photos: list[str]) -> dict:
        answers = dict.fromkeys(self.lines, "met")
        order = None
        if self.luck.random() < 0.5:
            answers[FAILING] = "not_met"
            order = {"id": mark(), "lines": [FAILING], "due": "2099-01-01"}
        return {
            "id": mark(),
            "station_id": self.luck.choice(SITES),
            "checklist": self.checklist.id,
            "visit": "call",
            "claimed_at": "2026-03-05T03:50:00+00:00",
            "answers": answers,
            "photos": {FAILING: photos},
            "order": order,
        }

    def _photo(self) -> bytes:
        data = io.BytesIO()
        pixels = self.pixels.integers(0, 255, (90, 120, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(data, "JPEG", quality=90)
        return data.getvalue()

    def _until_taken(self, asked: dict, photos: dict[str, bytes]) -> dict:
        while True:
            for photo, data in photos.items():
                if photo not in self.held:
                    self._upload(photo, data)
            status, answer = self._ask("POST", "visits", asked)
            if status in (200, 201):
                self.tally[str(status)] += 1
                return answer
            # a photo that it said it has is not missing
            assert not {*answer.get("missing", ())} & self.held, (status, answer)
            raise AssertionError((status, answer))

    def _upload(self, photo: str, data: bytes) -> None:
        told = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        status, state = self._ask("PUT", f"photos/{photo}", told)
        while not state.get("photo"):
            assert status == 200, (status, state)
            offset = state["offset"]
            self.tally["resumed"] += bool(offset)
            piece = data[offset : offset + PIECE]
            status, state = self._ask("PATCH", f"photos/{photo}", piece, offset=offset)
        self.held.add(photo)

    def _ask(self, method: str, what: str, body, *, offset: int | None = None) -> tuple[int, dict]:
        """Ask until there is an answer that is one."""
        while True:
            try:
                if not self.csrf:
                    self.csrf = self._once("GET", "me", None, {})[1]["csrf"]
                headers = {"X-CSRFToken": self.csrf}
                if offset is not None:
                    headers["Upload-Offset"] = str(offset)
                status, answer = self._once(method, what, body, headers)
            except (OSError, http.client.HTTPException):
                self.tally["cut"] += 1
            else:
                if status < 500:
                    return status, answer
                self.tally[str(status)] += 1
            time.sleep(0.02)

    def _once(self, method: str, what: str, body, headers: dict) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            kind = "application/octet-stream"
            if not isinstance(body, bytes):
                kind, body = "application/json", json.dumps(body).encode() if body else None
            headers = {"Cookie": self.cookie, "Content-Type": kind, **headers}
            connection.request(method, f"/api/v1/inspect/{what}", body, headers)
            answer = connection.getresponse()
            data = answer.read()
            for line in answer.headers.get_all("Set-Cookie") or ():
                one = next(iter(SimpleCookie(line).values()))
                self.cookie = f"{one.key}={one.coded_value}"
            return answer.status, json.loads(data)


def signed_in(city: City) -> list[str]:
    """Make inspectors; gives the cookies of their sessions."""
    app, cookies = create_app(city.path), []
    register, now = app.extensions["city"].register, app.config["CLOCK"]()
    for number in range(PHONES):
        own = {"name": f"督查{number}", "role": "inspector", "adcode": "", "active": True}
        change = Change("account", f"i{number}", own, expects=0)
        register.write([change], action=mark(), by="cli", kind="account")
        token = sessions.begin(register, f"i{number}", address="", agent="", now=now)
        writer = app.session_interface.get_signing_serializer(app)
        value = writer.dumps({"_user_id": token, "_fresh": True})
        cookies.append(f"{app.config['SESSION_COOKIE_NAME']}={value}")
    return cookies


@pytest.fixture(params=BACKENDS)
def city(request, tmp_path) -> City:
    """A town on one backend after the other, with stations."""
    made = small_city.make(tmp_path, stations=False)
    if request.param == "postgis":
        url = request.getfixturevalue("postgis_address")()
        settings = made.path / "city.toml"
        text = settings.read_text("utf-8")
        settings.write_text(text.replace('url = ""', f'url = "{url}"'), "utf-8")
        made = City.open(made.path)
    rows = small_city.table(tmp_path / "list.csv", small_city.station_rows())
    made.import_file("stations", rows, datum="wgs84")
    return made


def test_servers_killed_while_phones_submit_lose_nothing_and_double_nothing(city):
    luck, checklist = random.Random(20261122), Checklist.of_pack(city.pack)
    cookies = signed_in(city)
    with served(city) as servers:
        for _ in range(2):
            servers.start()
        phones = [
            Phone(servers.port, cookie, checklist, seed=number)
            for number, cookie in enumerate(cookies)
        ]
        for phone in phones:
            phone.start()
        for _ in range(KILLS):
            time.sleep(luck.random() ** 2 * 0.6)
            servers.kill(luck.choice(servers.alive))
            servers.start()
            assert not [phone.error for phone in phones if phone.error]
        for phone in phones:
            phone.enough.set()
            phone.join(timeout=120)
            assert not phone.is_alive()
    assert [phone.error for phone in phones] == [None] * PHONES
    tally = sum((phone.tally for phone in phones), Counter())
    assert tally["cut"] > 0  # the kills were felt
    everything_once(City.open(city.path), phones, tally)


def everything_once(city: City, phones: list[Phone], tally: Counter) -> None:
    register, kept = city.register, Photos(city.path)
    asked = {own: form for phone in phones for own, form in phone.asked.items()}
    receipts = {own: receipt for phone in phones for own, receipt in phone.receipts.items()}
    assert {*receipts} == {*asked}
    assert len(receipts) >= KILLS / 2, tally
    rows = {row["id"]: row for row in register.rows("inspection")}
    assert {*rows} == {*asked}
    assert [rows[own]["at"] for own in receipts] == [r["at"] for r in receipts.values()]
    numbers = [receipt["number"] for receipt in receipts.values()]
    assert len({*numbers}) == len(numbers)
    photos = {row["id"]: row for row in register.rows("photo")}
    assert {own: (row["inspection_id"], row["line"]) for own, row in photos.items()} == {
        photo: (own, key)
        for own, form in asked.items()
        for key, ids in form["photos"].items()
        for photo in ids
    }
    assert [*kept.problems({own: row["sha256"] for own, row in photos.items()})] == []
    for row in photos.values():
        path = kept.path(row["sha256"])
        assert path.stat().st_size == row["bytes"]
        with Image.open(path) as picture:
            picture.load()
            assert picture.size == (row["width"], row["height"]) == (120, 90)
    ordered = Counter(
        (row["station_id"], key)
        for row in register.rows("rectification")
        if row["state"] in orders.UNSETTLED
        for key in row["lines"]
    )
    assert {*ordered.values()} <= {1}
    assert verify(register.engine).problems == []
    print(f"{KILLS} kills, {len(rows)} visits, {len(photos)} photos, {dict(tally)}")
