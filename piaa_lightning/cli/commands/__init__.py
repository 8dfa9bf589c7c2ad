"""One file for each mode of `python -m piaa_lightning` and each command of `piaa`."""
