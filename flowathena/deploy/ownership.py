"""Whose something in AWS is that flowathena made: a tag, or words where there are none; pure."""

from flowathena.target.target import Target

TAG = "flowathena:target"
"""The key of the tag; its value is ``database.table``."""


def mark(target: Target) -> str:
    """What a text of ours contains where there are no tags."""
    return f"[flowathena:{target.table_name}]"
