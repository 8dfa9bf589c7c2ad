"""Write what a run found: records, figures, page, dashboard."""
