"""The engine broken on purpose, one line at a time: a test must notice each. `python -m tests.mutants` tells which."""
