"""The environment in which whole commands are timed: that of an installed program."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["settled"]


def settled(data: Path, bytecode: Path) -> dict[str, str]:
    """Its own data folder, no network, and bytecode kept from the first command on, as in any installation.

    Without bytecode every command compiles all its modules again, which takes longer than the command.
    """
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"KG_DATA": str(data), "KG_ONLINE": "0", "PYTHONPYCACHEPREFIX": str(bytecode)}
