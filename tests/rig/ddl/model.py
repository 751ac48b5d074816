"""The Hive statements, taken apart."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Name:
    """A table name, perhaps with its database."""

    table: str
    database: str | None = None


@dataclass(frozen=True)
class ColumnDef:
    """A column of CREATE TABLE."""

    name: str
    type: str
    comment: str | None = None


@dataclass(frozen=True)
class Storage:
    """How the files of a table look."""

    serde: str
    input_format: str
    output_format: str
    serde_parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateDatabase:
    """CREATE DATABASE."""

    name: str
    if_not_exists: bool
    comment: str | None
    location: str | None
    properties: dict[str, str]


@dataclass(frozen=True)
class DropDatabase:
    """DROP DATABASE."""

    name: str
    if_exists: bool
    cascade: bool


@dataclass(frozen=True)
class CreateTable:
    """CREATE EXTERNAL TABLE."""

    name: Name
    if_not_exists: bool
    columns: tuple[ColumnDef, ...]
    keys: tuple[ColumnDef, ...]
    comment: str | None
    storage: Storage
    location: str
    properties: dict[str, str]


@dataclass(frozen=True)
class DropTable:
    """DROP TABLE."""

    name: Name
    if_exists: bool


@dataclass(frozen=True)
class PartitionSpec:
    """One PARTITION clause."""

    values: dict[str, str]
    location: str | None = None


@dataclass(frozen=True)
class AddPartitions:
    """ALTER TABLE ... ADD PARTITION."""

    name: Name
    if_not_exists: bool
    specs: tuple[PartitionSpec, ...]


@dataclass(frozen=True)
class DropPartitions:
    """ALTER TABLE ... DROP PARTITION."""

    name: Name
    if_exists: bool
    specs: tuple[PartitionSpec, ...]


@dataclass(frozen=True)
class SetLocation:
    """ALTER TABLE ... [PARTITION ...] SET LOCATION."""

    name: Name
    spec: PartitionSpec | None
    location: str


@dataclass(frozen=True)
class SetProperties:
    """ALTER TABLE ... SET TBLPROPERTIES."""

    name: Name
    properties: dict[str, str]


@dataclass(frozen=True)
class ShowPartitions:
    """SHOW PARTITIONS."""

    name: Name


@dataclass(frozen=True)
class ShowTables:
    """SHOW TABLES."""

    database: str | None
    pattern: str | None


@dataclass(frozen=True)
class ShowDatabases:
    """SHOW DATABASES."""

    pattern: str | None


@dataclass(frozen=True)
class Describe:
    """DESCRIBE."""

    name: Name


@dataclass(frozen=True)
class Repair:
    """MSCK REPAIR TABLE."""

    name: Name


Ddl = (
    CreateDatabase
    | DropDatabase
    | CreateTable
    | DropTable
    | AddPartitions
    | DropPartitions
    | SetLocation
    | SetProperties
    | ShowPartitions
    | ShowTables
    | ShowDatabases
    | Describe
    | Repair
)
