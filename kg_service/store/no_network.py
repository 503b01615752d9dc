"""Takes the network away from this process, where the kernel can (Linux, seccomp): a second wall.

Public SPARQL is refused by its text already; should a text ever slip through, the engine finds that
it cannot open a socket.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from typing import Final

__all__ = ["forbid_sockets"]

_SET_SECCOMP: Final = 22
_SET_NO_NEW_PRIVILEGES: Final = 38
_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_IO_URING_SETUP: Final = 425

# machine: (audit architecture, number of the system call socket), from the kernel's unistd headers
_MACHINES: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}

# operation codes of the classic Berkeley packet filter (linux/bpf_common.h)
_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_GREATER_EQUAL: Final = 0x35
_RETURN: Final = 0x06


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_sockets() -> bool:
    """Refuse new sockets to this thread and all it starts, for good; says whether the kernel agreed."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    architecture, socket_call = _MACHINES[platform.machine()]
    instructions = [
        (_LOAD, 0, 0, 4),  # the architecture of the call
        (_JUMP_EQUAL, 0, 4, architecture),  # another one: refuse
        (_LOAD, 0, 0, 0),  # the number of the call
        (_JUMP_EQUAL, 2, 0, socket_call),
        (_JUMP_EQUAL, 1, 0, _IO_URING_SETUP),  # it could open sockets, too
        (_JUMP_GREATER_EQUAL, 0, 1, 0x40000000),  # the x32 numbering of the same calls
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *one) for one in instructions)
    program = _Program(len(instructions), code)
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(library.prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)
