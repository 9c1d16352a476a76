"""From results to numbers, and the callables that TRL takes."""
