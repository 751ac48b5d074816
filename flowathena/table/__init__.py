"""The table of a target and its views: statements, comparison, creation."""
