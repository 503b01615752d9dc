"""One table in four formats: what is written is what is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import parse, parse_single_table
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executors.writing import add_column, write_table

ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=90)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(st.floats(allow_infinity=False), min_size=1, max_size=6),
    text=ASCII.filter(lambda t: not t.startswith("'") and t not in {"nan", "--"} and "&" not in t),
    value=st.floats(allow_nan=False, allow_infinity=False),
)
def test_columns_and_description_come_back(numbers, text, value):
    table = Table()
    add_column(table, "number", np.array(numbers), "some numbers", unit="erg cm-2 s-1", ucd="phot.flux")
    write_table(table, "t", {"OBJECT": text, "value": value, "flag": True, "count": 3})
    document = json.loads(Path("t.json").read_text(encoding="utf-8"))
    for read in (Table.read("t.ecsv"), Table.read("t.fits")):
        assert np.array_equal(np.asarray(read["number"]), numbers, equal_nan=True)
        assert (read.meta["OBJECT"], read.meta["flag"], read.meta["count"]) == (text, True, 3)
        assert read.meta["value"] == pytest.approx(value, rel=1e-12)  # a FITS card has room for 20 characters
    assert document["meta"] == {"OBJECT": text, "value": value, "flag": True, "count": 3}
    assert document["columns"] == [
        {"name": "number", "unit": "erg.s**-1.cm**-2", "description": "some numbers", "ucd": "phot.flux"}
    ]
    assert [row["number"] for row in document["rows"]] == [None if np.isnan(n) else n for n in numbers]


def test_signs_of_markup_survive_in_the_votable():
    table = Table()
    add_column(table, "spectrum", ["2015A&A...578A..22A <1>"], "bibcode & number")
    write_table(
        table, "t", {"reference": "2015A&A...578A..22A", "caveats": 'index 1255 > 27.69 & "more" < 2'}
    )
    votable = parse_single_table("t.vot")
    params = {p.name: p.value for p in votable.params}
    assert params == {"reference": "2015A&A...578A..22A", "caveats": 'index 1255 > 27.69 & "more" < 2'}
    assert list(votable.array["spectrum"]) == ["2015A&A...578A..22A <1>"]
    assert votable.fields[0].description == "bibcode & number"


def test_columns_of_time_get_their_scale_and_origin():
    table = Table()
    add_column(table, "start", [55000.5], "MJD (TT)", unit="d", ucd="time.start")
    write_table(table, "t", {"TIMESYS": "TT"}, extension="TIMES")
    read = Table.read("t.fits", hdu="TIMES", astropy_native=True)
    assert read["start"][0].tt.mjd == 55000.5
    header = fits.getheader("t.fits", "TIMES")
    assert (header["MJDREFI"], header["MJDREFF"], header["TIMEUNIT"], header["TCTYP1"]) == (0, 0.0, "d", "TT")
    assert {s.timescale for s in parse("t.vot").iter_timesys()} == {"TT"}
    add_column(table, "when", ["2009-06-18T12:00:00Z"], "UTC", ucd="time.start")
    write_table(table["when",], "u", {"TIMESYS": "UTC"})
    assert "MJDREFI" not in fits.getheader("u.fits", "U")


def test_a_long_citation_survives_in_the_fits_header():
    table = Table({"a": [1.0]})
    citation = "; ".join(f"Author et al. {year}, ApJ {year - 1900}, {year}" for year in range(1990, 2020))
    write_table(table, "t", {"citation": citation})
    assert Table.read("t.fits").meta["citation"] == citation


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "5 \u00b1 1"])
def test_what_a_header_cannot_hold_is_refused(value):
    with pytest.raises(ValueError, match="meta 'index'"):
        write_table(Table({"a": [1.0]}), "t", {"index": value})
