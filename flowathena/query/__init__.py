"""Saved queries: read, filled in, checked and rendered as one Athena SQL statement. Pure."""
