"""Embedded databases: simulated users rate drawn images, written in the published layouts of real databases."""
