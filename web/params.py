"""Values out of a request's address: checked, clamped with a notice, refused with a sentence."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from flask import request
from werkzeug.datastructures import MultiDict

from stationmap.messages import N_, printable
from stationmap.tiles import Viewport
from web.view import BUILT, COVERAGES
from web.words import WebError, say

MAX_TEXT = 100
MAX_ZOOM = 22


def language() -> str:
    """Language of the answer, from ``?lang=``: "en", else "zh"."""
    return "en" if request.args.get("lang") == "en" else "zh"


@dataclass
class Params:
    """The values of one request, read one by one; `notices` collects what was clamped."""

    values: MultiDict[str, str]
    lang: str
    notices: list[str] = field(default_factory=list)

    @classmethod
    def of_request(cls) -> "Params":
        """Take those of the present request."""
        return cls(request.args, language())

    def only(self, names: Collection[str]) -> None:
        """Refuse values of other names: whoever asks for them would take the answer for another."""
        if unknown := sorted(set(self.values) - set(names)):
            raise WebError(
                "{names} cannot be asked for here; what can be: {known}",
                names=", ".join(name[:MAX_TEXT] for name in unknown[:9]),
                known=", ".join(sorted(names)),
            )

    def text(self, name: str) -> str:
        """Return printable, trimmed text, at most `MAX_TEXT` characters of it; "" where absent."""
        value = printable(self.values.get(name, "")).strip()
        if len(value) > MAX_TEXT:
            self._clamped(name, MAX_TEXT)
        return value[:MAX_TEXT]

    def one_of(self, name: str, choices: Collection[str], *, default: str) -> str:
        """Return one of `choices`."""
        value = self.values.get(name, "") or default
        if value not in choices and value != default:
            raise WebError(
                "{name} is “{value}”; expected one of {expected}",
                name=name,
                value=value[:MAX_TEXT],
                expected=", ".join(choices),
            )
        return value

    def coverage(self) -> str:
        """Return which stations count, from ``?coverage=``; see `CityView.by`."""
        return self.one_of("coverage", COVERAGES, default=BUILT)

    def some_of(self, name: str, choices: Collection[str]) -> list[str]:
        """Return some of `choices`, written with commas between; none where absent."""
        found = [value for value in self.values.get(name, "").split(",") if value]
        for value in found:
            if value not in choices:
                raise WebError(
                    "{name} is “{value}”; expected one of {expected}",
                    name=name,
                    value=value[:MAX_TEXT],
                    expected=", ".join(choices),
                )
        return found

    def whole(self, name: str, *, default: int, low: int, high: int) -> int:
        """Return a whole number; one beyond `low` or `high` (inclusive) is held there."""
        value = self.values.get(name, "")
        if not value:
            return default
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            raise WebError(
                "{name} is “{value}”; expected a whole number from {low} to {high}",
                name=name,
                value=value[:MAX_TEXT],
                low=low,
                high=high,
            )
        held = min(max(int(value), low), high)
        if held < int(value):
            self._clamped(name, held)
        elif held > int(value):
            template = N_("{name} is at least {value}.")
            self.notices.append(say(template, lang=self.lang, name=name, value=held))
        return held

    def viewport(self) -> Viewport:
        """Return ``bbox=west,south,east,north`` (WGS-84 degrees) and ``zoom``."""
        text = self.values.get("bbox", "")
        try:
            west, south, east, north = (float(v) for v in text.split(","))
        except ValueError:
            west = south = east = north = math.nan
        finite = all(map(math.isfinite, (west, south, east, north)))
        if not finite or not -90 <= south <= north <= 90 or max(abs(west), abs(east)) > 540:
            raise WebError(
                "bbox is “{value}”; expected west,south,east,north in degrees, south below north",
                value=text[:MAX_TEXT],
            )
        if not self.values.get("zoom"):
            raise WebError("zoom is missing; expected a whole number from 0 to 22")
        zoom = self.whole("zoom", default=0, low=0, high=MAX_ZOOM)
        if east - west >= 360:
            return Viewport(-180.0, south, 180.0, north, zoom)
        return Viewport(_turn(west), south, _turn(east), north, zoom)

    def _clamped(self, name: str, value: int) -> None:
        template = N_("{name} is limited to {value}.")
        self.notices.append(say(template, lang=self.lang, name=name, value=value))


def _turn(lon: float) -> float:
    return lon if -180 <= lon <= 180 else (lon + 180) % 360 - 180


def gap_filters(params: Params, along: Collection[str]) -> dict[str, str]:
    """Return the filters of the list of gaps, as `CityView.select_gaps` takes them."""
    return {
        "words": params.text("q"),
        "street_class": params.one_of("class", along, default=""),
        "district": params.text("district"),
    }
