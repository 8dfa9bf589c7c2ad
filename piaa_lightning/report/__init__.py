"""What a user sees of a run: a table, figures, a page."""
