"""Judging every method on the same splits, and what follows from the records."""
