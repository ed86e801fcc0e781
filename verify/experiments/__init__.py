"""Experiments: one file each, one command each (``verify experiment``); a table, curves, and what they do not show."""
