"""The page on which people rate their photographs: its server, and below ``page/`` what the browser gets."""
