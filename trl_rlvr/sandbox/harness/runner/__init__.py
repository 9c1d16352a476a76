"""Collects and runs tests as pytest and unittest do."""
