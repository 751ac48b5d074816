"""Saved queries: read, filled in, checked and rendered as one statement of Athena SQL. Pure."""
