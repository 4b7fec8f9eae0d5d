"""A town with orders: inspected stations of two counties, photos, and who looks after them."""

import datetime as dt
import io
import uuid
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from pages_town import make, table
from PIL import Image
from signed_in import account, client

from stationmap.city import sent, visits
from stationmap.city.photos import Photos
from stationmap.inspections import Checklist
from stationmap.inspections.orders import UNSETTLED
from stationmap.store import Change
from web.app import create_app

WEST, EAST = "330802", "330803"
ZONE = ZoneInfo("Asia/Shanghai")


def photo(colour="red", size=(640, 480)):
    """Bytes of a JPEG photo of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "JPEG")
    return stream.getvalue()


def new():
    return str(uuid.uuid4())


class Town:
    """The town's application, its people, and what they do."""

    def __init__(self, folder, *, clock=None):
        city = make(folder)
        rows = [
            {"编号": "U1", "名称": "某街道办事处", "所属区县": WEST},
            {"编号": "U2", "名称": "市图书馆", "所属区县": EAST},
        ]
        city.import_file("units", table(folder / "units.csv", rows))
        self.app = create_app(city.path)
        if clock:
            self.app.config["CLOCK"] = clock
        self.city = self.app.extensions["city"]
        self.register = self.city.register
        self.write(
            *(Change("station", own, {"unit_id": "U1"}) for own in ("P0", "P40", "P80", "P300")),
            Change("station", "P640", {"unit_id": "U2", "unit": "市图书馆"}),
        )
        self.photos = Photos(city.path)
        self.inspector = account(self.register, role="inspector", adcode=WEST)
        self.other = account(self.register, role="inspector", adcode=EAST)
        self.people = SimpleNamespace(
            unit=client(self.app, role="unit", unit_id="U1", adcode=WEST),
            library=client(self.app, role="unit", unit_id="U2", adcode=EAST),
            inspector=client(self.app, own=self.inspector),
            planner=client(self.app, role="planner"),
            west=client(self.app, role="county", adcode=WEST),
            east=client(self.app, role="county", adcode=EAST),
            city=client(self.app),
            public=self.app.test_client(),
        )
        self.checklist = Checklist.of_pack(self.city.pack)
        self.lines = [line.key for line in self.checklist.of_type("point")]

    def write(self, *changes):
        self.register.write(list(changes), action=new(), by="cli", kind="edit")

    def now(self):
        return self.app.config["CLOCK"]()

    def visit(self, station="P0", *, failed=(), photos=None, by=None, days=15, ago=0, **more):
        """Submit an inspection; with failed lines an order comes of it."""
        by = by or self.inspector
        at = self.now() - dt.timedelta(days=ago)
        kept = {}
        for key, pictures in (photos or {}).items():
            for data in pictures:
                kept.setdefault(key, {})[new()] = self.photos.keep(data)
        by_id = {own: picture for some in kept.values() for own, picture in some.items()}
        due = (at.astimezone(ZONE) + dt.timedelta(days=days)).date().isoformat()
        order = {"order": {"id": new(), "lines": list(failed), "due": due}} if failed else {}
        if "order_id" in more:
            looked_at = self.register.get("rectification", more["order_id"])["lines"]
        else:
            looked_at = failed or self.lines
        asked = {
            "id": new(),
            "station_id": station,
            "checklist": self.checklist.id,
            "visit": "call",
            "claimed_at": at.isoformat(),
            "sent_at": at.isoformat(),
            "answers": {key: "not_met" if key in failed else "met" for key in looked_at},
            "photos": {key: list(some) for key, some in kept.items()},
            **({} if "order_id" in more else order),
            **more,
        }
        return visits.submit(
            self.register, self.city.now(), sent.read(asked), by=by, pictures=by_id.get, now=at
        )

    def fresh(self, station, count=1):
        """Lines of a station that no order names that stands; first those that none ever did."""
        rows = self.register.rows("rectification", station_id=station)
        named = {key for row in rows for key in row["lines"]}
        there = {key for row in rows if row["state"] in UNSETTLED for key in row["lines"]}
        free = [key for key in self.lines[2:] if key not in there]
        return sorted(free, key=lambda key: key in named)[:count]

    def order(self, station="P0", *, failed=None, **more):
        """Issue an order by an inspection; its row."""
        failed = failed or self.fresh(station)
        return self.visit(station, failed=failed, **more).order

    def row(self, order):
        """The order as it stands."""
        return self.register.get("rectification", order["id"])
