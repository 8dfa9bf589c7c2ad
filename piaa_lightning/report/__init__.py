"""What a person sees of a run: a table, figures, a page."""
