"""How well predictions order what users like: functions on arrays, one file each, and the registry that lists them."""
