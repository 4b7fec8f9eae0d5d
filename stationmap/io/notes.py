"""What a reader has to say beside its data: notes on a file, and what of it could not be used."""

from typing import Any, NamedTuple

from stationmap.messages import render


class Note(NamedTuple):
    """One sentence about a file: an English template and the values of its named fields."""

    template: str
    params: dict[str, Any]

    def render(self, lang: str) -> str:
        """Return the sentence in `lang` ("zh" or "en")."""
        return render(self.template, self.params, lang=lang)

    def __str__(self) -> str:
        return self.render("en")


class Rejected(NamedTuple):
    """One object of a file that its layer cannot hold, with the reason and what to do about it."""

    layer: str
    id: str
    name: str | None
    reason: Note
