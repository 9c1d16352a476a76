"""Collects and runs tests as pytest and unittest do: for the harness, and for solution and tests together."""
