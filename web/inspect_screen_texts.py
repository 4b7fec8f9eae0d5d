"""Every sentence of the inspectors' screens; ``{name}`` is filled in by `t` of page.js."""

from collections.abc import Mapping
from types import MappingProxyType

SCREEN_TEXTS: Mapping[str, str] = MappingProxyType({})
