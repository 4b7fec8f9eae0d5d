"""What a hand does with scenarios: changes, and the API's questions with their token."""

import uuid

from pages_town import place

API = "/api/v1/scenarios"
WEST, EAST = "330802", "330803"


def new(number, x, y=5, **more):
    lon, lat = place(x, y)
    return {"station_id": f"new-{number}", "lon": lon, "lat": lat, "type": "point", **more}


def moved(own, x, y=5):
    lon, lat = place(x, y)
    return {"station_id": own, "lon": lon, "lat": lat}


def send(client, method, path="", *, action=None, **body):
    """Send JSON with the token that the list of scenarios gives."""
    token = client.get(API).json["csrf"]
    sent = {"action": action or str(uuid.uuid4()), **body}
    return client.open(API + path, method=method, json=sent, headers={"X-CSRFToken": token})


def keep(client, *changes, name="方案一", **more):
    answer = send(client, "POST", name=name, changes=list(changes), **more)
    assert answer.status_code == 201, answer.text
    return answer.json


def adopt(client, made, **more):
    version = client.get(f"{API}/{made['id']}").json["version"]
    return send(client, "POST", f"/{made['id']}/adopt", version=version, **more)


def status_of(city, own):
    row = city.register.get("station", own)
    return row and row["status"]
