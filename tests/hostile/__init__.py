"""Hostile input: what people, disks and other programs hand to the command line by mistake.

A module of this folder is a topic; its ``CASES`` are what is tried. ``test_hostile`` runs all of
them, each in a project of its own, and holds each to the same bar: the stated line and exit code,
no traceback, no hang, no file half-written or left behind.

``python -m pytest tests/hostile -k files`` runs one topic.
"""
