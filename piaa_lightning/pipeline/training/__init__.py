"""Train the models of a run, or find them among those of earlier runs."""
