"""Partitions: list what is stored, list what is registered, diff, apply.

The steps of ``reconcile``, with a diff that is fast for a million partitions, and batches.
"""
