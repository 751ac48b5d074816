"""The local engine: DuckDB over log files, with Athena's semantics."""
