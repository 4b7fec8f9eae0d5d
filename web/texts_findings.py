"""Sentences that the scripts of the standards' panel and of findings show."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {}
