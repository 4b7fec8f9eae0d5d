"""Sentences that the scripts of the indicators' panel and of the base maps show."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {}
