"""Judges the rows of a saved query, and tells people and machines when its state changes."""
