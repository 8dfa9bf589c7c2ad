"""What a run stands on: directories, checkpoints, processes, files that are whole or absent."""
