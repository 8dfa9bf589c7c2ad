"""The steps of one run, from typed specs to files; `run.py` shows the whole."""
