"""The digest of an analysis: what is run, from its source text, and how it is described.

The module that defines the function counts, and every module of the same top-level package that it
imports, directly or through others, at its head or inside a function. Modules are found by reading
their text, never by importing them; data files do not count: they are datasets of their own.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from kg_service.authoring import Declaration
from kg_service.errors import Invalid

__all__ = ["code_digest", "source_modules"]


@dataclass(frozen=True, slots=True)
class _Source:
    """A module's sha256 and the dotted names it imports (relative ones resolved)."""

    sha256: str
    imports: tuple[str, ...]


_cache: dict[tuple[str, int, int, str], _Source] = {}


def code_digest(function: Callable[..., Any]) -> str:
    """64 hexadecimal digits: another line in the analysis, another digest.

    Where modules lie and when they were written does not matter, nor what they import from other
    packages.

    Parameters
    ----------
    function
        A function, declared as a workflow or not; a declaration counts with all its fields.

    Raises
    ------
    Invalid
        The source text of a module cannot be read.
    """
    lines = [f"module {name} {sha256}" for name, sha256 in source_modules(function).items()]
    lines.append(f"function {function.__module__}:{function.__qualname__}")
    declaration = getattr(function, "declaration", None)
    if declaration is not None:
        lines.append(f"declaration {_described(declaration)}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def source_modules(function: Callable[..., Any]) -> dict[str, str]:
    """The modules that make up an analysis, by dotted name, with the sha256 of each text."""
    start = function.__module__
    package = start.partition(".")[0]
    roots = _roots(package)
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = _own_file(start) if name == start else _locate(name, package, roots)
        if path is None:
            continue
        source = _read(path, name)
        found[name] = source.sha256
        # A module runs the ``__init__`` of every package above it.
        parents = name.split(".")[:-1]
        waiting.extend(".".join(parents[: n + 1]) for n in range(len(parents)))
        waiting.extend(i for i in source.imports if i == package or i.startswith(package + "."))
    return dict(sorted(found.items()))


def _roots(package: str) -> Sequence[str]:
    module = sys.modules.get(package)
    return tuple(getattr(module, "__path__", ()))


def _own_file(name: str) -> Path:
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None or not file.endswith(".py"):
        raise Invalid(f"The source text of {name} is not at hand, so its version cannot be told.", value=name)
    return Path(file)


def _locate(name: str, package: str, roots: Sequence[str]) -> Path | None:
    """The file of a module below the package; ``None`` when the name is of something in a module."""
    parts = name.split(".")[1:]
    for root in roots:
        folder = Path(root).joinpath(*parts)
        if (folder / "__init__.py").is_file():
            return folder / "__init__.py"
        if parts and folder.with_suffix(".py").is_file():
            return folder.with_suffix(".py")
    return None


def _read(path: Path, name: str) -> _Source:
    try:
        status = path.stat()
        key = (str(path), status.st_mtime_ns, status.st_size, name)
        if key not in _cache:
            content = path.read_bytes()
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            imports = tuple(sorted(set(_imports(content.decode(errors="replace"), package))))
            _cache[key] = _Source(hashlib.sha256(content).hexdigest(), imports)
        return _cache[key]
    except OSError as error:
        raise Invalid(f"The source text of {name} cannot be read: {error}.", value=name) from error


def _imports(text: str, package: str) -> Iterator[str]:
    """Every dotted name that the text may import, perhaps more: words in comments only cost a look.

    Reading the text is six times faster than building its syntax tree, and every command waits for
    it. What it finds includes what the syntax tree holds, which a test keeps true.
    """
    for dots_and_module, inner in _FROM.findall(text):
        written = _BLANKS.sub("", dots_and_module)
        module = written.lstrip(".")
        level = len(written) - len(module)
        if level:
            above = package.split(".")[: len(package.split(".")) - level + 1]
            module = ".".join([*above, *([module] if module else [])])
        yield module
        # What is imported from a package may be a module of it.
        yield from (f"{module}.{name}" for name in _names(inner))
    for inner in _IMPORT.findall(text):
        yield from _names(inner)
    yield from _BY_NAME.findall(text)


def _names(inner: str) -> Iterator[str]:
    for part in re.sub(r"#[^\n]*", "", inner).strip("() \t\r\n").replace("\\", " ").split(","):
        name = _BLANKS.sub("", re.split(r"\bas\b", part)[0])
        if name:
            yield name


_BLANKS: Final = re.compile(r"[\s\\]+")
_GOES_ON: Final = r"\\\r?\n"  # a logical line may go on after a backslash
_LINE: Final = rf"[^\r\n;#\\]*(?:{_GOES_ON}[^\r\n;#\\]*)*"
_FROM: Final = re.compile(
    rf"\bfrom\b((?:[.\w \t\f]|{_GOES_ON})*?)\bimport\b(?:\s|{_GOES_ON})*(\((?:[^)#]|#[^\n]*)*\)|{_LINE})"
)
_IMPORT: Final = re.compile(rf"\bimport\b({_LINE})")
_BY_NAME: Final = re.compile(r"(?:import_module|__import__)\s*\(\s*[\"']([\w.]+)[\"']")


def _described(item: Any) -> str:
    """A text for a declaration that depends on what it says alone."""
    if is_dataclass(item) and not isinstance(item, type):
        skipped = {"function"} if isinstance(item, Declaration) else set()
        parts = [
            f"{f.name}={_described(getattr(item, f.name))}" for f in fields(item) if f.name not in skipped
        ]
        return f"{type(item).__name__}({', '.join(parts)})"
    if isinstance(item, (list, tuple)):
        return f"[{', '.join(_described(part) for part in item)}]"
    if isinstance(item, dict):
        return f"{{{', '.join(sorted(f'{key!r}: {_described(value)}' for key, value in item.items()))}}}"
    if callable(item):
        return f"{getattr(item, '__module__', '')}:{getattr(item, '__qualname__', type(item).__name__)}"
    return repr(item)
