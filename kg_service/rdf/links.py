"""Addresses and licences: an IRI where the text is one, otherwise the text."""

from __future__ import annotations

import re

from pyoxigraph import Literal, NamedNode

__all__ = ["link"]

_IRI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)


def link(text: str) -> NamedNode | Literal | None:
    """A node for an IRI, a text for anything else, nothing for nothing."""
    if not text:
        return None
    if _IRI.fullmatch(text):
        try:
            return NamedNode(text)
        except ValueError:
            return Literal(text)
    return Literal(text)
