"""What a score depends on in a picture."""
