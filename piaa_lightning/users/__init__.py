"""People who rate photographs on this machine: what they said, in whatever folder, and what is learnt from it."""
