"""The metric of this package for the `evaluate` library."""
