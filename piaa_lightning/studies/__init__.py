"""Many runs as one table: which have finished, what is missing, and what their seeds say together."""
