"""Personalised image aesthetics: predict how much one given user likes an image."""

__version__ = "0.1.0"
