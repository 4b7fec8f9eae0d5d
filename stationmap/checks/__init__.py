"""Checks of a city against the rules of its pack."""
