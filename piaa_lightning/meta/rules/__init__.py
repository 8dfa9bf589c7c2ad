"""Rules by which an inner loop moves parameters, one file each."""
