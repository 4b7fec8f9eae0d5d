"""What a browser calls itself, in a few words for people."""

import re

from stationmap.messages import N_
from web.params import language
from web.words import say

# first that fits; the later ones stand in what the earlier ones say of themselves too
_BROWSERS = (
    ("MicroMessenger", N_("WeChat")),
    ("DingTalk", N_("DingTalk")),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("MQQBrowser|QQBrowser", "QQ"),
    ("UCBrowser", "UC"),
    ("MiuiBrowser", "MIUI"),
    ("HuaweiBrowser", "HUAWEI"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS|Chromium", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS|OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X|Macintosh", "macOS"),
    ("Linux|X11", "Linux"),
)


def browser_name(agent: str | None) -> str:
    """Return the browser and the system that a User-Agent tells of, such as "Chrome · Windows"."""
    found = [
        next((name for sign, name in known if re.search(rf"\b(?:{sign})", agent or "")), "")
        for known in (_BROWSERS, _SYSTEMS)
    ]
    names = [say(name, lang=language()) for name in found if name]
    return " · ".join(names) or say(N_("Another browser"), lang=language())
