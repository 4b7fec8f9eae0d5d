"""Inspections: 100 000 stations and 200 000 visits; what each look and each submission takes.

    python benchmarks/bench_inspections.py [--stations 100000] [--inspections 200000]
    python benchmarks/bench_inspections.py --postgis postgresql://postgres@localhost/bench

An empty database is asked of ``--postgis``. The visits are written straight into the tables
(`inspectiongen`), and ``db verify`` confirms them. Everything is asked of the application itself,
signed in; the peers are the same rows by the bare driver (sqlite3, psycopg) from the same database.
Times are medians and the slowest of twenty, and the processor's time of the median; what counts is
that from the popup to the checklist no more than 150 ms pass at the server, and the ratio.
"""

import argparse
import datetime as dt
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

from bench_register import office_list, seconds, sign_in
from citygen import generate, lists
from inspectiongen import BUSY, inspect

from stationmap import City
from stationmap.inspections import Checklist

LIMIT_MS = 150.0
ROUNDS = 20
API = "/api/v1/inspect"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stations", type=int, default=100_000)
    parser.add_argument("--inspections", type=int, default=200_000)
    parser.add_argument("--streets", type=int, default=20_000)
    parser.add_argument("--postgis", metavar="URL", help="an empty database instead of a file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        city = make(Path(scratch), options)
        measure(city.path)


def make(folder: Path, options: argparse.Namespace) -> City:
    """Import the city and give it its visits."""
    path = folder / "city"
    City.create(path, standard="quzhou-2018", name="bench", adcode="339900")
    if options.postgis:
        settings = path / "city.toml"
        told = settings.read_text("utf-8").replace('url = ""', f'url = "{options.postgis}"')
        settings.write_text(told, "utf-8")
    city = City.open(path)
    for kind, frame in lists(
        generate(streets=options.streets, stations=options.stations), facilities=2_000
    ):
        if kind in ("streets", "districts"):
            frame.to_parquet(folder / f"{kind}.parquet")
            city.import_file(kind, folder / f"{kind}.parquet", datum="wgs84")
        elif kind == "stations":
            office_list(frame).to_csv(folder / "stations.csv", index=False)
            city.import_file("stations", folder / "stations.csv", datum="wgs84")
    spent = seconds(
        lambda: inspect(
            city.register,
            Checklist.of_pack(city.pack),
            stations=city.register.rows("station"),
            inspections=options.inspections,
            until=dt.datetime.now(dt.UTC),
        )
    )
    print(f"(the visits were written in {spent:.0f} s)")
    return city


def measure(path: Path) -> None:
    """Ask and write; say what was too slow."""
    looks = Looks(path)
    looks.opening()
    looks.popup_to_checklist()
    looks.lists()
    looks.history()
    looks.coverage()
    looks.submitting()
    looks.verified()
    print(f"\nslower than {LIMIT_MS:.0f} ms:" if looks.slow else "\nnothing was too slow")
    for line in looks.slow:
        print(f"  {line}")


class Bare:
    """The driver alone, on the same database."""

    def __init__(self, city: City) -> None:
        if city.register.backend == "sqlite":
            self._connection = sqlite3.connect(city.path / "register.sqlite")
            self._connection.execute("PRAGMA synchronous=FULL")
        else:
            import psycopg

            self._connection = psycopg.connect(city.config.database.url)

    def read(self, sql: str) -> list:
        rows = self._connection.execute(sql).fetchall()
        self._connection.rollback()
        return rows

    def write(self) -> None:
        """Write a row of the size of an inspection, on the disk."""
        self._connection.execute("CREATE TABLE IF NOT EXISTS bare_visit (id TEXT, found TEXT)")
        self._connection.execute(
            f"INSERT INTO bare_visit VALUES ('{uuid.uuid4()}', '{'m' * 1500}')"
        )
        self._connection.commit()


class Looks:
    """Measures one city; `slow` are the answers that took too long."""

    def __init__(self, path: Path) -> None:
        self.path, self.rng, self.slow = path, random.Random(1), []
        self.city = City.open(path)
        register = self.city.register
        self.checklist = Checklist.of_pack(self.city.pack)
        self.rows = register.rows("station")
        self.busy = self.rows[BUSY]["id"]
        self.bare = Bare(self.city)
        print(f"{len(self.rows)} stations, {register.seq()} events, {register.backend}")

    def opening(self) -> None:
        """Open the city as a server does, and look once at each."""
        from web.app import create_app

        spent = seconds(lambda: City.open(self.path).now().stations())
        print(f"{'opened, with its stations':<34} {spent:7.2f} s")
        answers = City.open(self.path).now()
        spent = seconds(lambda: answers.idle(answers.today()))
        print(f"{'who does not serve, first':<34} {spent:7.2f} s")
        spent = seconds(answers.inspections)
        peer = seconds(lambda: self.bare.read("SELECT * FROM inspection"))
        print(f"{'newest judgement of every line':<34} {spent:7.2f} s, bare rows {peer:.2f} s")
        self.client = create_app(self.path).test_client()
        sign_in(self.client, self.path)
        for name, path in (("me", f"{API}/me"), ("the first list of sites", f"{API}/sites")):
            spent = seconds(lambda path=path: self._get(path))
            print(f"{name:<34} {spent:7.2f} s")
        self.csrf = self._get(f"{API}/me")["csrf"]
        print(f"\n{'':<34}     median      worst  processor  bare driver  ratio")

    def popup_to_checklist(self) -> None:
        """Tap a station, then its checklist."""
        some = "SELECT * FROM inspection WHERE station_id ="
        last = "ORDER BY at DESC LIMIT 40"
        for name, path, sql in (
            (
                "card of a station",
                "/api/v1/stations/{id}",
                "SELECT * FROM station WHERE id = '{id}'",
            ),
            ("its checklist", f"{API}/sites/{{id}}", f"{some} '{{id}}' {last}"),
            ("public checklist", "/api/v1/stations/{id}/checklist", f"{some} '{{id}}' {last}"),
        ):
            for whose, own in ((", any", None), (", the busiest", self.busy)):
                self._row(
                    name + whose,
                    lambda path=path, own=own: self._get(path.format(id=own or self._any())),
                    sql.format(id=own or self._any()),
                )
        self._row(
            "checklist of the edition", lambda: self._get(f"{API}/checklists/{self.checklist.id}")
        )
        self._row("me", lambda: self._get(f"{API}/me"))
        ids = lambda: ",".join(self._any() for _ in range(50))  # noqa: E731
        self._row("50 sites taken along", lambda: self._get(f"{API}/taken?ids={ids()}"), limit=1500)

    def lists(self) -> None:
        """List the sites, of a whole city and of a county."""
        lon, lat = self.rows[5]["geometry"]
        words = quote("衢江路")
        for name, query in (
            ("sites of today", "list=today"),
            ("sites due", "list=due"),
            ("sites due, page 1000", "list=due&offset=20000"),
            ("sites with orders", "list=orders"),
            ("sites nearby", f"list=near&lon={lon}&lat={lat}"),
            ("all sites", "list=all"),
            ("sites by words", f"list=all&q={words}"),
        ):
            self._row(name, lambda query=query: self._get(f"{API}/sites?{query}&limit=20"))
        for name, path in (
            ("page of orders", "/manage/orders"),
            ("page of overdue orders", "/manage/orders?state=overdue"),
            ("page of supervision", "/manage/supervision"),
        ):
            if self.client.get(path).status_code == 200:
                self._row(name, lambda path=path: self.client.get(path).data)

    def history(self) -> None:
        """Page through visits."""
        some = f"SELECT * FROM inspection WHERE station_id = '{self.busy}'"
        first = f"{API}/sites/{self.busy}/visits"
        self._row(
            "visits of the busiest, first page",
            lambda: self._get(first),
            f"{some} ORDER BY at DESC LIMIT 21",
        )
        place = None
        for _ in range(50):
            place = self._get(first + (f"?before={quote(place)}" if place else ""))["next"]
        at = place.split(",")[0]
        self._row(
            "the same, page 51",
            lambda: self._get(f"{first}?before={quote(place)}"),
            f"{some} AND at < '{at}' ORDER BY at DESC LIMIT 21",
        )
        visits = [v["id"] for v in self._get(first)["visits"]]
        self._row(
            "one visit",
            lambda: self._get(f"{API}/visits/{self.rng.choice(visits)}"),
            f"SELECT * FROM inspection WHERE id = '{visits[0]}'",
        )

    def coverage(self) -> None:
        """Switch between built and effective coverage."""
        box = ",".join(f"{v:.4f}" for v in self._view())
        for name, path in (
            ("figures", "/api/v1/summary?"),
            ("gaps in view", f"/api/v1/map/gaps?bbox={box}&zoom=15&"),
            ("stations in view", f"/api/v1/map/stations?bbox={box}&zoom=15&"),
        ):
            for which in ("built", "effective"):
                spent = seconds(lambda path=path, which=which: self._get(f"{path}coverage={which}"))
                self._row(
                    f"{name}, {which}",
                    lambda path=path, which=which: self._get(f"{path}coverage={which}"),
                )
                if spent > 1:
                    print(f"{'  its first look':<34} {spent:7.2f} s")

    def submitting(self) -> None:
        """Send visits, and look after each."""
        peer = statistics.median(self._times(self.bare.write)[0])
        for name, failing in (("a visit", False), ("a visit with an order", True)):
            self._row(name, lambda failing=failing: self._submit(failing=failing), peer_ms=peer)
        box = ",".join(f"{v:.4f}" for v in self._view())
        for name, path in (
            ("sites of today", f"{API}/sites?list=today"),
            ("its checklist", f"{API}/sites/{self._any()}"),
            ("figures, effective", "/api/v1/summary?coverage=effective"),
            ("gaps, effective", f"/api/v1/map/gaps?bbox={box}&zoom=15&coverage=effective"),
        ):
            self._row(
                f"after a visit: {name}",
                lambda path=path: self._get(path),
                before=lambda: self._submit(failing=True),
                limit=1000,
            )

    def verified(self) -> None:
        """Let ``db verify`` go through all of it, in a process of its own."""
        command = [sys.executable, "-m", "stationmap", "db", "verify", str(self.path)]
        start = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        spent = time.perf_counter() - start
        # the pictures of the generated photos are not there, and it says so
        said = (done.stdout + done.stderr).splitlines()
        print(f"{'db verify':<34} {spent:7.2f} s  {said[-1][:60] if said else ''}")

    # -- the ways to measure

    def _row(
        self,
        name: str,
        work: Callable[[], object],
        sql: str = "",
        *,
        peer_ms: float | None = None,
        before: Callable[[], object] = lambda: None,
        limit: float = LIMIT_MS,
    ) -> None:
        before()
        work()
        walls, cpus = self._times(work, before=before)
        took, worst, cpu = statistics.median(walls), max(walls), statistics.median(cpus)
        if sql:
            peer_ms = statistics.median(self._times(lambda: self.bare.read(sql))[0])
        ratio = f"{peer_ms:9.2f} ms {took / peer_ms:6.1f}" if peer_ms else ""
        print(f"{name:<34} {took:7.1f} ms {worst:7.1f} ms {cpu:7.1f} ms {ratio}", flush=True)
        if took > limit:
            self.slow.append(f"{name}: {took:.0f} ms")

    @staticmethod
    def _times(
        work: Callable[[], object], *, before: Callable[[], object] = lambda: None
    ) -> tuple[list[float], list[float]]:
        """Milliseconds of the rounds: on the wall, and of this thread's processor."""
        walls, cpus = [], []
        for _ in range(ROUNDS):
            before()
            start = SimpleNamespace(wall=time.perf_counter(), cpu=time.thread_time())
            work()
            walls.append((time.perf_counter() - start.wall) * 1e3)
            cpus.append((time.thread_time() - start.cpu) * 1e3)
        return walls, cpus

    def _get(self, path: str) -> dict:
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answers {answer.status_code}: {answer.text[:200]}")
        return answer.json

    def _submit(self, *, failing: bool) -> None:
        row = self.rng.choice(self.rows)
        keys = [line.key for line in self.checklist.of_type(row["type"])]
        answers, now = dict.fromkeys(keys, "met"), dt.datetime.now(dt.UTC).isoformat()
        order = None
        if failing:
            answers["Q-C8#1"] = "not_met"
            due = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=15)
            order = {"id": str(uuid.uuid4()), "lines": ["Q-C8#1"], "due": due.isoformat()}
        sent = {
            "id": str(uuid.uuid4()),
            "station_id": row["id"],
            "checklist": self.checklist.id,
            "visit": "call",
            "claimed_at": now,
            "sent_at": now,
            "answers": answers,
            "order": order,
        }
        answer = self.client.post(f"{API}/visits", json=sent, headers={"X-CSRFToken": self.csrf})
        if answer.status_code != 201:
            raise SystemExit(f"a visit answers {answer.status_code}: {answer.text[:200]}")

    def _any(self) -> str:
        return self.rng.choice(self.rows)["id"]

    def _view(self) -> tuple[float, float, float, float]:
        lon, lat = self.rng.choice(self.rows)["geometry"]
        return lon - 0.03, lat - 0.01, lon + 0.03, lat + 0.01


if __name__ == "__main__":
    main()
