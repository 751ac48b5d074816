"""A managed policy of IAM; pure."""

from dataclasses import dataclass

from flowathena.deploy.setup.documents import Document


@dataclass(frozen=True)
class ManagedPolicy:
    """A policy of an account that people attach to roles, users and groups."""

    name: str
    document: Document
    description: str = ""
