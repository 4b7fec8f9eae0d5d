"""Regular expressions that a pack may hold: those that are proved to end quickly on every name.

Python's matcher tries one way after another, so an expression such as ``(a+)+$`` can take years on
a short text. An expression is accepted only if the ways that the matcher can try are few. Ways are
counted on its parse tree, for texts of up to `MAX_TEXT` characters:

1. a character, a class of characters, an anchor: 1
2. one after another: the product
3. alternatives: the sum
4. a repeat from m to n times of a body with w ways: the sum of w to the power k, for k from m to
   n; without an end n is `MAX_TEXT`, so that its body can only have one way
5. the body of a repeat is never empty

The bound proved: at most `MAX_PATHS` ways, each of at most `MAX_TEXT` + `MAX_LENGTH` steps, for one
match that begins at a given character. On longer texts the ways grow no faster than the square of
the length, for three repeats without an end have more ways than are allowed.

References back, looking around, conditions, possessive repeats, names of groups and flags for the
whole expression are refused: the count does not hold for them, or the parts of a name cannot be
joined with them.
"""

import re
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

from stationmap.errors import PackError
from stationmap.messages import N_

MAX_TEXT = 200
MAX_LENGTH = 200
MAX_PATHS = 50_000
TOO_MANY_WAYS = N_(
    "there are more than {most} ways to match it; use fewer *, +, ? and alternatives, at most two "
    "of * and + in one name"
)

_SINGLE = frozenset({"LITERAL", "NOT_LITERAL", "IN", "ANY", "AT"})
_REFUSED = {
    "GROUPREF": N_("it refers back to a group (\\1); write out what is meant"),
    "GROUPREF_EXISTS": N_("it depends on another group ((?(1)…)); write out what is meant"),
    "ASSERT": N_("it looks around ((?=…), (?<=…)); say what stands in the name itself"),
    "ASSERT_NOT": N_("it looks around ((?!…), (?<!…)); say what stands in the name itself"),
    "ATOMIC_GROUP": N_("it has an atomic group ((?>…)); leave out the ?>"),
    "POSSESSIVE_REPEAT": N_("it has a possessive repeat (*+, ++, ?+); leave out the second +"),
}


@lru_cache(maxsize=256)
def compile(pattern: str) -> re.Pattern[str]:  # noqa: A001 - the word of the module it guards
    """Return a regular expression that ends quickly on every text.

    Use it with ``match`` or ``fullmatch``; ``search`` begins at each character anew. Texts longer
    than `MAX_TEXT` are for the caller to refuse.

    Raises
    ------
    PackError
        The expression is not valid, or not proved to end; the message says what to change.
    """
    paths(pattern)
    return re.compile(pattern)


def paths(pattern: str) -> int:
    """Return the number of ways in which a regular expression can be tried (see the module).

    Raises
    ------
    PackError
        As for `compile`.
    """
    if len(pattern) > MAX_LENGTH:
        raise PackError(
            "it has {length} characters; at most {most} are allowed",
            length=len(pattern),
            most=MAX_LENGTH,
        )
    try:
        tree = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise PackError(
            "it is no valid regular expression ({reason}); check its brackets and backslashes",
            reason=getattr(error, "msg", "") or type(error).__name__,
        ) from None
    if tree.state.flags & ~re.UNICODE.value:
        raise PackError("it sets flags for the whole expression ((?i), (?x) …); leave them out")
    if tree.state.groupdict:
        raise PackError("it names a group ((?P<name>…)); use ( ) without a name")
    if tree.getwidth()[0] > MAX_TEXT:
        raise PackError(
            "no name of up to {most} characters can match it; ask for fewer repeats", most=MAX_TEXT
        )
    found = _ways(tree)
    if found > MAX_PATHS:
        raise PackError(TOO_MANY_WAYS, most=MAX_PATHS)
    return found


def _ways(tree: Any) -> int:
    found = 1
    for operation, argument in tree:
        found = min(found * _ways_of(operation, argument), MAX_PATHS + 1)
    return found


def _ways_of(operation: Any, argument: Any) -> int:
    name = str(operation)
    if name in _SINGLE:
        return 1
    if name in _REFUSED:
        raise PackError(_REFUSED[name])
    if operation is _constants.BRANCH:
        return sum(_ways(branch) for branch in argument[1])
    if operation is _constants.SUBPATTERN:
        return _ways(argument[3])
    if operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        return _repeat(*argument)
    raise PackError("it uses {name}, which is not allowed here; leave it out", name=name)


def _repeat(least: int, most: int, body: Any) -> int:
    if body.getwidth()[0] == 0:
        raise PackError("it repeats something that may be empty, such as (a*)*; repeat one thing")
    least, most = min(least, MAX_TEXT), min(most, MAX_TEXT)
    inner = _ways(body)
    found = 0
    for times in range(least, most + 1):
        found += inner**times
        if found > MAX_PATHS:
            raise PackError(
                "it repeats a group that holds a repeat or alternatives, such as (a+)+ or "
                "(a|ab)*; such an expression may never end: repeat single characters or classes "
                "such as [ab]*"
            )
    return found
