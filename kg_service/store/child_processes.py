"""What a process that the service starts sees of the service's own environment."""

from __future__ import annotations

import os
import sys

__all__ = ["child_environment"]

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "KG_ARCHIVE_MIRRORS", "KG_ONLINE", "KG_CACHE",
              "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy",
              "no_proxy", "OMP_NUM_THREADS")  # fmt: skip


def child_environment() -> dict[str, str]:
    """The variables for a Python process of ours: no secret of the service is among them."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
        "PYTHONSAFEPATH": "1",  # a file named like a module, where the user stands, is not imported
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
