"""Runs in the candidate process: solution and tests together, as most graders do, for tests that need it.

Nothing in here can be trusted as a harness is: the solution shares its memory, so a verdict can be forged. What keeps
cheap tricks out stands in `docs/threat-model.md`, and what does not.
"""
