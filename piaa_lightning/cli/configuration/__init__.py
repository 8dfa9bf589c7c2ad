"""What is done to a configuration between the command line and the pipeline."""
