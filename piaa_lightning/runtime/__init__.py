"""The base of a run: directories, checkpoints, processes, files that are whole or absent."""
