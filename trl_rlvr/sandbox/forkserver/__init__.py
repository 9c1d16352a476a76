"""Runs in the fork server: a warm interpreter that forks confined children."""
