"""Measures a running server against a floor in C and against its targets; `python -m bench`, see README.md."""
