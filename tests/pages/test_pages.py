"""The page: nothing from outside, no script but ours, every word in both languages."""

import json
import re
from html.parser import HTMLParser

import pytest
from pages_town import HOSTILE, client, town  # noqa: F401

from stationmap.messages import LANGUAGES
from web.texts import SCRIPT_TEXTS, script_texts

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff]")


class Elements(HTMLParser):
    """All elements of a page, and its text outside of scripts."""

    def __init__(self, html):
        super().__init__()
        self.found, self.text, self.inside = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.inside.append(tag)

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        if self.inside and self.inside[-1] not in {"script", "style"}:
            self.text.append(data)


@pytest.fixture(scope="module", params=LANGUAGES)
def home(request, client):  # noqa: F811
    response = client.get(f"/?lang={request.param}")
    assert response.status_code == 200
    return response


def test_every_script_and_style_carries_the_nonce_of_its_own_answer(client, home):  # noqa: F811
    policy = home.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'self' 'nonce-([\w-]+)'", policy)[1]
    elements = Elements(home.text).found
    inline = [a for tag, a in elements if tag == "script" and a.get("type") != "application/json"]
    assert len(inline) >= 4
    assert {a.get("nonce") for a in inline} == {nonce}
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not [a for _, a in elements if "style" in a or any(k.startswith("on") for k in a)]
    assert nonce not in client.get("/").headers["Content-Security-Policy"]


def test_the_page_names_no_other_server(home):
    without_namespaces = home.text.replace("http://www.w3.org/", "")
    assert not re.search(r"(?:https?:)?//[\w.-]+\.\w", without_namespaces)


def test_every_file_the_page_names_is_there(client, home):  # noqa: F811
    named = [
        a.get("src") or a.get("href")
        for tag, a in Elements(home.text).found
        if tag in {"script", "link", "img"} and (a.get("src") or a.get("href"))
    ]
    assert len(named) >= 8
    for path in named:
        with client.get(path) as response:
            assert response.status_code == 200, path


def test_the_shell_is_small_however_large_the_city(home):
    assert len(home.data) < 40_000


def test_the_page_is_never_kept(home):
    assert home.headers["Cache-Control"] == "no-store"


def test_english_leaves_no_chinese_but_names_of_places(client):  # noqa: F811
    page = Elements(client.get("/?lang=en").text)
    words = " ".join(page.text)
    for name in ("礼城", "柯城区", "衢江区", "中文"):
        words = words.replace(name, "")
    assert not CHINESE.search(words), CHINESE.findall(words)
    shown = [v for _, a in page.found for k, v in a.items() if k in {"aria-label", "placeholder"}]
    assert shown
    assert not [v for v in shown if CHINESE.search(v.replace("礼城", ""))]


def test_chinese_is_the_page_without_a_choice(client):  # noqa: F811
    html = client.get("/").text
    assert '<html lang="zh-CN">' in html
    assert "有礼地图" in html
    assert '<html lang="en">' in client.get("/?lang=en").text
    assert '<html lang="zh-CN">' in client.get("/?lang=fr").text


def test_data_in_the_page_cannot_end_its_script(client):  # noqa: F811
    html = client.get("/").text
    block = re.search(r'id="page-data">(.*?)</script>', html, re.DOTALL)[1]
    data = json.loads(block)
    assert "<" not in block
    assert [t["id"] for t in data["types"]] == ["home", "kiosk", "post", "point", "square"]
    assert {d["name"] for d in data["districts"]} == {"柯城区", "衢江区"}
    assert HOSTILE not in html


@pytest.mark.parametrize("key", sorted(SCRIPT_TEXTS))
def test_script_texts_speak_both_languages(key):
    chinese, english = script_texts("zh")[key], script_texts("en")[key]
    assert not CHINESE.search(english)
    symbols = re.sub(r"\{\w+\}", "", english).strip(" ,–%:()")
    assert CHINESE.search(chinese) or not symbols


def test_an_unknown_address_gets_a_page_in_style(client):  # noqa: F811
    response = client.get("/nothing/here?lang=en")
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "There is nothing at this address." in response.text
    assert "这个网址没有内容。" in client.get("/nothing").text
    assert client.post("/").status_code == 405
