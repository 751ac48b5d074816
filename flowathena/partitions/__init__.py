"""Partitions: list what is stored, list what is registered, diff, apply.

The steps of ``reconcile``, but with a diff that is fast for a million partitions, applied in batches.
"""
