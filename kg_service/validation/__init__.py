"""Judges graphs against ``shapes/``: quickly where they conform, by pyshacl in every other case."""
