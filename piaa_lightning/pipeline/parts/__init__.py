"""What a run is made of: data, networks, trainers."""
