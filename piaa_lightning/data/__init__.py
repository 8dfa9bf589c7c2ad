"""Databases: published files become one table of ratings, pictures become one array."""
