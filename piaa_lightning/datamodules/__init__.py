"""LightningDataModules: one for each database, and the batches that tasks learn from."""
