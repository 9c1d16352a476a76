"""Reads Python source that nobody has vetted; never runs it."""
