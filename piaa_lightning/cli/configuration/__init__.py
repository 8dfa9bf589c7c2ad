"""Compose and check a configuration between the command line and the pipeline."""
