"""Runs in the worker process: one job at a time, watched and killed in time."""
