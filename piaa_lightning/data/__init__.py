"""Databases: published files become one table of ratings, images become one array."""
