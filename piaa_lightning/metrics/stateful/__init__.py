"""Metrics that collect batches and survive several processes, for validation while a network learns."""
