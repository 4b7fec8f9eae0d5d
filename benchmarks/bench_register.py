"""The register with 100 000 stations and 1 000 000 events: what each question and each write takes.

    python benchmarks/bench_register.py [--stations 100000] [--events 1000000] [--streets 20000]
    python benchmarks/bench_register.py --postgis postgresql://postgres@localhost/bench

An empty database is asked of ``--postgis``. The stations come in by an ordinary import of a table;
their past is written straight into the tables (`registergen`), and ``db verify`` confirms it. Every
question is asked of `stationmap.store.Register` and, as its peer, as the same rows by the bare
driver (sqlite3, psycopg) from the same database, or by pandas; the pages are asked of the
application itself, signed in. Times are medians and the slowest of twenty, of this machine; what
counts is the ratio, and that no answer takes longer than 150 ms.
"""

import argparse
import json
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from citygen import generate, lists
from registergen import BUSY, grow, station_names

from stationmap import City
from stationmap.store import Change, Register

LIMIT_MS = 150.0
ROUNDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stations", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--streets", type=int, default=20_000)
    parser.add_argument("--postgis", metavar="URL", help="an empty database instead of a file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        city = make(folder, options)
        print(f"{options.stations} stations, {city.register.seq()} events, {city.register.backend}")
        bench = Bench(city, stations=options.stations)
        bench.questions()
        bench.writes()
        bench.pages()
        bench.other_worker()
        bench.keeping(folder)
        bench.verdict()


def make(folder: Path, options: argparse.Namespace) -> City:
    """Import the city, time the import of its stations, and give it a past."""
    path = folder / "city"
    City.create(path, standard="quzhou-2018", name="bench", adcode="339900")
    if options.postgis:
        settings = path / "city.toml"
        told = settings.read_text("utf-8").replace('url = ""', f'url = "{options.postgis}"')
        settings.write_text(told, "utf-8")
    city = City.open(path)
    made = generate(streets=options.streets, stations=options.stations)
    for kind, frame in lists(made, facilities=2_000):
        if kind in ("streets", "districts"):
            frame.to_parquet(folder / f"{kind}.parquet")
            city.import_file(kind, folder / f"{kind}.parquet", datum="wgs84")
        elif kind == "stations":
            office_list(frame).to_csv(folder / "stations.csv", index=False)
    file = folder / "stations.csv"
    ours_s = seconds(lambda: city.import_file("stations", file, datum="wgs84"))
    peer_s = seconds(lambda: bare_import(file, folder / "bare.sqlite"))
    print(
        f"import of the stations   {ours_s:.1f} s, read_csv and to_sql {peer_s:.1f} s, "
        f"ratio {ours_s / peer_s:.1f}"
    )
    spent = seconds(lambda: grow(city.register, events=options.events))
    print(f"(their past was written in {spent:.0f} s)")
    return City.open(path)


def office_list(stations: pd.DataFrame) -> pd.DataFrame:
    """Return the stations as a table with columns of coordinates, called as shops are."""
    points = stations.geometry.to_numpy()
    table = pd.DataFrame(stations.drop(columns="geometry"))
    table["站点名称"] = station_names(len(table))
    return table.assign(经度=shapely.get_x(points).round(7), 纬度=shapely.get_y(points).round(7))


def bare_import(file: Path, target: Path) -> None:
    with closing(sqlite3.connect(target)) as bare:
        pd.read_csv(file).to_sql("station", bare, index=False)


class Bench:
    """Measures one city; `slow` are the answers that took too long."""

    def __init__(self, city: City, *, stations: int) -> None:
        self.city, self.register = city, city.register
        self.rng = random.Random(1)
        self.ids = [f"S{n}" for n in range(stations)]
        self.slow: list[str] = []
        self.places = np.array(
            [row["geometry"] for row in self.register.find_stations(limit=1000)[1]]
        )

    # -- what is asked ---------------------------------------------------------------------------

    def questions(self) -> None:
        """Ask the register, and the bare driver for the same rows."""
        ask = self.register.find_stations
        some = "SELECT * FROM station"
        order = "ORDER BY name, id LIMIT 50"
        print("\nquestion                       median      worst   bare driver   ratio")
        self._row("number of the last event", self.register.seq, "SELECT seq FROM head")
        self._row("list, first page", ask, f"{some} {order}")
        self._row(
            "list, last page",
            lambda: ask(offset=len(self.ids) - 50),
            f"{some} {order} OFFSET {len(self.ids) - 50}",
        )
        self._row(
            "list of a county, by status",
            lambda: ask(adcode="339903", status="suspended"),
            f"{some} WHERE status = 'suspended' AND adcode LIKE '339903%' {order}",
        )
        for what, words in (("rare", "书店4711"), ("common", "衢江路"), ("unknown", "没有的店")):
            self._row(
                f"search, {what} words",
                lambda words=words: ask(words=words),
                f"{some} WHERE name LIKE '%{words}%' OR address LIKE '%{words}%' {order}",
            )
        self._row("viewport", lambda: ask(bbox=self._view(), limit=2000))
        self._row("one station", lambda: self.register.get("station", self.rng.choice(self.ids)))
        events = "SELECT * FROM event WHERE entity = 'station' AND entity_id ="
        last = "ORDER BY seq DESC LIMIT 50"
        self._row(
            "history of a station",
            lambda: self.register.history("station", self.rng.choice(self.ids)),
            f"{events} '{self.ids[77]}' {last}",
        )
        busy = self.ids[BUSY]
        self._row(
            "history of the busiest station",
            lambda: self.register.history("station", busy),
            f"{events} '{busy}' {last}",
        )
        middle = self.register.seq() // 2
        self._row(
            "the same, older pages",
            lambda: self.register.history("station", busy, before=middle),
            f"{events} '{busy}' AND seq < {middle} {last}",
        )
        self._row(
            "list of actions",
            self.register.actions,
            "SELECT * FROM action ORDER BY number DESC LIMIT 50",
        )
        first = self.register.actions(kinds=["import"])[-1].id
        self._row("page of an import's events", lambda: self.register.events(first, offset=50_000))
        whole = seconds(self.register.snapshot)
        peer = seconds(lambda: self._read("SELECT * FROM station"))
        print(
            f"all of it, read anew     {whole:.2f} s, pandas {peer:.2f} s, ratio {whole / peer:.1f}"
        )
        opened = seconds(lambda: Register.open(self.city.config.database.url or self._file()))
        print(f"opened                   {opened * 1e3:.0f} ms")

    def _row(self, name: str, ours: Callable[[], object], sql: str = "") -> None:
        took, worst = median_ms(ours)
        peer = median_ms(lambda: self._bare(sql))[0] if sql else None
        ratio = f"{peer:9.2f} ms {took / peer:7.1f}" if peer else ""
        print(f"{name:<30} {took:7.2f} ms {worst:7.1f} ms {ratio}")
        self._judge(name, took)

    def _judge(self, name: str, took_ms: float) -> None:
        if took_ms > LIMIT_MS:
            self.slow.append(f"{name}: {took_ms:.0f} ms")

    def _view(self) -> tuple[float, float, float, float]:
        """A view as at zoom 15 on a desk's screen."""
        lon, lat = self.rng.choice(self.places)
        return lon - 0.03, lat - 0.01, lon + 0.03, lat + 0.01

    def _file(self) -> Path:
        return self.city.path / "register.sqlite"

    def _connection(self):
        if self.register.backend == "sqlite":
            return sqlite3.connect(self._file())
        import psycopg

        return psycopg.connect(self.city.config.database.url)

    def _bare(self, sql: str) -> list:
        if not hasattr(self, "_kept"):
            self._kept = self._connection()
        return self._kept.execute(sql).fetchall()

    def _read(self, sql: str) -> pd.DataFrame:
        with closing(self._connection()) as bare:
            done = bare.execute(sql)
            return pd.DataFrame(done.fetchall(), columns=[c[0] for c in done.description])

    # -- what is written -------------------------------------------------------------------------

    def writes(self) -> None:
        """Write one edit, and take in what others wrote."""
        held = [self.register.snapshot()]

        def edit() -> None:
            self._edit(self.rng.choice(self.ids))

        def catch_up() -> None:
            held[0] = self.register.snapshot(held[0])

        took, worst = median_ms(edit)
        peer = median_ms(self._bare_edit)[0]
        print(f"{'one edit, on the disk':<30} {took:7.2f} ms {worst:7.1f} ms {peer:9.2f} ms "
              f"{took / peer:7.1f}")  # fmt: skip
        times = []
        for _ in range(ROUNDS):
            edit()
            times.append(seconds(catch_up) * 1e3)
        print(f"{'one edit, taken in elsewhere':<30} {statistics.median(times):7.2f} ms")
        self._judge("one edit, taken in elsewhere", statistics.median(times))

    def _edit(self, station: str, **columns: object) -> None:
        after = columns or {"hours": f"08:00-{self.rng.randint(17, 23)}:{self.rng.randint(10, 59)}"}
        change = Change("station", station, after)
        self.register.write([change], action=str(uuid.uuid4()), by="bench", kind="edit")

    def _bare_edit(self) -> None:
        with closing(self._connection()) as bare:
            if self.register.backend == "sqlite":
                bare.execute("PRAGMA synchronous=FULL")
            bare.execute("CREATE TABLE IF NOT EXISTS bare_edit (id TEXT, hours TEXT)")
            bare.execute(f"INSERT INTO bare_edit VALUES ('{self.rng.choice(self.ids)}', '08:00')")
            bare.commit()

    # -- what the pages take ---------------------------------------------------------------------

    def pages(self) -> None:
        """Ask the application, signed in as the city's administrator."""
        from web.app import create_app

        client = create_app(self.city.path).test_client()
        sign_in(client, self.city.path)
        print("\npage                           median      worst")
        county = "339903"
        for name, path in (
            ("list of stations", lambda: "/manage/stations"),
            ("its last page", lambda: f"/manage/stations?offset={len(self.ids) - 50}"),
            ("search", lambda: "/manage/stations?q=%E8%A1%A2%E6%B1%9F%E8%B7%AF"),
            ("list of a county", lambda: f"/manage/stations?district={county}"),
            ("one station", lambda: f"/manage/stations/edit?id={self.rng.choice(self.ids)}"),
            ("its history", lambda: f"/manage/stations/history?id={self.rng.choice(self.ids)}"),
            ("history, busiest", lambda: f"/manage/stations/history?id={self.ids[BUSY]}"),
            ("list of changes", lambda: "/manage/stations/changes"),
            ("待定位", lambda: "/manage/locate"),
            ("map, view at zoom 15", lambda: f"/api/v1/map/stations?bbox={self._box()}&zoom=15"),
            ("map, whole city", lambda: f"/api/v1/map/stations?bbox={self._city_box()}&zoom=9"),
            ("card of a station", lambda: f"/api/v1/stations/{self.rng.choice(self.ids)}"),
        ):
            warm = client.get(path())
            if warm.status_code != 200:
                print(f"{name:<30} answers {warm.status_code}")
                continue
            took, worst = median_ms(lambda path=path: client.get(path()))
            print(f"{name:<30} {took:7.1f} ms {worst:7.1f} ms")
            self._judge(f"page: {name}", took)

    def _box(self) -> str:
        return ",".join(f"{v:.5f}" for v in self._view())

    def _city_box(self) -> str:
        (west, south), (east, north) = self.places.min(axis=0), self.places.max(axis=0)
        return f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}"

    def other_worker(self) -> None:
        """Move a station here, and wait until another process shows it."""
        command = [sys.executable, "-m", "stationmap", "serve", str(self.city.path), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                address = re.search(r"http://\S+?/?(?=\s|$)", server.stdout.readline())[0]
                address = address.rstrip("/")
                read = lambda path: json.load(urllib.request.urlopen(f"{address}{path}"))  # noqa: E731
                read("/api/v1/summary?")
                told: dict[str, list[float]] = {"map": [], "gaps": [], "figures": [], "card": []}
                for n in range(5 * len(told)):
                    name = list(told)[n % len(told)]
                    station = self.rng.choice(self.ids)
                    lon, lat = map(float, self.rng.choice(self.places))
                    place = (round(lon + 0.0001 * n, 6), lat)
                    self._edit(station, geometry=place)
                    box = f"{lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}"
                    paths = {
                        "map": f"/api/v1/map/stations?bbox={box}&zoom=16",
                        "gaps": f"/api/v1/map/gaps?bbox={box}&zoom=16",
                        "figures": "/api/v1/summary",
                        "card": f"/api/v1/stations/{station}",
                    }
                    start = time.perf_counter()
                    shown = read(paths[name])
                    told[name].append(time.perf_counter() - start)
                    if name == "card" and abs(shown["place"][0] - place[0]) > 1e-5:
                        self.slow.append("another worker does not show the change")
                print("\nafter one edit, another worker answers with it in (median of 5)")
                for name, times in told.items():
                    print(f"{name:<30} {statistics.median(times) * 1e3:7.0f} ms")
                    if statistics.median(times) > 1.0:
                        self.slow.append(f"another worker, {name}: more than a second")
            finally:
                server.terminate()

    # -- keeping it ------------------------------------------------------------------------------

    def keeping(self, folder: Path) -> None:
        """Back up, verify and restore, each in a process of its own; the peer copies the file."""
        backup = folder / "backup.sqlite"
        for name, *arguments in (
            ("db backup", "backup", str(self.city.path), "--out", str(backup)),
            ("db verify", "verify", str(self.city.path)),
            ("db restore", "restore", str(self.city.path), str(backup)),
        ):
            start = time.perf_counter()
            command = [sys.executable, "-m", "stationmap", "db", *arguments]
            quiet = subprocess.DEVNULL
            subprocess.run(command, check=True, stdout=quiet, stderr=quiet)
            print(f"{name:<30} {time.perf_counter() - start:6.1f} s")
        copied = seconds(lambda: shutil.copyfile(backup, folder / "copy.sqlite"))
        size = backup.stat().st_size / 1e6
        print(f"copy of the backup's {size:.0f} MB   {copied:6.1f} s")

    def verdict(self) -> None:
        """Say what was too slow."""
        print(f"\nslower than {LIMIT_MS:.0f} ms:" if self.slow else "\nnothing was too slow")
        for line in self.slow:
            print(f"  {line}")


def sign_in(client, path: Path) -> None:
    """Make an administrator and sign in."""
    word = uuid.uuid4().hex
    command = [sys.executable, "-m", "stationmap", "account", "add", str(path), f"bench-{word[:6]}"]
    subprocess.run(command, input=f"{word}\n", text=True, check=True, stdout=subprocess.DEVNULL)
    form = client.get("/login").text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)[1]
    sent = {**hidden, "csrf_token": token, "name": f"bench-{word[:6]}", "password": word}
    if client.post("/login", data=sent).status_code not in (302, 303):
        raise SystemExit("the application does not let us in")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_ms(work: Callable[[], object]) -> tuple[float, float]:
    """Median and worst of the rounds, the first one left out."""
    work()
    times = [seconds(work) * 1e3 for _ in range(ROUNDS)]
    return statistics.median(times), max(times)


if __name__ == "__main__":
    main()
