"""The manifest by which QuickSight imports a CSV object, where it may not ask Athena; pure.

Source: https://docs.aws.amazon.com/quick/latest/userguide/supported-manifest-file-format.html
"""

import json

from flowathena.errors import UsageError

_ENDING = ".csv"


def manifest_location(location: str) -> str:
    """Where the manifest of an object is written: beside it, ``x.manifest.json`` of ``x.csv``.

    Raises:
        UsageError: the object is no CSV.
    """
    if not location.endswith(_ENDING):
        raise UsageError(
            f"--quicksight-manifest is about a CSV object, not {location}: name one that ends "
            f"with {_ENDING}"
        )
    return f"{location.removesuffix(_ENDING)}.manifest.json"


def manifest(location: str) -> bytes:
    """The manifest of one CSV object: UTF-8 without a byte order mark, its exact URI.

    A prefix instead would find Athena's own ``.metadata`` objects, and the manifest itself.
    """
    settings = {"format": "CSV", "delimiter": ",", "textqualifier": '"', "containsHeader": "true"}
    content = {"fileLocations": [{"URIs": [location]}], "globalUploadSettings": settings}
    return f"{json.dumps(content, indent=2, ensure_ascii=False)}\n".encode()
