"""Posting under every fault at once: `python -m tests.chaos`, or `make chaos`."""
