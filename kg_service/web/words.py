"""How pages write numbers with errors, units, sizes and addresses, and the lines that repeat a question."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from kg_service.model.terms import KG, ODA, Site

__all__ = ["Addresses", "measure", "repeat_curl", "repeat_kg", "short", "size", "unit"]

_MINUS, _TIMES, _NOTHING = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"
_HASH = re.compile(r"[0-9a-f]{24,64}")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def unit(text: str | None) -> str:
    """A VOUnit string as it is printed: ``erg.cm**-2.s**-1`` becomes ``erg cm⁻² s⁻¹``."""
    parts = []
    for part in (text or "").split("."):
        name, stars, power = part.partition("**")
        parts.append(name + power.strip("()").translate(_SUPERSCRIPTS) if stars else name)
    return " ".join(parts)


def measure(value: Any, error: float | None = None) -> str:
    """A number with its error (one standard deviation) at the digits that the error allows."""
    text = _measure(value, error)
    return text.replace("-", _MINUS) if isinstance(value, float) else text


def _measure(value: Any, error: float | None) -> str:
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    if not error or not math.isfinite(error) or not math.isfinite(value):
        return _plain(value)
    digits = 1 - math.floor(math.log10(abs(error)))
    scale = math.floor(math.log10(abs(value))) if value else math.floor(math.log10(abs(error)))
    if -4 < scale < (12 if digits >= 0 else 6):  # a GPS time keeps its digits
        places = min(max(digits, 0), 12)
        return f"{value:.{places}f} ± {error:.{places}f}"
    places = min(max(digits + scale, 0), 12)
    return (
        f"({_scaled(value, scale):.{places}f} ± {_scaled(error, scale):.{places}f}) {_TIMES} {_power(scale)}"
    )


def _plain(value: float) -> str:
    if not math.isfinite(value):
        return _NOTHING
    scale = math.floor(math.log10(abs(value))) if value else 0
    if -4 < scale < 12:
        return f"{value:.6g}" if scale < 6 else f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{float(_scaled(value, scale)):.4g} {_TIMES} {_power(scale)}"


def _scaled(value: float, scale: int) -> Decimal:
    """The number divided by a power of ten, also where that power is no float."""
    return Decimal(value).scaleb(-scale)


def _power(exponent: int) -> str:
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def size(count: int) -> str:
    """A number of bytes for people."""
    number = float(count)
    for name in ("B", "kB", "MB", "GB"):
        if number < 1000 or name == "GB":
            return f"{number:.0f} {name}" if name == "B" or number >= 100 else f"{number:.1f} {name}"
        number /= 1000
    raise AssertionError("unreachable")


def short(iri: str) -> str:
    """The last part of an IRI, a long hash shortened."""
    last = iri.rstrip("/#").replace("#", "/").rpartition("/")[2]
    return last[:10] if _HASH.fullmatch(last) else last


class Addresses:
    """Where pages link to: resources of the site on this host, terms of the ontology in its description."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def here(self, iri: str | None) -> str:
        """The address of an IRI on this host; of a foreign one the IRI, unless it is no web address."""
        if not iri:
            return ""
        if self._site.owns(iri):
            return "/" + iri.removeprefix(self._site.base)
        if iri.startswith((KG, ODA)):
            return "/terms/" + quote(iri.rpartition("#")[2], safe="")
        return iri if iri.startswith(("http://", "https://")) else ""


def repeat_kg(asked: Mapping[str, Any]) -> str:
    """The command that asks the same."""
    given = [f"{name}={value}" for name, value in asked["given"]]
    return shlex.join(["kg", "ask", asked["term"], *given])


def repeat_curl(asked: Mapping[str, Any], host: str) -> str:
    """The request that asks the same."""
    pairs: Sequence[tuple[str, str]] = asked["given"]
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    address = f"{host}/ask/{quote(asked['term'], safe='')}" + (f"?{query}" if query else "")
    return f"curl {shlex.quote(address)}"
