"""Personalised image aesthetics: predict how much one given person likes a picture."""

__version__ = "0.1.0"
