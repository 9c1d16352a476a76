"""Proves problems before a model is judged by them (`trl-rlvr check`)."""
