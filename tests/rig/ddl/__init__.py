"""The Hive statements that the front answers itself."""
