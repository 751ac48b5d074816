"""The archive of a target: closed days as Parquet, verified, read in the place of their logs."""
