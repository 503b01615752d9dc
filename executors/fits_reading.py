"""Opens FITS files of archives so that a file cut short is an error, as it only makes astropy warn."""

from __future__ import annotations

import gzip
import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

__all__ = ["UNREADABLE", "opened"]

UNREADABLE = (AstropyUserWarning, OSError, EOFError, KeyError, IndexError, TypeError, ValueError, zlib.error)
"""What reading a damaged file raises."""
_GZIP = b"\x1f\x8b"


@contextmanager
def opened(path: Path) -> Iterator[fits.HDUList]:
    """The file in memory; doubts of astropy about its content are raised as errors while it is open."""
    content = path.read_bytes()
    if content.startswith(_GZIP):
        content = gzip.decompress(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error", AstropyUserWarning)
        with fits.open(io.BytesIO(content)) as hdus:
            yield hdus
