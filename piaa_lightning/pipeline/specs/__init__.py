"""A configuration as frozen dataclasses, refused where it does not fit."""
