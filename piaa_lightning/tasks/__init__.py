"""LightningModules: what a prior is trained for."""
