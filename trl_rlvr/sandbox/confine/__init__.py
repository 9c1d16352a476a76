"""Layers of confinement, one a file, each with `supported()` and `apply()`."""
