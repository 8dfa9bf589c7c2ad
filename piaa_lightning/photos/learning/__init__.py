"""What a model learns of one user, and what it starts from."""
