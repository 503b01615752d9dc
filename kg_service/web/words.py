"""How pages write units, sizes and addresses, and the lines that repeat a question."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from jinja2.filters import do_forceescape, do_mark_safe

from kg_service.errors import RequestProblem, problem_from_code
from kg_service.model.readable import NUMBERS, number
from kg_service.model.terms import KG, ODA, Site, local_name

__all__ = [
    "Addresses",
    "marked",
    "repeat_curl",
    "repeat_kg",
    "short",
    "size",
    "standing",
    "term_text",
    "unit",
]

_CODE = re.compile(r"(`+)(.+?)\1")

_HASH = re.compile(r"[0-9a-f]{24,64}")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def unit(text: str | None) -> str:
    """A VOUnit string as it is printed: ``erg.cm**-2.s**-1`` becomes ``erg cm⁻² s⁻¹``."""
    parts = []
    for part in (text or "").split("."):
        name, stars, power = part.partition("**")
        parts.append(name + power.strip("()").translate(_SUPERSCRIPTS) if stars else name)
    return " ".join(parts)


def size(count: int) -> str:
    """A number of bytes for people."""
    number = float(count)
    for name in ("B", "kB", "MB", "GB"):
        if number < 1000 or name == "GB":
            return f"{number:.0f} {name}" if name == "B" or number >= 100 else f"{number:.1f} {name}"
        number /= 1000
    raise AssertionError("unreachable")


def marked(text: str | None) -> str:
    """A text of ours as safe HTML, what stands in backticks as code."""
    return do_mark_safe(_CODE.sub(r"<code>\2</code>", str(do_forceescape(text or ""))))


def standing(phase: str, problem: Mapping[str, Any] | None) -> str:
    """How a run stands, in words: one that could not answer its request was refused, it did not break."""
    if phase == "ERROR" and problem is not None:
        known = problem_from_code(problem["code"], problem["detail"])
        if isinstance(known, RequestProblem):
            return f"refused: {known.title[:1].lower()}{known.title[1:]}"
        return f"failed: {known.title[:1].lower()}{known.title[1:]}"
    return {"ABORTED": "cancelled", "EXECUTING": "under way"}.get(phase, phase.lower())


def term_text(term: Mapping[str, str]) -> str:
    """A literal of SPARQL results for people: numbers with a power of ten where that is shorter."""
    return number(term["value"]) if term.get("datatype") in NUMBERS else term["value"]


def short(iri: str) -> str:
    """The last part of an IRI, a long hash shortened."""
    last = local_name(iri)
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
            return "/terms/" + quote(local_name(iri), safe="")
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
