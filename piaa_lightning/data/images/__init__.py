"""Images: decoded once, stored as arrays, augmented and handed to networks."""
