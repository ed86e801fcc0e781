"""Lemmas: functions that append the steps of a proof to a script and return the line proved."""
