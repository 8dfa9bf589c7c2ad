"""Stars that are in files already: tables, side-cars, EXIF."""
