"""Stars written beside photographs, where catalogues read them; originals are never touched."""
