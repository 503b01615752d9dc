"""Spectra of two instruments together: nothing lost, nothing mixed, everything said."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from astropy.table import Table, vstack

from executors.combine import sed
from executors.instruments import fermi_lat, veritas
from kg_service.errors import Invalid

TXS, MRK421 = "4FGL J0509.4+0542", "4FGL J1104.4+3812"


@pytest.fixture
def txs(product_of):
    return product_of("fermi", fermi_lat.spectrum, TXS), product_of(
        "veritas", veritas.spectrum, "TXS 0506+056"
    )


def test_every_point_of_both_is_there_with_its_instrument_and_epoch(txs, run_in):
    result = run_in("sed", sed.multi_instrument_spectrum, *txs)
    together = Table.read("spectrum.ecsv")
    parts = vstack([Table.read(p.path("text/ecsv")) for p in txs], metadata_conflicts="silent")
    assert len(together) == len(parts) == 24
    for column in ("e_ref", "e2dnde", "e2dnde_errn", "e2dnde_errp", "e2dnde_ul", "ul_confidence"):
        assert np.array_equal(together[column], parts[column], equal_nan=True)
    assert list(together["epoch_start"]) == list(parts["epoch_start"])
    assert list(together["instrument"]) == ["Fermi-LAT"] * 8 + ["VERITAS"] * 16
    assert [iri.rpartition("#")[2] for iri in result.observed_with] == ["FermiLAT", "VERITAS"]
    assert {p["observed_with"] for p in result.points} == set(result.observed_with)
    assert "joint_index" not in result.values
    assert result.values["fermi_lat_lp_index"].value == pytest.approx(2.020, abs=0.002)


@pytest.mark.parametrize("joint_fit", [False, True])
def test_the_caveats_are_in_product_files_and_picture(txs, run_in, joint_fit, monkeypatch):
    shown = []
    from matplotlib.axes import Axes

    plain = Axes.text
    monkeypatch.setattr(
        Axes, "text", lambda self, x, y, s, **k: (shown.append(s), plain(self, x, y, s, **k))[1]
    )
    result = run_in("sed", sed.multi_instrument_spectrum, *txs, joint_fit)
    for flag in ("not simultaneous", "not corrected for EBL absorption"):
        assert flag in result.quality
        assert flag in Table.read("spectrum.fits").meta["caveats"]
        assert any(flag in text for text in shown)


def test_what_holds_for_both_is_said_once_and_the_rest_under_its_instrument(txs, run_in):
    quality = run_in("sed", sed.multi_instrument_spectrum, *txs).quality
    assert quality.count("statistical errors only") == 1
    assert "Fermi-LAT: average over 14 years" in quality
    assert not any(text.endswith(": statistical errors only") for text in quality)
    for part in txs:
        for text in part.quality:
            assert sum(said == text or said.endswith(f": {text}") for said in quality) == 1, text


def test_the_energies_covered_begin_at_the_edge_of_the_lowest_band(txs, run_in):
    result = run_in("sed", sed.multi_instrument_spectrum, *txs)
    assert result.coverage.energy[0] == 5e4  # keV
    assert result.values["lowest_energy"].value == 50  # MeV
    assert result.coverage.energy[1] > max(p["energy_reference"] for p in result.points)


def test_the_joint_fit_comes_first_with_its_energy(txs, run_in):
    names = list(run_in("sed", sed.multi_instrument_spectrum, *txs, True).values)
    assert names[:4] == ["joint_index", "joint_beta", "joint_amplitude", "joint_reference_energy"]
    assert names.index("fermi_lat_lp_index") < names.index("fermi_lat_pl_index")
    assert "fermi_lat_reference_energy" in names


def test_the_joint_fit_is_made_when_asked_for(txs, run_in):
    result = run_in("sed", sed.multi_instrument_spectrum, *txs, True)
    values = result.values
    assert values["joint_dof"].value == 24 - 3
    assert values["joint_fit_accepted"].value is True
    # steeper and more curved at 16.5 GeV than Fermi-LAT alone at 1 GeV: the same curve continued
    alone = 2.020 + 2 * 0.054 * np.log(values["joint_reference_energy"].value / 1036.9)
    assert values["joint_index"].value == pytest.approx(alone, abs=0.2)
    assert 0.054 < values["joint_beta"].value < 0.12


def test_a_rejected_fit_is_marked(product_of, run_in):
    parts = product_of("f", fermi_lat.spectrum, MRK421), product_of("v", veritas.spectrum, "Mrk 421")
    result = run_in("sed", sed.multi_instrument_spectrum, *parts, True)
    assert result.values["joint_fit_accepted"].value is False
    assert any(text.startswith("joint fit rejected") for text in result.quality)


def test_one_source_under_two_names_is_one_source(product_of, run_in):
    fermi = product_of("f", fermi_lat.spectrum, MRK421)
    table = Table.read(fermi.path("text/ecsv"))
    table.meta["OBJECT"] = "Mkn 421"
    table.write(fermi.path("text/ecsv"), overwrite=True)
    result = run_in("sed", sed.multi_instrument_spectrum, fermi, product_of("v", veritas.spectrum, "Mrk 421"))
    assert "Mrk 421" in result.label


def test_two_sources_are_never_put_together(product_of):
    fermi = product_of("f", fermi_lat.spectrum, MRK421)
    other = product_of("v", veritas.spectrum, "TXS 0506+056")
    with pytest.raises(Invalid, match=r"Mrk 421, TXS 0506\+056"):
        sed.multi_instrument_spectrum(fermi, other)


def test_a_product_without_flux_points_is_refused(product_of, txs):
    curve = product_of("lc", fermi_lat.light_curve, TXS)
    with pytest.raises(Invalid, match="e_ref"):
        sed.multi_instrument_spectrum(curve, txs[1])
    with pytest.raises(Invalid, match="text/ecsv"):
        sed.multi_instrument_spectrum(dataclasses.replace(txs[0], files={}), txs[1])


def test_equal_epochs_are_simultaneous(txs, run_in, tmp_path):
    table = Table.read(txs[1].path("text/ecsv"))[-6:]
    table["epoch_start"], table["epoch_end"] = fermi_lat.START, fermi_lat.END
    table.meta["OBJECT"] = "TXS 0506+056"
    table.write(tmp_path / "same.ecsv")
    same = dataclasses.replace(txs[1], files={"text/ecsv": tmp_path / "same.ecsv"})
    assert "not simultaneous" not in run_in("sed", sed.multi_instrument_spectrum, txs[0], same).quality


def test_scaled_points_scale_the_joint_amplitude(txs, run_in, tmp_path):
    scaled = []
    for number, part in enumerate(txs):
        table = Table.read(part.path("text/ecsv"))
        for column in ("e2dnde", "e2dnde_errn", "e2dnde_errp", "e2dnde_ul"):
            table[column] = table[column] * 7
        table.write(tmp_path / f"{number}.ecsv")
        scaled.append(dataclasses.replace(part, files={"text/ecsv": tmp_path / f"{number}.ecsv"}))
    one = run_in("one", sed.multi_instrument_spectrum, *txs, True).values
    seven = run_in("seven", sed.multi_instrument_spectrum, *scaled, True).values
    assert seven["joint_amplitude"].value == pytest.approx(7 * one["joint_amplitude"].value, rel=1e-5)
    assert seven["joint_chi2"].value == pytest.approx(one["joint_chi2"].value, rel=1e-6)
