"""Generates sample VPC Flow Logs: realistic traffic in every layout and file format of AWS.

``tree`` generates a whole tree, ``variant`` is what varies between trees of the same records,
``mix`` a tree of several variants, ``files`` places records in files, ``traffic`` and ``columns``
are the SQL that makes the records, ``writing`` writes the files.

The same arguments always give the same bytes (for Parquet, with the same release of DuckDB, which
writes its name into each file). Every random choice is a part of an MD5 sum over the arguments and
the record's number, and all arithmetic is on integers: the number of threads and DuckDB's own
``hash`` and ``random`` make no difference. Layout, file format and fields are not part of the sums,
so trees that differ only in these contain the same records.
"""

from flowathena.sample.files import ACCOUNTS, REGIONS
from flowathena.sample.tree import MARKER, Sample, generate
from flowathena.sample.variant import FILE_FORMATS, LAYOUTS

__all__ = ["ACCOUNTS", "FILE_FORMATS", "LAYOUTS", "MARKER", "REGIONS", "Sample", "generate"]
