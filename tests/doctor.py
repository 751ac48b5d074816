"""Does what a finding says: the commands and changes that its fix names."""

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

from flowathena import Client
from flowathena.partitions.repair import Repairs
from tests.rig.client import Rig
from tests.shell import Shell

_PAIR = re.compile(r"'((?:[^'\\]|\\.)*)'\s*=\s*'((?:[^'\\]|\\.)*)'")
_SETTING = re.compile(r'(\w+) = ("[^"]*"|\[[^\]]*\])')


def properties(fix: str) -> dict[str, str]:
    """The properties that an ``ALTER TABLE … SET TBLPROPERTIES`` of a fix sets."""
    statement = fix.partition("SET TBLPROPERTIES (")[2]
    assert statement, fix
    return dict(_PAIR.findall(statement.partition(")")[0]))


def location(fix: str) -> str:
    """The location that an ``ALTER TABLE … SET LOCATION`` of a fix sets."""
    return fix.partition("SET LOCATION '")[2].partition("'")[0]


def commands(fix: str) -> list[list[str]]:
    """The commands in a fix, each as its words."""
    steps = re.split(r", then |, or ", fix)
    found = [step[step.index("flowathena ") :] for step in steps if "flowathena " in step]
    return [shlex.split(each.partition(",")[0])[1:] for each in found]


def settings(fix: str) -> dict[str, str]:
    """The settings that a fix writes into the target, as TOML values by name."""
    return dict(_SETTING.findall(fix.partition(" in [targets.")[0]))


def run(shell: Shell, fix: str) -> None:
    """Run the commands of a fix; there must be one."""
    assert commands(fix), fix
    for words in commands(fix):
        shell.run(*words)


def sync(client: Client, fix: str) -> None:
    """Run the one ``partitions sync`` of a fix as the command line does, by the client's clock."""
    ((group, command, *words),) = commands(fix)
    assert (group, command) == ("partitions", "sync")
    options = dict(pairwise(words))
    client.partitions.sync(
        since=options.get("--since"),
        everything="--all" in words,
        repairs=Repairs(
            relocate="--relocate" in words, prune="--prune" in words, force="--force" in words
        ),
    )


def configure(config: Path, **values: str) -> None:
    """Set settings of the only target; values are TOML."""
    lines = [
        line
        for line in config.read_text(encoding="utf-8").splitlines()
        if line.partition(" = ")[0] not in values
    ]
    config.write_text(
        "\n".join([*lines, *(f"{key} = {value}" for key, value in values.items())]) + "\n",
        encoding="utf-8",
    )


def alter(rig: Rig, fix: str) -> None:
    """Do to the table in Glue what an ``ALTER TABLE`` of a fix does."""
    table = glue_table(rig)
    if "SET LOCATION" in fix:
        table["StorageDescriptor"]["Location"] = location(fix)
    else:
        table["Parameters"] |= properties(fix)
    rig.client("glue").update_table(DatabaseName="network", TableInput=table)


def glue_table(rig: Rig, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - of Glue's API
    """The table ``network.vpc_flow_logs`` as Glue accepts it, with some changes."""
    table = rig.client("glue").get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    kept = ("Name", "TableType", "PartitionKeys", "Parameters", "StorageDescriptor")
    return {**{key: table[key] for key in kept}, **changes}
