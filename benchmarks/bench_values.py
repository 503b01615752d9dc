"""How long it takes to bring one value to its canonical key; the target is a few microseconds."""

from __future__ import annotations

import pytest

from kg_service.model.notation import iso_from_tt, read
from kg_service.model.values import Kind

NOTATIONS = {
    "energy": ("0.02 MeV", Kind.ENERGY),
    "bare number": ("20", Kind.ENERGY),
    "energy in erg": ("3.2e-8 erg", Kind.ENERGY),
    "decimal degrees": ("166.1138", Kind.RIGHT_ASCENSION),
    "sexagesimal": ("11h04m27.3s", Kind.RIGHT_ASCENSION),
    "ISO time": ("2010-02-01T00:00:00Z", Kind.TIME),
    "MJD": ("MJD55260.5", Kind.TIME),
    "GPS": ("GPS1126259462.4", Kind.TIME),
    "name": ("Mrk 421", Kind.NAME),
    "integer": ("5", Kind.INTEGER),
    "structured": ('{"b": [1, 2.5], "a": true}', Kind.STRUCTURED),
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_canonical_key(benchmark, notation):
    text, kind = NOTATIONS[notation]
    key = benchmark(lambda: read(text, kind).key)
    assert key.startswith(kind.value)


def test_iso_text_of_a_time(benchmark):
    assert benchmark(iso_from_tt, 4_948_941_113_584_000) == "2015-09-14T09:50:45.4Z"
