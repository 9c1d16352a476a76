"""Estimates from samples: pass@k, intervals, before and after."""
