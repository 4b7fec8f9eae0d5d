"""The API keeps to its own OpenAPI document, and the document names every public route."""

import datetime as dt
import re

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pages_town import client, town  # noqa: F401
from schemathesis import GenerationMode

from web.access import access_of
from web.app import create_app
from web.ogc_asks import EPSG
from web.open_files import FILES
from web.openapi_paths import OPERATIONS

EXAMPLES = {"/data/": 3}  # files take long to write
MOST_EXAMPLES = 6
SEED = 6
PUBLIC_DATA = ("/api/", "/ogc/", "/data/")
INSTANTS = st.datetimes().map(lambda at: f"{at:%Y}".zfill(4) + f"{at:-%m-%dT%H:%M:%SZ}")
schemathesis.openapi.format(
    "ogc-datetime", st.one_of(INSTANTS, INSTANTS.map(lambda at: f"../{at}"))
)
schemathesis.openapi.format(
    "open-at",
    st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2099, 1, 1)).map(
        lambda at: f"{at:%Y-%m-%dT%H:%M}"
    ),
)


schemathesis.openapi.format(
    "station-changes",
    st.sampled_from(["", "[]", '[{"station_id":"new-1","lon":118.87,"lat":28.95,"type":"point"}]']),
)


@schemathesis.hook
def map_query(context, query):
    """Hold a box to what the schema of one cannot say, and leave out one of two that exclude."""
    query = query or {}
    try:
        box = [float(v) for v in query.get("bbox", "").split(",")]
    except (AttributeError, ValueError):
        box = []
    if len(box) in (4, 6):
        half = len(box) // 2
        box[:] = [max(min(v, 90), -90) for v in box]
        for axis in range(1, half):
            box[axis], box[axis + half] = sorted((box[axis], box[axis + half]))
        query["bbox"] = ",".join(map(str, box))
        if str(query.get("bbox-crs", "")).startswith(EPSG):
            del query["bbox-crs"]
    if query.get("out_datum") in ("gcj02", "bd09") and str(query.get("crs", "")).startswith("http"):
        del query["crs"]
    along = query.get("rule") in (None, "", "Q-S1")
    if context.operation.path.startswith("/api/v1/plan") and not along:
        # only plans along streets are narrowed to some, or have points without a host
        for name in ("street", "free_standing"):
            query.pop(name, None)
    return query


@schemathesis.hook
def filter_query(context, query):
    """Pass over values that stand several times: but by OGC, the first of them is read."""
    several = (name for name, value in (query or {}).items() if isinstance(value, (list, dict)))
    return context.operation.path.startswith("/ogc") or set(several) <= {"supply"}


@pytest.fixture(scope="module")
def document(client):  # noqa: F811
    return client.get("/api/v1/openapi.json").json


@pytest.fixture(scope="module")
def api(town):  # noqa: F811
    app = create_app(town.path)

    def plain(environ, start):
        environ.pop("HTTP_ACCEPT_ENCODING", None)  # nobody would unpack it here
        return app(environ, start)

    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", plain)


def test_the_document_names_every_public_route_of_the_data(client, document):  # noqa: F811
    rules = client.application.url_map.iter_rules()
    public = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in rules
        if access_of(client.application, rule.endpoint).permission is None
        and rule.rule.startswith(PUBLIC_DATA)
    }
    public -= {"/api/v1/openapi.json", "/data/{name}.{ending}"}
    files = {path for path in document["paths"] if path.startswith("/data/{")}
    assert public == set(document["paths"]) - files
    assert files == {f"/data/{{collection_id}}.{ending}" for ending in FILES}
    for path in files:
        address = path.format(collection_id="stations")
        assert client.get(address).status_code == 200


def test_the_document_is_in_the_readers_language(client, document):  # noqa: F811
    english = client.get("/api/v1/openapi.json?lang=en").json
    assert document["info"]["title"] == "礼城 · 开放数据"
    assert english["info"]["title"] == "礼城 · Open data"
    assert english["paths"].keys() == document["paths"].keys()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", [op.path for op in OPERATIONS])
def test_every_route_keeps_to_the_document(api, path, mode):
    asked = []

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES.get(path[:6], MOST_EXAMPLES),
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=api[path]["GET"].as_strategy(generation_mode=mode))
    def holds(case):
        asked.append(case)
        case.call_and_validate()

    holds()
    assert asked
