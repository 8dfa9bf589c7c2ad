"""Personal models of photographs, and what they start from."""
