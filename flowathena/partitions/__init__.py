"""Partitions: list what is stored, list what is registered, diff, apply."""
