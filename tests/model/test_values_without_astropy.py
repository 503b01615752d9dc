"""Everyday notations are read without importing astropy or any other heavy library."""

from __future__ import annotations

import json
import subprocess
import sys

EVERYDAY = [
    ("20 keV", "energy"), ("0.02 MeV", "energy"), ("3.2e-8 erg", "energy"), ("20", "energy"),
    ("166.1138", "right-ascension"),
    ("11h04m27.3s", "right-ascension"), ("11:04:27.3", "right-ascension"), ("+38d12m32s", "declination"),
    ("38\u00b012\u203232\u2033", "declination"), ("30 arcmin", "angle"), ("1.2 rad", "angle"),
    ("100 s", "duration"), ("1 d", "duration"),
    ("10 GHz", "frequency"), ("500 nm", "length"), ("0.5 \u00c5", "length"), ("8 kpc", "length"),
    ("2010-02-01", "time"),
    ("2010-02-01T00:00:00.5+02:00", "time"), ("2016-12-31T23:59:60Z", "time"), ("MJD55260.5", "time"),
    ("JD2455261.0", "time"),
    ("GPS1126259462.4", "time"), ("MJD55260.5 TT", "time"), ("5", "integer"), ("yes", "boolean"),
    ("Mrk 421", "name"), ("a", "text"),
    ("[1, 2.5]", "structured"), ("3.5", "number"),
]  # fmt: skip

PROGRAM = """
import json, sys
from kg_service.errors import Problem
from kg_service.model.notation import convert, iso_from_tt, read, to_plain
from kg_service.model.values import Kind
for text, kind in json.load(sys.stdin):
    value = read(text, Kind(kind))
    to_plain(value)
read("1 nm", Kind.ENERGY, photon=True)
convert(read("20 keV", Kind.ENERGY), "MeV")
for wrong, kind in [("20 s", "energy"), ("nan", "energy"), ("91", "declination"), ("55260", "time"),
("tomorrow", "time")]:
    try:
        read(wrong, Kind(kind))
    except Problem:
        continue
    raise SystemExit(wrong)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_everyday_notations_leave_the_heavy_libraries_alone():
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(EVERYDAY),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    loaded = set(json.loads(run.stdout))
    assert not loaded & {
        "astropy",
        "erfa",
        "numpy",
        "scipy",
        "rdflib",
        "pyshacl",
        "fastapi",
        "pydantic",
        "httpx",
        "owlready2",
    }
