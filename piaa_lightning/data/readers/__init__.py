"""One file per database: ``read(root, ...)`` turns its published files into a RatingTable."""
