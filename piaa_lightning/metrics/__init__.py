"""How well predictions order what users like; functions on arrays, and shells that survive several processes."""
