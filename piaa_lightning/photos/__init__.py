"""On one's own images: reading folders, a published prior, one user's taste, and what follows from it."""
