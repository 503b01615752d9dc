"""Instrument analyses of kg-service, found by entry points; nothing imports this package."""
