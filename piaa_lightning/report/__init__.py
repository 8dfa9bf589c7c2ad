"""Reports of a run: tables, figures, a page."""
