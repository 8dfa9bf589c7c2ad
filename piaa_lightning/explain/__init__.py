"""Looking into networks: which pixels a score depends on."""
