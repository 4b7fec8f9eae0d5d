"""What can go wrong, in one tree.

::

    StationMapError
    ├── Conflict                   somebody else has changed meanwhile what is to be changed
    └── InputError (ValueError)    a file, row, option or setting that cannot be used as it is
        ├── CrsError               coordinates without a usable reference system
        ├── DatumUndecided         the evidence does not tell the datum; the caller must say it
        ├── PackError              a standards pack that is unknown or does not validate
        └── CityError              a city folder that is missing, locked, damaged or too new
            └── RegisterError      a register that is busy, full, damaged or out of reach

Messages are English templates with named parameters; ``render("zh")`` gives the Chinese sentence.
"""

from typing import Any

from stationmap.messages import render


class StationMapError(Exception):
    """Root of every error that StationMap raises on purpose.

    Parameters
    ----------
    template : str
        One sentence: what is wrong, where, what was expected, and the remedy.
    **params
        Values for the template's named fields.
    """

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template)
        self.template = template
        self.params = params

    def render(self, lang: str) -> str:
        """Return the sentence in `lang` ("zh" or "en")."""
        return render(self.template, self.params, lang=lang)

    def __str__(self) -> str:
        return self.render("en")


class Conflict(StationMapError):  # noqa: N818 - nobody's mistake
    """Somebody else has changed meanwhile what is to be changed.

    ``params`` hold ``entity``, ``id``, ``yours`` (the columns that were to be set; None to remove),
    ``current`` (the row as it stands; None where there is none) and ``base`` (the row as it was
    when it was read; None where that is not known).
    """


class InputError(StationMapError, ValueError):
    """Input that cannot be used as it is."""


class CrsError(InputError):
    """Coordinates without a usable reference system."""


class DatumUndecided(InputError):  # noqa: N818 - an honest answer, not a failure
    """The evidence does not tell the datum; ``params["evidence"]`` holds it."""


class PackError(InputError):
    """A standards pack that is unknown or does not validate."""


class CityError(InputError):
    """A city folder that is missing, locked, damaged or newer than this program."""


class RegisterError(CityError):
    """A register that is busy, full, damaged or out of reach; ``params["why"]`` says which."""
