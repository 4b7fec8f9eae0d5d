"""The town as residents find it: a Thursday that stands still, stations that differ."""

import datetime as dt
import threading
from types import SimpleNamespace

import pytest
from pages_town import make, place
from werkzeug.serving import make_server

from stationmap.store import Change
from web.app import create_app

NOON = dt.datetime(2026, 3, 5, 4, 0, tzinfo=dt.UTC)  # a Thursday, 12:00 in the town
NIGHT = dt.datetime(2026, 3, 5, 15, 0, tzinfo=dt.UTC)
HERE = place(320, 5)  # 20 m east of P300
# station -> what it has, and when it is open
FACTS = {
    "P300": {"supplies": "water", "hours": "08:30-17:30", "phone": "0570-8880000"},
    "P80": {"supplies": "umbrella;water", "hours": "08:30-17:30"},
    "P40": {"supplies": None, "hours": "看情况"},
    "P0": {"supplies": "umbrella", "hours": "24小时"},
    "P640": {"supplies": "umbrella;charging", "hours": "08:30-17:30", "status": "suspended"},
    "HOSTILE": {"supplies": "umbrella", "hours": "08:30-17:30"},
}
MARK = "7d0b3b5e-3a59-4c4b-9f0e-66666666666{}"


def near_town(folder):
    """A town of its own, with those facts."""
    city = make(folder)
    changes = [Change("station", own, facts) for own, facts in FACTS.items()]
    city.register.write(changes, action=MARK.format(1), by="cli", kind="edit")
    return city


def near_app(city, *, at=NOON):
    """The application of a city, by a clock that stands still."""
    app = create_app(city.path)
    app.config["CLOCK"] = lambda: at
    return app


def serve_app(app):
    """Serve an application on a free port of this computer; has address and close()."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def close():
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

    return SimpleNamespace(address=f"http://127.0.0.1:{server.port}", close=close)


def asked(lon=HERE[0], lat=HERE[1], **more):
    """A question as the page's address has it."""
    return {"lon": f"{lon:.5f}", "lat": f"{lat:.5f}", **more}


@pytest.fixture(scope="module")
def near_city(tmp_path_factory):
    """The town; do not change it."""
    return near_town(tmp_path_factory.mktemp("near"))
