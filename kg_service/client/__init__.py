"""Asking a service from Python: only HTTP and the JSON of the contract."""
