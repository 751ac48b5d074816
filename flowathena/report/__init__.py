"""The report: the state of a network on one page."""
