"""Runs in the candidate process, UNTRUSTED: loads the solution and answers. Never imports the harness."""
