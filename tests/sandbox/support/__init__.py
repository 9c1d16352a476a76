"""What the suites of this folder share: attacks, honest programs, the arena, traces, backends."""
