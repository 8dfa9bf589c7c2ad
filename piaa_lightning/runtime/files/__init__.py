"""Files that are whole or absent: written, locked, known by their content."""
