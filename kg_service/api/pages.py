"""The seam between data and pages: an address gives JSON, and the same content as a page for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["Pages"]


class Pages(Protocol):
    """Makes pages; ``web`` fills it."""

    def page(self, name: str, content: Mapping[str, Any], *, host: str, path: str) -> bytes:
        """The page ``name`` of some JSON content, as UTF-8.

        Parameters
        ----------
        host
            The address of this host, without a slash at its end.
        path
            Path and query of the request, for what a page says of itself.
        """
        ...
