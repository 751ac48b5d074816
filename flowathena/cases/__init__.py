"""Query cases: records, what is asked of them, and the answer worked out by hand."""
