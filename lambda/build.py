"""Build ``dist/flowathena-lambda.zip``: the function of ``flowathena.aws_lambda.handler``.

Run by ``make lambda``: ``python lambda/build.py dist/flowathena-lambda.zip [--config FILE]``.
Copies from the installed environment and asks no network; the same environment gives the same
bytes.

Left out is what the handler never imports (DuckDB, the command line), the descriptions of services
that it does not call, and everything compiled for one kind of processor. Python's own compiled
files go with the sources: Lambda's folder is read-only, so each cold start would compile again.
"""

import argparse
import io
import os
import py_compile
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath

from flowathena.target import config
from flowathena.target.settings import FILE_NAME

_ROOT = Path(__file__).resolve().parents[1]
_DISTRIBUTIONS = (
    *("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"),
    *("jinja2", "markupsafe", "sqlglot", "pyathena", "tenacity", "tzdata"),
)
SERVICES = ("athena", "cloudwatch", "glue", "quicksight", "s3", "sns", "sts")
"""The services whose clients the handler opens."""
_CREDENTIALS = ("signin", "sso", "sso-oidc")
"""Services that botocore looks up when it searches for credentials."""
_EVERY_SERVICE = (
    *("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"),
)
_LEFT_OUT = ("boto3/data/", "boto3/examples/", "flowathena/cli/")
_ENDINGS = (".so", ".pyd", ".pyi", ".pyc", ".rst")
_TASK_ROOT = "/var/task"
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_MOST_ZIPPED = 50 * 1_000_000
_MOST_UNZIPPED = 250 * 1_000_000
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


def main() -> None:
    """Build the zip that the arguments name."""
    parser = argparse.ArgumentParser(description="Build the zip of the Lambda function.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--config", type=Path, help="flowathena.toml with queries of one's own")
    given = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of texts are compiled in the order of hashes
        environ = {**os.environ, "PYTHONHASHSEED": "0"}
        sys.exit(subprocess.call([sys.executable, *sys.argv], env=environ))
    content = dict(_files())
    if given.config:
        content |= dict(_own(given.config))
    content |= dict(_compiled(content))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_bytes(_zipped(content))
    size, unzipped = given.output.stat().st_size, sum(map(len, content.values()))
    if size > _MOST_ZIPPED or unzipped > _MOST_UNZIPPED:
        sys.exit(f"{given.output} is over Lambda's limits: {size:,} bytes, {unzipped:,} unzipped")
    print(f"{given.output}: {size / 1e6:.1f} MB, {unzipped / 1e6:.1f} MB unzipped, {_python()}")


def _python() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _files() -> Iterator[tuple[str, bytes]]:
    """Every file by its path in the zip."""
    for name in _DISTRIBUTIONS:
        yield from _installed(distribution(name))
    yield from _tree(_ROOT / "flowathena", "flowathena")
    for name in ("queries", "ddl"):  # where they are in the wheel
        yield from _tree(_ROOT / name, f"flowathena/{name}")


def _installed(found: Distribution) -> Iterator[tuple[str, bytes]]:
    for path in found.files or ():
        name = path.as_posix()
        if _is_wanted(name) and not name.startswith(".."):
            yield name, Path(str(path.locate())).read_bytes()


def _tree(folder: Path, name: str) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        inside = f"{name}/{path.relative_to(folder).as_posix()}"
        if path.is_file() and _is_wanted(inside) and inside != "flowathena/__main__.py":
            yield inside, path.read_bytes()


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    if name.endswith(_ENDINGS) or name.startswith(_LEFT_OUT) or "__pycache__" in path.parts:
        return False
    if path.parts[0].endswith(".dist-info"):  # what the licences ask for
        return "licenses" in path.parts or path.name.startswith(("LICENSE", "NOTICE", "METADATA"))
    if path.parts[:2] == ("botocore", "data"):
        return path.parts[2] in (*_EVERY_SERVICE, *SERVICES, *_CREDENTIALS)
    return True


def _own(path: Path) -> Iterator[tuple[str, bytes]]:
    """The configuration and its folders of queries, which must be beside it."""
    folder = path.absolute().parent.resolve()
    yield FILE_NAME, path.read_bytes()
    for queries in config.load(path).query_paths:
        if not queries.is_relative_to(folder):
            sys.exit(f"{queries} is not below {folder}: the zip has no other place for it")
        inside = queries.relative_to(folder).as_posix()
        for file in queries.rglob("*.sql"):
            yield f"{inside}/{file.relative_to(queries).as_posix()}", file.read_bytes()


def _compiled(content: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The compiled files of the sources, which Python takes without a look at these."""
    tag = sys.implementation.cache_tag
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "source.py"), Path(name, "compiled.pyc")
        for each in sorted(content):
            if not each.endswith(".py"):
                continue
            source.write_bytes(content[each])
            py_compile.compile(
                str(source),
                str(target),
                dfile=f"{_TASK_ROOT}/{each}",
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            path = PurePosixPath(each)
            yield str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc"), target.read_bytes()


def _zipped(content: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content):
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = _MODE
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content[name])
    return buffer.getvalue()


if __name__ == "__main__":
    main()
