"""Evaluate methods on test users, models on test images."""
