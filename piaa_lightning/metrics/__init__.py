"""How well predictions order what people like; functions on arrays, and shells that survive several processes."""
