"""A made-up VPC Flow Logs tree: believable traffic in every layout and file format of AWS.

``tree`` is the whole, ``shape`` what varies between trees, ``files`` where a record lies,
``traffic`` and ``columns`` the SQL that makes up records, ``writing`` puts them into files.

The same arguments always give the same bytes (Parquet: with the same release of DuckDB, which
writes its name into each file). Every random choice is a piece of an MD5 sum over the arguments
and the record's number, and all arithmetic is on integers, so neither the number of threads nor
DuckDB's own ``hash`` and ``random`` have a say. Layout, file format and fields are no part of the
sums: trees that differ in nothing else hold the same records.
"""

from flowathena.sample.files import ACCOUNTS, REGIONS
from flowathena.sample.tree import MARKER, Sample, generate
from flowathena.sample.variant import FILE_FORMATS, LAYOUTS

__all__ = ["ACCOUNTS", "FILE_FORMATS", "LAYOUTS", "MARKER", "REGIONS", "Sample", "generate"]
