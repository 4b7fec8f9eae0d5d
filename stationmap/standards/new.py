"""A starting pack: a commented file for an office to fill in."""

from pathlib import Path

from stationmap.standards.pack import Pack

_HERE = Path(__file__).parent


def blank(pack_id: str, *, file: str, parent: Pack | None = None) -> str:
    """Return the text of a new pack file.

    It holds an example of every kind of rule, or, where it extends another pack, the rules of
    that one to choose from. It validates once its empty quotes are filled in.

    Parameters
    ----------
    pack_id : str
        The new pack's id.
    file : str
        Name of its file, as the comments in it are to say it.
    parent : Pack, optional
        The pack that it extends.
    """
    if parent is None:
        return _filled("blank.toml", pack_id, file)
    rules = (
        f'# [[rule]]\n# id = "{rule.id}"\n# kind = "{rule.kind}"\n# # {rule.clause.text.zh}\n'
        for rule in parent.rules
    )
    start = _filled("blank-extends.toml", pack_id, file).replace("@PARENT@", parent.id)
    return start + "\n".join(rules)


def _filled(template: str, pack_id: str, file: str) -> str:
    text = (_HERE / template).read_text(encoding="utf-8")
    return text.replace("@ID@", pack_id).replace("@FILE@", file)
