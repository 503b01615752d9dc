"""ECSV on a terminal and as CSV."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.cli.tables import as_csv, is_ecsv, read_table, table_text

HEAD = """# %ECSV 1.0
# ---
# datatype:
# - {name: e_ref, unit: MeV, datatype: float64, description: 'unit: none, name: no'}
# - name: flux
#   unit: erg / (s cm2)
#   datatype: float64
#   description: unit of this column is above
# - {name: source name, datatype: string}
# schema: astropy-2.0
e_ref flux "source name"
"""


def table(rows: int) -> str:
    return HEAD + "".join(f'{n}.5 {n * 1.23456789e-12} "Mrk {n}"\n' for n in range(1, rows + 1))


def test_names_units_and_cells():
    found = read_table(table(2))
    assert found.names == ("e_ref", "flux", "source name")
    assert found.units == ("MeV", "erg / (s cm2)", "")
    assert found.column("source name") == ["Mrk 1", "Mrk 2"]
    assert found.column("none") is None


def test_astropy_reads_the_same():
    ecsv = pytest.importorskip("astropy.io.ascii")
    theirs = ecsv.read(table(3), format="ecsv")
    ours = read_table(table(3))
    assert list(ours.names) == theirs.colnames
    assert ours.column("flux") is not None
    assert [float(cell) for cell in ours.column("flux") or []] == list(theirs["flux"])


def test_a_terminal_gets_twenty_rows_and_how_many_more_there_are():
    lines = table_text(read_table(table(23)), 100).splitlines()
    assert lines[0].split() == ["e_ref", "flux", "source", "name"]
    assert lines[1].split(maxsplit=1) == ["MeV", "erg / (s cm2)"]
    assert lines[2].split() == ["1.5", "1.23457e-12", "Mrk", "1"]
    assert len(lines) == 2 + 20 + 2
    assert lines[-1] == "(23 rows, of which 3 more are not shown)"
    assert table_text(read_table(table(1)), 100).endswith("(1 row)")


@given(st.integers(1, 40), st.integers(60, 120))
def test_columns_that_do_not_fit_stand_below(columns, width):
    names = [f"column_{n}" for n in range(columns)]
    text = "# %ECSV 1.0\n" + " ".join(names) + "\n" + " ".join(str(n / 7) for n in range(columns)) + "\n"
    shown = table_text(read_table(text), width)
    assert all(len(line) <= width for line in shown.splitlines())
    assert all(name in shown.split() for name in names)


def test_ecsv_as_csv_has_names_and_cells_and_nothing_else():
    rows = list(csv.reader(io.StringIO(as_csv(table(2)))))
    assert rows[0] == ["e_ref", "flux", "source name"]
    assert rows[2] == ["2.5", str(2 * 1.23456789e-12), "Mrk 2"]
    assert len(rows) == 3
    assert is_ecsv(table(1).encode())
    assert not is_ecsv(as_csv(table(1)).encode())


def test_csv_is_read_too():
    assert read_table("time,value\n1,2\n").column("value") == ["2"]
