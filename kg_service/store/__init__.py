"""Keeps graphs and bytes: the index (embedded or remote), files by hash, and the sealed records."""
