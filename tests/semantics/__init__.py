"""Expressions and queries with Trino's values, worked by hand, and how to compare them."""
