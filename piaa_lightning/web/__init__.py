"""The page on which users rate their images: its server, and below ``page/`` what the browser gets."""
