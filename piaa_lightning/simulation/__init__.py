"""Embedded databases: simulated people rate drawn pictures, written in the published layouts of real databases."""
