"""Networks of papers, one file each, and the parts that only they have."""
