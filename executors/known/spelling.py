"""How names of sources and events are compared: what of a spelling carries meaning and what does not.

Case, blanks, underscores, the kind of dash and a dash after letters say nothing ("Cyg X-3", "CYG X 3",
"PKS-2155\u2212304"). A sign in front of a declination does: TXS 0506-056 is not TXS 0506+056. A key is only
ever compared with other keys, never shown or handed on.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["catalogue_number", "event_key", "source_key"]

_SILENT = re.compile(r"[\s_\u00b0\u2018\u2019'`\u00ad]")
_LEADING = re.compile(r"^(name[\s_]+|v\*|\*)")
"""What SIMBAD writes in front of names that are no catalogue entries."""

_SAME_LIST = (
    (re.compile(r"^(markarian|mkn|mkr)(?=\d)"), "mrk"),
    (re.compile(r"^messier(?=\d)"), "m"),
    (re.compile(r"^(parkes|pks)b?(?=\d{4})"), "pks"),
    (re.compile(r"^txsb?(?=\d{4})"), "txs"),
    (re.compile(r"^snrg?(?=\d)"), "g"),
    (re.compile(r"^center"), "centre"),
)
"""Spellings of one catalogue. The Parkes and Texas names are of B1950 whether the B is written or not."""

_RUNNING_NUMBER = re.compile(r"^(rbs|ton|ngc|ic|mrk|m|ugc|3c|w|cta|ctb|arp)0+(?=\d)")
_BY_ZONE = re.compile(r"^(4c|lsi)\+(?=\d)")
"""Lists numbered within zones of declination: the plus may be left out, a minus never is."""

_ZONE = re.compile(r"^(4c|lsi)-(?=\d)")
_DASH_AFTER_LETTER = re.compile(r"(?<![\d.])-|-(?!\d)")


def source_key(name: str) -> str:
    """What names of sources are compared by."""
    key = _LEADING.sub("", _folded(name).strip())
    key = _SILENT.sub("", key).rstrip(".")
    if _ZONE.match(key) is None:
        key = _DASH_AFTER_LETTER.sub("", key)
    for pattern, short in _SAME_LIST:
        key = pattern.sub(short, key)
    key = _BY_ZONE.sub(r"\1", key)
    return _RUNNING_NUMBER.sub(r"\1", key)


def event_key(name: str) -> str:
    """What names of events are compared by: letters and digits alone, IC short for IceCube."""
    key = re.sub(r"[-+]", "", _SILENT.sub("", _folded(name)))
    return re.sub(r"^ic(?=\d{6})", "icecube", key)


def catalogue_number(key: str) -> tuple[str, float] | None:
    """The catalogue and the first number in the key of a source: ("3c", 279.0) of "3c279"."""
    found = re.match(r"(\d?[a-z]+)(\d+(\.\d+)?)", key)
    return (found[1], float(found[2])) if found else None


def _folded(name: str) -> str:
    """In one case, with compatible characters and every kind of dash written in one way."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join("-" if c == "\u2212" or unicodedata.category(c) == "Pd" else c for c in text)
