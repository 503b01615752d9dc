"""Parameters that a name nobody uses may mean: by the words it shares with labels and definitions."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable

from kg_service.vocabulary.terms import Term

__all__ = ["near_by_words"]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SAME, _ABBREVIATED, _TOLD = 3, 2, 1
"""What a word counts for: among the names of a term, as the beginning of one, in the definition."""
_SHORTEST = 3
"""Letters from which a word stands for another that begins so, or is looked for in definitions."""


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _parts(word: str, spoken: set[str]) -> list[str]:
    """A word, or the two words that were written together in it: ``tmax``."""
    if word not in spoken:
        for place in range(1, len(word)):
            if word[:place] in spoken and word[place:] in spoken:
                return [word[:place], word[place:]]
    return [word]


def near_by_words(name: str, terms: Iterable[Term], limit: int = 3) -> tuple[str, ...]:
    """The short names of the terms that share most words with a name: ``t_min`` offers ``t1``.

    Of equal ones, those that look more like the name come first.

    Parameters
    ----------
    name
        What was given.
    terms
        Those that could have been meant.
    limit
        How many are offered.
    """
    known = list(terms)
    spoken = {word for term in known for text in (*term.alt_labels, term.label) for word in _words(text)}
    wanted = [part for word in _words(name) for part in _parts(word, spoken)]
    common = Counter(word for term in known for word in set(_words(term.definition)))
    usual = {word for word, count in common.items() if count * 4 > len(known)}
    ranked = []
    for term in known:
        score = _score(wanted, term, usual)
        if score:
            spellings = (*term.alt_labels, term.local, term.label)
            likeness = max(difflib.SequenceMatcher(None, name.lower(), s.lower()).ratio() for s in spellings)
            ranked.append((-score, -likeness, term.iri, next(iter(term.alt_labels), term.local)))
    return tuple(short for *_, short in sorted(ranked)[:limit])


def _score(wanted: list[str], term: Term, usual: set[str]) -> int:
    """How much a term has of the wanted words; the first one says what is meant, the others which of it."""
    names = {word for text in (*term.alt_labels, term.label) for word in _words(text)}
    told = set(_words(term.definition)) - usual
    head = _words(term.label)[-1:]
    score = 0
    for place, word in enumerate(wanted):
        if word.isdigit():
            continue
        long = len(word) >= _SHORTEST
        if word in names:
            score += _SAME + (place == 0) + (word in head)
        elif long and any(n.startswith(word) or (len(n) >= _SHORTEST and word.startswith(n)) for n in names):
            score += _ABBREVIATED
        elif long and word in told:
            score += _TOLD
    return score
