"""The transitive closure of a relation between names, held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["Closure"]


class Closure:
    """Everything above a name, itself included.

    Parameters
    ----------
    parents
        The direct relation: a name and the names right above it. A circle is no error here; all
        its members are above each other.
    """

    def __init__(self, parents: Mapping[str, Iterable[str]]) -> None:
        self._parents = {name: tuple(above) for name, above in parents.items()}
        self._above: dict[str, frozenset[str]] = {}

    def parents(self, name: str) -> tuple[str, ...]:
        """The names right above."""
        return self._parents.get(name, ())

    def above(self, name: str) -> frozenset[str]:
        """All names above, and the name itself."""
        known = self._above.get(name)
        if known is not None:
            return known
        found = {name}
        waiting = [name]
        while waiting:
            for parent in self._parents.get(waiting.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        self._above[name] = frozenset(found)
        return self._above[name]

    def circles(self) -> list[str]:
        """Names that are above themselves by way of another name, sorted."""
        return sorted(
            name
            for name, above in self._parents.items()
            if any(p != name and name in self.above(p) for p in above)
        )

    def most_specific(self, names: Iterable[str]) -> list[str]:
        """Those of the names that have no other of them below, sorted."""
        given = set(names)
        return sorted(n for n in given if not any(m != n and n in self.above(m) for m in given))
