"""One protocol for every method: draws, records, statistics."""
