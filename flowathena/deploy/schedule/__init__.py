"""Schedules of a target: what runs, when, and the files that cron, systemd, … take for it."""
