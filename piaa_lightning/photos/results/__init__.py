"""Results of an order: lists, contact sheets, crops, covers and model cards."""
