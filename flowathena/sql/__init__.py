"""Athena's SQL: quoting, tokens and trees, its grammar and its functions. Pure."""
