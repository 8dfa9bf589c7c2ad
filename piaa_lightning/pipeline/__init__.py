"""The stages of one run, from the composed configuration to files; with ``app`` the only room that knows Hydra."""
