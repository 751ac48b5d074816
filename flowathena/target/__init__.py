"""Targets: one flow-log table and where it lives, and the file they are configured in."""
