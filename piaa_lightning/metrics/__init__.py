"""Metrics of predictions: functions on arrays, one file each, and the registry that lists them."""
