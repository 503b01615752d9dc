"""Light curves of two instruments beside each other: every point, its own unit, times in one scale."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from astropy.time import Time

from executors.combine.light_curves import multi_instrument_light_curve
from executors.instruments import fermi_lat, veritas_archive
from executors.physics import light_curves
from kg_service.authoring import InputProduct, Measure
from kg_service.errors import Invalid

MRK421 = "4FGL J1104.4+3812"


@pytest.fixture
def fermi(product_of):
    return product_of("fermi", fermi_lat.light_curve, MRK421)


def made(folder, times, values, *, source="Mrk 421", unit="cm-2 s-1", scale="UTC", name="flux", width=0.01):
    """A light curve of another instrument, as an analysis hands it on."""
    folder.mkdir()
    table = Table()
    table["time_min"], table["time_max"] = np.array(times) - width / 2, np.array(times) + width / 2
    table[name] = np.array(values)
    table[f"{name}_err"] = 0.1 * np.array(values)
    table[name].unit = table[f"{name}_err"].unit = unit
    table.meta = {"OBJECT": source, "TELESCOP": "VERITAS", "INSTRUME": "VERITAS", "TIMESYS": scale}
    table.write(folder / "light_curve.ecsv")
    return InputProduct(
        ident=folder.name,
        types=(),
        observed_with=("https://w3id.org/kg-service/ontology#VERITAS",),
        values={"energy_min": Measure(2e8, unit="keV")},
        quality=("statistical errors only", "made for a test"),
        cite=("a paper",),
        files={"text/ecsv": folder / "light_curve.ecsv"},
    )


def test_every_point_keeps_value_unit_and_instrument(fermi, run_in, tmp_path):
    other = made(tmp_path / "other", [55300.0, 56300.0, 57300.0], [3e-10, 1e-10, 2e-10])
    result = run_in("both", multi_instrument_light_curve, fermi, other)
    table, before = Table.read("light_curves.ecsv"), Table.read(fermi.path("text/ecsv"))
    assert list(table["instrument"]) == ["Fermi-LAT"] * 14 + ["VERITAS"] * 3
    assert np.array_equal(table["value"][:14], before["flux"])
    assert np.array_equal(table["value_errp"][:14], before["flux_errp"])
    assert list(table["value"][14:]) == [3e-10, 1e-10, 2e-10]
    assert {u.Unit(text, format="vounit") for text in table["unit"]} == {u.Unit("cm-2 s-1")}
    assert [iri.rpartition("#")[2] for iri in result.observed_with] == ["FermiLAT", "VERITAS"]
    assert result.values["veritas_points_during_fermi_lat"].value == 3
    assert result.values["fermi_lat_fractional_variability"].value == pytest.approx(0.271, abs=0.005)
    assert result.coverage.energy == (1e5, 1e8)  # VERITAS says no upper end


def test_times_come_to_utc(fermi, run_in, tmp_path):
    run_in("both", multi_instrument_light_curve, fermi, made(tmp_path / "o", [55300.0], [3e-10]))
    table, before = Table.read("light_curves.ecsv"), Table.read(fermi.path("text/ecsv"))
    utc = Time(before["time_min"], format="mjd", scale="tt").utc.mjd
    assert np.abs(table["time_min"][:14] - utc).max() * 86400 < 0.01
    assert list(table["utc_min"][:14]) == list(before["utc_min"])


def test_a_curve_moved_in_time_moves_alone_and_no_overlap_is_said(fermi, run_in, tmp_path):
    near = made(tmp_path / "near", [55300.0, 56300.0], [3e-10, 1e-10])
    late = made(tmp_path / "late", [61300.0, 62300.0], [3e-10, 1e-10])
    one = run_in("one", multi_instrument_light_curve, fermi, near)
    first = Table.read("light_curves.ecsv")
    two = run_in("two", multi_instrument_light_curve, fermi, late)
    second = Table.read("light_curves.ecsv")
    assert light_curves.NO_OVERLAP not in one.quality
    assert any(text.startswith("bins differ: 365 d (Fermi-LAT)") for text in one.quality)
    assert two.quality[0] == light_curves.NO_OVERLAP
    assert list(second["time_min"] - first["time_min"]) == pytest.approx([0.0] * 14 + [6000.0] * 2)
    assert np.array_equal(first["value"], second["value"])


def test_rates_stand_beside_fluxes(fermi, run_in, tmp_path):
    other = made(
        tmp_path / "rate", [55300.0, 55301.0], [130.0, 135.0], unit="ct s-1", name="rate", scale="TT"
    )
    run_in("both", multi_instrument_light_curve, fermi, other)
    table = Table.read("light_curves.vot")
    assert list(table["unit"][14:]) == ["count.s**-1"] * 2
    assert table["time_min"][14] == pytest.approx(55299.995 - 66.184 / 86400, abs=1e-7)
    assert list(table["value_errn"][14:]) == pytest.approx([13.0, 13.5])


def test_limits_stay_limits_with_their_level(fermi, run_in, tmp_path):
    table = Table.read(fermi.path("text/ecsv"))
    table["is_ul"][3] = True
    table["flux_ul"][3] = 4e-7
    table.write(fermi.path("text/ecsv"), overwrite=True)
    result = run_in("both", multi_instrument_light_curve, fermi, made(tmp_path / "o", [55300.0], [3e-10]))
    row = Table.read("light_curves.fits")[3]
    assert row["is_ul"]
    assert np.ma.is_masked(row["value"])
    assert (row["value_ul"], row["ul_confidence"]) == (4e-7, 0.95)
    assert result.values["fermi_lat_upper_limits"].value == 1


def test_what_both_say_is_said_once(fermi, run_in, tmp_path):
    result = run_in("both", multi_instrument_light_curve, fermi, made(tmp_path / "o", [55300.0], [3e-10]))
    assert result.quality.count("statistical errors only") == 1
    assert "VERITAS: made for a test" in result.quality
    assert Table.read("light_curves.fits").meta["caveats"] == "; ".join(result.quality)
    assert "a paper" in result.cite


def test_two_sources_or_one_instrument_are_refused(fermi, tmp_path):
    with pytest.raises(Invalid, match="different sources: Mrk 421, Mrk 501"):
        multi_instrument_light_curve(fermi, made(tmp_path / "o", [55300.0], [3e-10], source="Mrk 501"))
    with pytest.raises(Invalid, match="Both light curves were observed with Fermi-LAT"):
        multi_instrument_light_curve(fermi, fermi)


def test_a_product_that_is_no_light_curve_is_refused(fermi, product_of):
    spectrum = product_of("spectrum", fermi_lat.spectrum, MRK421)
    with pytest.raises(Invalid, match="it has no time_min"):
        multi_instrument_light_curve(fermi, spectrum)
    with pytest.raises(Invalid, match="text/ecsv"):
        multi_instrument_light_curve(fermi, dataclasses.replace(fermi, files={}))


def test_fermi_and_veritas_of_mrk_421(mirror, monkeypatch, fermi, product_of, run_in, need):
    need((mirror / "veritas").is_dir(), "needs VERITAS files in the mirror")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    veritas = product_of("veritas", veritas_archive.light_curve, "Mrk 421")
    values = run_in("both", multi_instrument_light_curve, fermi, veritas).values
    assert values["fermi_lat_points"].value == 14
    # every VERITAS night of 2010 to 2014 lies within Fermi's mission
    assert values["veritas_points_during_fermi_lat"].value == values["veritas_points"].value
