"""The parts of a run: data, networks, trainers."""
