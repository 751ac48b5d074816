"""Links where folders and files should be, and folders that are none."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.cases import LogFile
from tests.hostile.case import DAYS, WINDOW, Case

_DAY = f"logs/{LogFile(DAYS[0], ()).folder}".rstrip("/")
_OTHER_DAY = f"logs/{LogFile(DAYS[1], ()).folder}".rstrip("/")
_RUN = f"run preview {WINDOW} --format csv"
_BOTH = "2 rows, 2 files"


def _moved(name: str) -> Callable[[Path], object]:
    """Something moves out of the location; a link takes its place."""

    def spoil(folder: Path) -> None:
        (folder / "elsewhere").mkdir()
        (folder / name).rename(folder / "elsewhere/it")
        (folder / name).symlink_to(folder / "elsewhere/it")

    return spoil


def _link(name: str, target: str) -> Callable[[Path], object]:
    """A link more; a target that begins with ``./`` is one of the project."""

    def spoil(folder: Path) -> None:
        inside = target.startswith("./")
        (folder / name).symlink_to(folder / target if inside else target)

    return spoil


def _file(folder: Path) -> None:
    [path] = (folder / _DAY).iterdir()
    _moved(str(path.relative_to(folder)))(folder)


def _mutual(folder: Path) -> None:
    _link(f"{_DAY}/b", f"./{_OTHER_DAY}")(folder)
    _link(f"{_OTHER_DAY}/a", f"./{_DAY}")(folder)


def _one_account_of_two(folder: Path) -> None:
    """A second account, one day of which leads to its location."""
    (folder / "logs/AWSLogs/444455556666").mkdir()
    shutil.copytree(
        folder / "logs/AWSLogs/111122223333/vpcflowlogs",
        folder / "logs/AWSLogs/444455556666/vpcflowlogs",
    )
    _link(f"{_DAY.replace('111122223333', '444455556666')}/up", "./logs")(folder)


def _instead(target: str) -> Callable[[Path], object]:
    """The location is a link to a target."""

    def spoil(folder: Path) -> None:
        (folder / "logs").rename(folder / "kept")
        (folder / "logs").symlink_to(target)

    return spoil


def _a_file(folder: Path) -> None:
    (folder / "logs").rename(folder / "kept")
    (folder / "logs").write_text("")


_MOVED = {
    "the location": _moved("logs"),
    "AWSLogs": _moved("logs/AWSLogs"),
    "an account": _moved("logs/AWSLogs/111122223333"),
    "a day": _moved(_DAY),
    "a file": _file,
}
_LOOP = "which contains it; remove the link"

CASES = [
    *(Case(f"{name} is a link: run", _RUN, 0, _BOTH, spoil) for name, spoil in _MOVED.items()),
    *(
        Case(f"{name} is a link: plan", "partitions plan --all", 0, "keep 2", spoil)
        for name, spoil in _MOVED.items()
    ),
    *(
        Case(
            f"{name} is a link: init",
            "init logs --target again --table again",
            0,
            "wrote target 'again'",
            spoil,
            writes=("flowathena.toml",),
        )
        for name, spoil in _MOVED.items()
    ),
    Case("a day leads to its location: run", _RUN, 1, _LOOP, _link(f"{_DAY}/up", "./logs")),
    Case(
        "a day leads to its location: run all the same",
        f"{_RUN} --skip-bad-files",
        0,
        _BOTH,
        _link(f"{_DAY}/up", "./logs"),
    ),
    Case(
        "a day leads to the root: plan", "partitions plan --all", 1, _LOOP, _link(f"{_DAY}/up", "/")
    ),
    Case(
        "a day of one account of two leads to its location",
        "partitions sync --all",
        4,
        _LOOP,
        _one_account_of_two,
    ),
    Case("two days lead to each other", "partitions status", 1, _LOOP, _mutual),
    Case("a link to itself in a day", _RUN, 0, _BOTH, _link(f"{_DAY}/self", "self")),
    Case(
        "a log that is a link to itself",
        _RUN,
        1,
        "x.log.gz: Too many levels of symbolic links",
        _link(f"{_DAY}/x.log.gz", "x.log.gz"),
    ),
    Case(
        "a log that leads nowhere",
        _RUN,
        1,
        "x.log.gz: No such file",
        _link(f"{_DAY}/x.log.gz", "/nowhere"),
    ),
    Case(
        "an account that leads nowhere",
        "partitions plan --all",
        0,
        "keep 2",
        _link("logs/AWSLogs/444455556666", "/nowhere"),
    ),
    Case(
        "an account that leads to itself",
        "partitions plan --all",
        0,
        "keep 2",
        _link("logs/AWSLogs/444455556666", "444455556666"),
    ),
    Case("a location that leads nowhere", "partitions plan", 1, "is not a folder", _instead("/no")),
    Case("a location that leads to itself", "partitions plan", 1, "not a folder", _instead("logs")),
    Case("a location that is a file", "init logs --target two", 1, "is not a folder", _a_file),
    Case(
        "a location that is not UTF-8",
        "init x\udcff --target two",
        2,
        "location 'x\\udcff' is not valid UTF-8",
    ),
]
