"""The command line: one file a command, the schema of keys, and what is told to users; the only importer of Hydra."""
