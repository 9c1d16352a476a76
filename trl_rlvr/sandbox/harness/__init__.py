"""Runs in the harness process, trusted: runs the tests, compares, reports. Never imports the candidate."""
