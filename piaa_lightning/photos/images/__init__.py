"""Photographs of a folder: found, opened, seen by networks, and kept."""
