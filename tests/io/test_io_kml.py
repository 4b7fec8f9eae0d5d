"""KML and KMZ: what people draw comes in as drawn, nothing else is opened; what goes out opens."""

import warnings
import zipfile
from datetime import date
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stationmap.errors import CrsError, InputError
from stationmap.io import kml, kml_write, vector

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
POINT = "<Point><coordinates>118.85,28.95,12.5</coordinates></Point>"
SQUARE = "0,0 0,4 4,4 4,0 0,0"
HOLE = "1,1 1,2 2,2 2,1 1,1"


def ring(which, places):
    return f"<{which}><LinearRing><coordinates>{places}</coordinates></LinearRing></{which}>"


def written(path, inside, *, head=HEAD, encoding="utf-8"):
    path.write_bytes(f"{head}<Document>{inside}</Document></kml>".encode(encoding))
    return path


def mark(shape="", *, name="站", more=""):
    return f"<Placemark><name>{name}</name>{more}{shape}</Placemark>"


def shape_of(tmp_path, shape):
    return kml.read(written(tmp_path / "x.kml", mark(shape))).geometry.iloc[0]


@pytest.mark.parametrize(
    ("drawn", "wkt"),
    [
        (POINT, "POINT (118.85 28.95)"),
        (
            "<LineString><coordinates>1,2\n\t3,4,0 </coordinates></LineString>",
            "LINESTRING (1 2, 3 4)",
        ),
        ("<Point><coordinates>1 , 2, 0</coordinates></Point>", "POINT (1 2)"),
        (
            f"<Polygon>{ring('outerBoundaryIs', SQUARE)}{ring('innerBoundaryIs', HOLE)}</Polygon>",
            "POLYGON ((0 0, 0 4, 4 4, 4 0, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))",
        ),
        # the hole first, the ring not closed
        (
            (
                f"<Polygon>{ring('innerBoundaryIs', HOLE)}"
                f"{ring('outerBoundaryIs', SQUARE[:-4])}</Polygon>"
            ),
            "POLYGON ((0 0, 0 4, 4 4, 4 0, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))",
        ),
        (
            f"<MultiGeometry>{POINT}{POINT}</MultiGeometry>",
            "MULTIPOINT (118.85 28.95, 118.85 28.95)",
        ),
        (f"<MultiGeometry>{POINT}</MultiGeometry>", "POINT (118.85 28.95)"),
        (
            (
                f"<MultiGeometry>{POINT}<MultiGeometry><LineString><coordinates>1,2 3,4"
                "</coordinates></LineString></MultiGeometry></MultiGeometry>"
            ),
            "GEOMETRYCOLLECTION (POINT (118.85 28.95), LINESTRING (1 2, 3 4))",
        ),
    ],
)
def test_shapes_are_read_as_drawn(tmp_path, drawn, wkt):
    assert shape_of(tmp_path, drawn).wkt == shapely.from_wkt(wkt).wkt


@pytest.mark.parametrize(
    "drawn",
    [
        "",
        "<MultiGeometry></MultiGeometry>",
        "<Point><coordinates></coordinates></Point>",
        "<Point><coordinates>东,北</coordinates></Point>",
        "<Point><coordinates>nan,1</coordinates></Point>",
        "<Point><coordinates>118.85</coordinates></Point>",
        "<LineString><coordinates>1,2</coordinates></LineString>",
        f"<Polygon>{ring('innerBoundaryIs', HOLE)}</Polygon>",
        f"<Polygon>{ring('outerBoundaryIs', '0,0 1,1')}</Polygon>",
        "<Polygon><outerBoundaryIs/></Polygon>",
        "<Model><Location><longitude>1</longitude></Location></Model>",
    ],
)
def test_what_is_no_shape_is_none_and_its_placemark_stays(tmp_path, drawn):
    frame = kml.read(written(tmp_path / "x.kml", mark(drawn)))
    assert list(frame["name"]) == ["站"]
    assert frame.geometry.iloc[0] is None


def test_names_folders_and_tables_become_columns(tmp_path):
    inside = (
        "<name>全市</name><Folder><name>柯城区</name>"
        + mark(
            POINT,
            name="人民&amp;路<![CDATA[<站>]]>",
            more="<description><![CDATA[<b>好</b>]]></description><ExtendedData>"
            '<SchemaData schemaUrl="#s"><SimpleData name="类型">有礼站</SimpleData></SchemaData>'
            "</ExtendedData>",
        )
        + "<Folder><name>街道</name>"
        + mark(
            more='<ExtendedData><Data name="类型"><displayName>T</displayName>'
            "<value>亭</value></Data>"
            '<Data name="name"><value>别名</value></Data><Data name=""><value>x</value></Data>'
            "</ExtendedData>"
        )
        + "</Folder></Folder>"
        + mark(POINT, name="")
    )
    frame = kml.read(written(tmp_path / "x.kml", inside))
    assert list(frame.columns) == ["name", "description", "layer", "类型", "name_2", "geometry"]
    assert frame["name"].tolist() == ["人民&路<站>", "站", None]
    assert frame["description"].tolist() == ["<b>好</b>", None, None]
    assert frame["layer"].tolist() == ["柯城区", "柯城区/街道", None]
    assert frame["类型"].tolist() == ["有礼站", "亭", None]
    assert frame["name_2"].tolist() == [None, "别名", None]
    assert frame.crs is None  # WGS-84 by definition, GCJ-02 by many a tool: the datum is asked


def test_a_folder_can_be_chosen(tmp_path):
    inside = (
        f"<Folder><name>甲</name>{mark()}<Folder><name>乙</name>{mark()}</Folder></Folder>{mark()}"
    )
    path = written(tmp_path / "x.kml", inside)
    assert len(kml.read(path, layer="甲")) == 2
    assert len(vector.read(path, layer="甲/乙")) == 1
    with pytest.raises(InputError, match="甲, 甲/乙"):
        kml.read(path, layer="丙")


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (HEAD.replace("UTF-8", "gbk"), "gbk"),
        (HEAD, "gbk"),  # a lie
        (HEAD.replace("UTF-8", "GB2312"), "utf-8"),  # another
        (HEAD.replace("UTF-8", "UTF-16"), "utf-16"),
        (HEAD, "utf-8-sig"),
        ("<kml>", "utf-8"),
        ('<kml:kml xmlns:kml="http://earth.google.com/kml/2.1">', "utf-8"),
        ('<!-- made by a tool --><kml xmlns:gx="x">', "utf-8"),
    ],
)
def test_whatever_it_says_of_its_encoding_or_namespace(tmp_path, head, encoding):
    path = written(tmp_path / "x.kml", mark(POINT, name="衢州站" * 9), head=head, encoding=encoding)
    if head.startswith("<kml:"):
        path.write_text(path.read_text().replace("</kml>", "</kml:kml>"))
    assert vector.read(path)["name"].tolist() == ["衢州站" * 9]


def test_prefixes_that_nobody_declared_do_not_matter(tmp_path):
    path = written(
        tmp_path / "x.kml", mark(f"<gx:balloonVisibility>1</gx:balloonVisibility>{POINT}")
    )
    assert kml.read(path).geometry.iloc[0].x == 118.85


def test_links_are_counted_and_not_followed(tmp_path):
    (tmp_path / "other.kml").write_text(f"{HEAD}{mark(POINT, name='other')}</kml>")
    link = "<NetworkLink><name>网</name><Link><href>other.kml</href></Link></NetworkLink>"
    overlay = "<GroundOverlay><Icon><href>http://127.0.0.1:1/x.png</href></Icon></GroundOverlay>"
    frame = vector.read(written(tmp_path / "x.kml", mark(POINT) + link + overlay))
    assert frame["name"].tolist() == ["站"]
    assert [str(n) for n in frame.attrs["notes"]] == [
        "2 links to other files or pictures were not followed"
    ]


BOMB = '<!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
LEAK = '<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [BOMB, LEAK, "<!DOCTYPE kml>"])
def test_a_document_type_is_refused(tmp_path, doctype):
    path = written(tmp_path / "x.kml", mark(name="&a;"), head=doctype + HEAD.partition("?>")[2])
    with pytest.raises(InputError, match="DOCTYPE"):
        vector.read(path)


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<Placemark>\n<name>甲</Placemark>", "line 3: the XML is broken"),
        ("\n\n<Placemark><name>&nbsp;</name></Placemark>", "line 4: the XML is broken"),
        ("<a>" * 500 + "</a>" * 500, "line 2: elements are nested too deeply"),
        ("", "no placemarks"),
    ],
)
def test_bad_xml_is_one_sentence_with_the_line(tmp_path, inside, said):
    with pytest.raises(InputError, match=said) as error:
        kml.read(written(tmp_path / "x.kml", inside))
    assert "x.kml" in str(error.value)


def packed(path, **entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return path


def doc(name):
    return f"{HEAD}{mark(POINT, name=name)}</kml>"


@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ({"doc.kml": doc("主")}, "主"),
        ({"a.kml": doc("甲"), "doc.kml": doc("主")}, "主"),
        ({"files/x.png": "png", "站点.kml": doc("甲"), "b.kml": doc("乙")}, "甲"),
        ({"DOC.KML": doc("大")}, "大"),
        ({"../evil.kml": doc("恶"), "in/good.kml": doc("好")}, "好"),
    ],
)
def test_of_a_kmz_the_main_document_is_read_in_memory(tmp_path, entries, name):
    path = packed(tmp_path / "x.kmz", **entries)
    assert vector.read(path)["name"].tolist() == [name]
    assert [p.name for p in tmp_path.iterdir()] == ["x.kmz"]


def test_a_kmz_that_unpacks_to_too_much_or_holds_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="unpacks to more"):
        vector.read(packed(tmp_path / "a.kmz", **{"doc.kml": " " * 60_000_000}))
    entries = {f"{n}.kml": "" for n in range(1_001)}
    with pytest.raises(InputError, match="unpacks to more"):
        vector.read(packed(tmp_path / "b.kmz", **entries))
    with pytest.raises(InputError, match=r"holds no \.kml"):
        kml.read(packed(tmp_path / "c.kmz", **{"../doc.kml": doc("恶")}))
    with pytest.raises(InputError, match="packed"):
        vector.read(packed(tmp_path / "d.kmz", **{"x.txt": "a"}))
    whole = packed(tmp_path / "e.kmz", **{"doc.kml": doc("主") * 50}).read_bytes()
    (tmp_path / "e.kmz").write_bytes(whole.replace(b"</kml>"[:3], b"??")[:-40])
    with pytest.raises(InputError):
        vector.read(tmp_path / "e.kmz")


# ------------------------------------------------------------------- writing


def stations():
    return gpd.GeoDataFrame(
        {
            "station_id": ["S1", "S2", "S3", "S4"],
            "name": ["人民路<站>&'\"", None, "控制\x01字符\ufffe", "四"],
            "状态": ["a", None, "b", ""],
            "status": ["active", "planned", None, "odd"],
            "share": [0.125, np.nan, np.inf, 3.0],
            "on": [date(2026, 1, 2), None, pd.NaT, date(2026, 1, 3)],
            "supplies": [["伞", "水"], None, [], ["x"]],
        },
        geometry=[
            shapely.Point(118.85, 28.95),
            None,
            shapely.Point(),
            shapely.Polygon([(0, 0), (0, 4), (4, 4), (4, 0)], [[(1, 1), (1, 2), (2, 2)]]),
        ],
        crs="EPSG:4326",
    )


@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_what_is_written_is_read_back(tmp_path, ending):
    gaps = gpd.GeoDataFrame(
        {"gap_id": ["g"], "length_m": [80.0], "street": ["人民路"]},
        geometry=[shapely.MultiLineString([[(1, 2), (3, 4)], [(5, 6), (7, 8)]])],
        crs="EPSG:4326",
    )
    path = tmp_path / f"x.{ending}"
    vector.write(path, {"站点": stations(), "空白路段": gaps})
    back = kml.read(path)
    assert back["layer"].tolist() == ["站点"] * 4 + ["空白路段"]
    assert back["name"].tolist() == ["人民路<站>&'\"", None, "控制字符", "四", "人民路"]
    assert back["状态"].tolist() == ["a", None, "b", None, None]
    assert back["share"].tolist() == ["0.125", None, None, "3", None]
    assert back["on"].tolist() == ["2026-01-02", None, None, "2026-01-03", None]
    assert back["supplies"].tolist() == ["伞, 水", None, None, "x", None]
    assert back["length_m"].tolist() == [None] * 4 + ["80"]
    assert back.geometry.iloc[1] is None
    assert back.geometry.iloc[2] is None
    assert back.geometry.iloc[3].equals(stations().geometry.iloc[3])
    assert back.geometry.iloc[4].equals(gaps.geometry.iloc[0])


@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_gdal_opens_it_with_every_column(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    kml_write.write(path, {"站点": stations(), "空": stations()[:0]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert pyogrio.list_layers(path)[:, 0].tolist() == ["站点", "空"]
        frame = pyogrio.read_dataframe(path, layer="站点")
    assert frame["Name"].tolist()[0] == "人民路<站>&'\""
    assert frame["状态"].tolist()[0] == "a"
    assert frame["share"].dropna().tolist() == [0.125, 3.0]
    assert frame.geometry.iloc[0].equals(shapely.Point(118.85, 28.95))


def styles(path):
    found = ET.parse(path).iter("{http://www.opengis.net/kml/2.2}styleUrl")
    return [element.text for element in found]


def test_colours_tell_states_apart(tmp_path):
    states = pd.Categorical(["met", "not_met", "not_met", "unknown", "not_applicable"])
    force = pd.Categorical(["binding", "binding", "advisory", "advisory", "binding"])
    places = [shapely.Point(1, 2)] * 5
    frame = gpd.GeoDataFrame({"state": states, "force": force}, geometry=places, crs="EPSG:4326")
    kml_write.write(tmp_path / "x.kml", {"f": frame})
    assert styles(tmp_path / "x.kml") == [
        "#met",
        "#not_met",
        "#advised",
        "#unknown",
        "#not_applicable",
    ]
    kml_write.write(tmp_path / "y.kml", {"s": stations()})
    assert styles(tmp_path / "y.kml") == ["#active", "#planned", "#plain", "#plain"]


def test_the_same_content_is_the_same_file(tmp_path):
    for name in ("x.kmz", "y/x.kmz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        kml_write.write(tmp_path / name, {"s": stations()})
    assert (tmp_path / "x.kmz").read_bytes() == (tmp_path / "y/x.kmz").read_bytes()


def test_metres_and_other_endings_are_refused_and_what_stood_there_stays(tmp_path):
    (tmp_path / "x.kml").write_text("old")
    with pytest.raises(CrsError, match="degrees"):
        kml_write.write(tmp_path / "x.kml", {"s": stations().to_crs(32650)})
    with pytest.raises(CrsError, match="no reference system"):
        kml_write.write(tmp_path / "x.kml", {"s": stations().set_crs(None, allow_override=True)})
    with pytest.raises(InputError, match="kmz"):
        kml_write.write(tmp_path / "x.xml", {"s": stations()})
    assert (tmp_path / "x.kml").read_text() == "old"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("kml") / "x.kml"
    frame = gpd.GeoDataFrame(
        {"said": np.array(texts, dtype=object)},
        geometry=[shapely.Point(1, 2)] * len(texts),
        crs="EPSG:4326",
    )
    kml_write.write(path, {"t": frame})
    back = kml.read(path)
    allowed = ["".join(c for c in t if c in "\t\n\r" or c >= " ") for t in texts]
    allowed = [t.replace("\ufffe", "").replace("\uffff", "") for t in allowed]
    allowed = [t.replace("\r\n", "\n").replace("\r", "\n").strip() or None for t in allowed]
    given = back["said"].tolist() if "said" in back else [None] * len(texts)
    assert given == allowed
