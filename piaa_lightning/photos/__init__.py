"""On one's own photographs: reading folders, a published prior, one person's taste, and what follows from it."""
