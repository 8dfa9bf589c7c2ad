"""Admission of requests: limits, patience, fair shares."""
