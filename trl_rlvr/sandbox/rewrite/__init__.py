"""Rewrites the syntax tree of a test before it runs."""
