"""Fermi-LAT: the numbers that must come out, for all sources, and what the files hold."""

from __future__ import annotations

import json
import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import parse, parse_single_table
from astropy.table import QTable, Table
from astropy.time import Time

from executors import archives
from executors.instruments import fermi_lat
from executors.known import sources
from executors.physics import fermi_catalogue, fermi_light_curve, fermi_spectrum
from kg_service.errors import NotCovered

TXS, MRK421, VELA = "4FGL J0509.4+0542", "4FGL J1104.4+3812", "4FGL J0835.3-4510"
ALL = [row["source_name"] for row in archives.rows(fermi_catalogue.TABLE)]
WHOLE = fermi_spectrum.bands_within(50, 1e6)


def comments():
    meta = Table.read(archives.table(fermi_catalogue.TABLE), format="ascii.ecsv").meta
    return " ".join(meta["comments"])


def test_band_and_bin_edges_are_those_the_table_states():
    edges = re.search(r"edges \(MeV\): ([\d ]+)", comments())
    assert edges
    assert [float(e) for e in edges[1].split()] == list(fermi_catalogue.BAND_EDGES)
    bins = re.search(r"elapsed time, s\): ([\d ]+);", comments())
    assert bins
    assert [float(b) for b in bins[1].split()] == list(fermi_catalogue.HISTORY_EDGES_MET)


def test_the_declared_epoch_is_that_of_the_bins():
    offset = re.search(r"MJD\(TT\) = 51910 \+ ([\d.e-]+)", comments())
    assert offset
    met = fermi_catalogue.HISTORY_EDGES_MET[[0, -1]]
    times = Time(51910 + float(offset[1]), met / 86400, format="mjd", scale="tt").utc
    times.precision = 0
    assert [f"{t}Z" for t in times.isot] == [fermi_lat.START, fermi_lat.END]


def test_txs_0506_has_the_curved_spectrum_that_is_known():
    result = fermi_lat.spectrum(TXS)
    values = result.values
    # acceptance values, recomputed independently of this code
    assert values["lp_index"].value == pytest.approx(2.020, abs=0.002)
    assert values["lp_beta"].value == pytest.approx(0.054, abs=0.001)
    assert values["lp_chi2"].value == pytest.approx(8.0, abs=0.1)
    assert values["lp_dof"].value == 5
    assert values["pl_chi2"].value == pytest.approx(76.0, abs=0.5)
    assert values["reference_energy"].value == pytest.approx(1036.9, abs=0.1)
    assert values["preferred_model"].value == "log-parabola"
    assert "68.1" in str(values["preferred_because"].value)
    assert "at 1036.9 MeV" in str(values["preferred_because"].value)
    # the catalogue fits photons, not bands: its parameters stand beside, within two of our errors
    assert values["catalogue_lp_index"].value == 2.027
    assert abs(values["catalogue_lp_index"].value - values["lp_index"].value) < 2 * values["lp_index"].error
    assert abs(values["catalogue_lp_beta"].value - values["lp_beta"].value) < 2 * values["lp_beta"].error
    assert [p.get("upper_limit") is None for p in result.points] == [False] + [True] * 7
    assert result.points[0]["confidence_level"] == 0.95
    assert result.points[0]["upper_limit"] == pytest.approx(5.813e-12 * (3.592e-8 + 2 * 4.816e-8) / 3.592e-8)
    assert result.points[2]["flux"] == 1.394e-11
    assert result.points[2]["energy_reference"] == pytest.approx(1e3 * math.sqrt(300 * 1000))


@pytest.mark.parametrize("name", ALL)
def test_every_source_is_fitted_or_says_why_not(name):
    source = fermi_catalogue.source_named(name)
    analysed = fermi_spectrum.analyse(source, WHOLE)
    best = analysed.preferred
    assert best is not None
    assert best.converged
    assert np.isfinite(best.errors).all()
    assert (best.errors[1:] < 0.5).all()
    poor, marginal = (
        [text for text in analysed.quality() if text.startswith(f"{word} fit")]
        for word in ("poor", "marginal")
    )
    assert bool(poor) == (best.probability < 1e-3)
    assert bool(marginal) == (1e-3 <= best.probability < 1e-2)
    assert ("preferred_because" in analysed.values()) == (not poor)
    assert (analysed.fits.cutoff is not None) == (source.fitted["spectrum_type"] == "PLSuperExpCutoff")
    for measure in analysed.values().values():
        assert not isinstance(measure.value, float) or math.isfinite(measure.value)
    # the catalogue's log-parabola, fitted to photons, has nearly the same index where ours is a good fit
    if best.model == "log-parabola" and not best.poor:
        assert best.parameters[1] == pytest.approx(
            source.fitted["lp_index"], abs=max(0.1, 3 * best.errors[1])
        )


@pytest.mark.parametrize(
    ("name", "index", "expfactor", "exponent"),
    [
        # PLEC_IndexS, PLEC_ExpfactorS and PLEC_Exp_Index of gll_psc_v35, fitted there to photons
        (VELA, 2.2607, 0.5794, 0.4922),
        ("4FGL J0633.9+1746", 2.0288, 0.7145, 0.6806),
        ("4FGL J0534.5+2200", 2.2743, 0.2337, 0.5219),
    ],
)
def test_pulsars_have_the_cutoff_of_the_catalogue(name, index, expfactor, exponent):
    values = fermi_lat.spectrum(name).values
    assert values["preferred_model"].value == "cutoff-power-law"
    assert values["plec_index"].value == pytest.approx(index, abs=0.015)
    assert values["plec_expfactor"].value == pytest.approx(expfactor, abs=0.04)
    if name == VELA:
        assert values["plec_exp_index"].value == pytest.approx(exponent, abs=0.02)
    assert values["plec_chi2"].value < 0.1 * values["lp_chi2"].value
    assert "eq. 4" in Table.read("spectrum.fits").meta["cutoff_model"]


def test_a_rejected_model_is_not_explained_but_said_to_be_rejected():
    result = fermi_lat.spectrum(VELA)
    assert "preferred_because" not in result.values
    assert any(
        text.startswith("poor fit: power law with exponential cutoff") and "no model" in text
        for text in result.quality
    )


def test_a_pulsar_without_its_cutoff_is_said_to_need_one():
    analysed = fermi_spectrum.analyse(
        fermi_catalogue.source_named(VELA), fermi_spectrum.bands_within(1e3, 1e5)
    )
    assert analysed.preferred is analysed.fits.log_parabola
    assert "4FGL-DR4 uses a power law with exponential cutoff for pulsars" in analysed.quality()


def test_a_straight_spectrum_keeps_its_power_law():
    analysed = fermi_spectrum.analyse(fermi_catalogue.source_named("4FGL J0242.6-0000"), WHOLE)
    assert analysed.preferred is analysed.fits.power_law
    assert "less than" in analysed.fits.because


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("4FGL J0242.6-0000", ["preferred_model", "pl_index", "pl_amplitude", "reference_energy", "pl_chi2"]),
        (TXS, ["preferred_model", "lp_index", "lp_beta", "lp_amplitude", "reference_energy", "lp_chi2"]),
    ],
)
def test_the_preferred_model_comes_first_and_the_catalogue_last(name, first):
    names = list(fermi_lat.spectrum(name).values)
    assert names[: len(first)] == first
    catalogue = [n.startswith("catalogue_") for n in names]
    assert catalogue == sorted(catalogue)
    assert any(catalogue)
    short = first[1].partition("_")[0]
    others = [i for i, n in enumerate(names) if n.endswith("_chi2") and not n.startswith(short)]
    assert min(others) > names.index(f"{short}_probability")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("e_min", "e_max", "bands"), [(100, 1e5, 6), (1e3, 1e5, 4), (1e3, 3e4, 3), (1e4, 1e5, 2), (50, 100, 1)]
)
def test_any_selection_of_bands_is_answered(name, e_min, e_max, bands):
    analysed = fermi_spectrum.analyse(
        fermi_catalogue.source_named(name), fermi_spectrum.bands_within(e_min, e_max)
    )
    assert len(analysed.energy) == bands
    assert (analysed.fits.power_law is None) == (bands < 3)
    assert (analysed.fits.log_parabola is None) == (bands < 4)
    if bands < 3:
        assert any("no fit" in text for text in analysed.quality())
    for fitted in analysed.fits.in_order:
        if fitted.converged:
            assert np.isfinite(fitted.errors).all()


def test_only_bands_wholly_inside_are_used():
    result = fermi_lat.spectrum(TXS, 99.0, 2e5)
    assert [p["energy_low"] for p in result.points] == [1e5, 3e5, 1e6, 3e6, 1e7, 3e7]
    assert result.coverage.energy == (1e5, 1e8)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((500.0, 5000.0), ["bands used: 1 to 3 GeV (asked: 500 MeV to 5 GeV)"]),
        ((1e-3, None), ["bands used: 50 MeV to 1 TeV (asked: 1 keV to 1 TeV)"]),
        ((1000.0, 3000.0), []),
        ((None, None), []),
    ],
)
def test_other_bands_than_asked_for_are_a_caveat(asked, said):
    assert [t for t in fermi_lat.spectrum(TXS, *asked).quality if t.startswith("bands used")] == said


def test_one_name_everywhere_with_the_association_beside_it():
    result = fermi_lat.spectrum(MRK421)
    assert "Mrk 421 (4FGL J1104.4+3812, there Mkn 421)" in result.label
    meta = Table.read("spectrum.ecsv").meta
    assert (meta["OBJECT"], meta["catalogue_association"]) == ("Mrk 421", "Mkn 421")
    assert fermi_catalogue.source_named(TXS).title == "TXS 0506+056 (4FGL J0509.4+0542)"


@pytest.mark.parametrize("name", ALL)
def test_the_main_identifiers_are_those_of_the_resolver(name):
    assert fermi_catalogue.source_named(name).identifier == sources.find(name).identifier


def test_a_part_of_a_galaxy_is_said_to_be_one():
    for analysis in (fermi_lat.spectrum, fermi_lat.light_curve):
        assert any("one of four extended components" in t for t in analysis("4FGL J0519.9-6845e").quality)


def test_pictures_give_the_energy_of_the_parameters_and_keep_wild_pulls_at_the_edge(monkeypatch):
    drawn = []
    from executors.figures import fermi_spectrum as figures

    plain = figures.save
    monkeypatch.setattr(figures, "save", lambda f, *a: (drawn.append(f), plain(f, *a))[1])
    fermi_lat.spectrum(VELA)
    top, bottom = drawn[0].axes
    labels = top.get_legend_handles_labels()[1]
    assert all("E_0$ = 1.976 GeV" in text for text in labels if "Gamma" in text)
    assert bottom.get_ylim() == (-10, 10)
    assert any("beyond" in text.get_text() for text in bottom.texts)
    assert bottom.get_xlabel() == "Energy  [GeV]"
    fermi_lat.spectrum(TXS, 1000.0, 3000.0)
    assert len(drawn[1].axes) == 1


@pytest.mark.parametrize(
    ("name", "blocks", "from_zero"),
    [("4FGL J0242.6-0000", "1 block", True), ("4FGL J0534.5+2200", "5 blocks", False)],
)
def test_the_picture_of_a_light_curve_counts_blocks_and_says_where_its_axis_starts(
    name, blocks, from_zero, monkeypatch
):
    drawn = []
    from executors.figures import fermi_light_curve as figures

    plain = figures.save
    monkeypatch.setattr(figures, "save", lambda f, *a: (drawn.append(f), plain(f, *a))[1])
    fermi_lat.light_curve(name)
    axes = drawn[0].axes[0]
    texts = [text.get_text() for text in axes.texts]
    assert any(text.endswith(f"\n{blocks}") for text in texts)
    assert (axes.get_ylim()[0] == 0) == from_zero
    assert ("the flux axis does not start at zero" in texts) == (not from_zero)
    assert {"mean", "mean weighted by 1/$\\sigma^2$"} <= set(axes.get_legend_handles_labels()[1])


def test_the_mean_flux_is_that_of_f_var_and_the_weighted_one_is_named():
    values = fermi_lat.light_curve("4FGL J2253.9+1609").values
    source = fermi_catalogue.source_named("4FGL J2253.9+1609")
    assert values["mean_flux"].value == pytest.approx(source.history.mean())
    assert values["mean_flux"].error == pytest.approx(source.history.std(ddof=1) / math.sqrt(14))
    assert values["weighted_mean_flux"].value < 0.4 * values["mean_flux"].value


def test_times_of_the_light_curve_are_read_as_the_standard_says():
    fermi_lat.light_curve(TXS)
    header = fits.getheader("light_curve.fits", "LIGHT_CURVE")
    assert (header["TIMESYS"], header["MJDREFI"], header["MJDREFF"], header["TIMEUNIT"]) == (
        "TT",
        0,
        0.0,
        "d",
    )
    read = Table.read("light_curve.fits", astropy_native=True)
    assert f"{Time(read['time_min'][0].utc, precision=0).isot}Z" == read["utc_min"][0] == fermi_lat.START
    start, end = (Time(header[key], scale="tt").utc for key in ("DATE-OBS", "DATE-END"))
    assert f"{Time(start, precision=0).isot}Z" == header["utc_start"] == fermi_lat.START
    assert f"{Time(end, precision=0).isot}Z" == fermi_lat.END
    votable = parse("light_curve.vot")
    systems = {s.ID: s for s in votable.iter_timesys()}
    fields = {f.name: systems[f.ref] for f in votable.get_first_table().fields if f.ref}
    assert (fields["time_max"].timescale, fields["time_max"].timeorigin) == ("TT", "MJD-origin")
    assert (fields["utc_max"].timescale, fields["utc_max"].timeorigin) == ("UTC", None)


def test_times_of_the_spectrum_are_utc():
    fermi_lat.spectrum(TXS)
    header = fits.getheader("spectrum.fits", "FLUX_POINTS")
    assert (header["TIMESYS"], f"{header['DATE-OBS']}Z") == ("UTC", fermi_lat.START)
    assert "MJDREFI" not in header


def test_a_single_band_is_still_a_product():
    result = fermi_lat.spectrum(TXS, 100.0, 300.0)
    assert len(result.points) == 1
    assert "lp_index" not in result.values
    assert any("no fit" in text for text in result.quality)


def test_an_empty_choice_is_refused_with_the_edges():
    with pytest.raises(NotCovered, match="50, 100, 300, 1000, 3000") as refused:
        fermi_lat.spectrum(TXS, 60.0, 90.0)
    assert refused.value.parameter == "e_min"


@pytest.mark.parametrize("given", ["4FGL J0509.4+0543", "TXS 0506+056", "4fgl j0509.4+0542", "Crab"])
def test_a_source_outside_the_table_is_refused(given):
    for analysis in (fermi_lat.spectrum, fermi_lat.light_curve):
        with pytest.raises(NotCovered, match=r"46 sources.*docs/topics/analyses\.md") as refused:
            analysis(given)
        assert refused.value.value == given
        assert len(refused.value.detail) < 300
        assert len(refused.value.near) <= 5
    assert ("nearest of them is TXS 0506+056" in refused.value.detail) == ("0543" in given)
    if given.startswith(("4FGL", "TXS")):
        assert any("TXS 0506+056" in name for name in refused.value.near)


@pytest.mark.parametrize(("name", "f_var"), [(MRK421, 0.271), (TXS, 0.574)])
def test_the_light_curves_vary_as_is_known(name, f_var):
    result = fermi_lat.light_curve(name)
    assert result.values["fractional_variability"].value == pytest.approx(f_var, abs=0.001)
    assert result.values["constancy_dof"].value == 13
    if name == TXS:
        assert result.values["constancy_chi2"].value == pytest.approx(1031, abs=5)
    table = Table.read("light_curve.ecsv")
    assert len(table) == 14
    assert table["utc_min"][0] == fermi_lat.START
    assert table["utc_max"][-1] == fermi_lat.END
    assert (table["time_min"][1:] == table["time_max"][:-1]).all()


@pytest.mark.parametrize("name", ALL)
def test_every_light_curve_is_measured(name):
    analysed = fermi_light_curve.analyse(fermi_catalogue.source_named(name))
    covered = [i for block in analysed.blocks for i in range(block.first, block.last + 1)]
    assert covered == list(range(14))
    values = analysed.values()
    assert values["constancy_chi2"].value > 0
    assert ("fractional_variability" in values) == (analysed.fractional.excess > 0)
    if values["catalogue_variability_index"].value > 1000:
        assert len(analysed.blocks) > 3


@pytest.mark.parametrize(
    ("analysis", "stem"), [(fermi_lat.spectrum, "spectrum"), (fermi_lat.light_curve, "light_curve")]
)
def test_all_formats_hold_the_same(analysis, stem):
    result = analysis(TXS)
    ecsv = Table.read(f"{stem}.ecsv")
    with fits.open(f"{stem}.fits") as hdus:
        hdus.verify("exception")
        header = hdus[1].header
    binary = Table.read(f"{stem}.fits")
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="The unit 'erg'"
        )  # VOUnit 1.1 frowns at it, the field uses it
        votable = parse_single_table(f"{stem}.vot")
    document = json.loads(Path(f"{stem}.json").read_text(encoding="utf-8"))
    for name in ecsv.colnames:
        column = ecsv[name]
        others = [
            binary[name],
            votable.to_table(use_names_over_ids=True)[name],
            [r[name] for r in document["rows"]],
        ]
        for other in others:
            if column.dtype.kind == "f":
                numbers = [math.nan if v is None else float(v) for v in np.ma.filled(other, np.nan)]
                assert numbers == pytest.approx(list(column), rel=0, abs=0, nan_ok=True)
            else:
                assert [str(v) for v in other] == [str(v) for v in column]
    units = [column.unit for column in ecsv.itercols()]
    assert [column.unit for column in binary.itercols()] == units
    assert [field.unit for field in votable.fields] == units
    assert QTable.read(f"{stem}.ecsv").meta["OBJECT"] == "TXS 0506+056"
    params = {p.name: p.value for p in votable.params}
    for key, value in ecsv.meta.items():
        assert header[key] == pytest.approx(value)
        assert document["meta"][key] == value
        assert params[key] == pytest.approx(value)
    assert ecsv.meta["TIMESYS"] == ("UTC" if stem == "spectrum" else "TT")
    assert "arXiv:2307.12546" in ecsv.meta["citation"]
    assert ecsv.meta["caveats"] == "; ".join(result.quality)


@pytest.mark.parametrize("analysis", [fermi_lat.spectrum, fermi_lat.light_curve])
def test_the_bytes_depend_on_the_content_alone(analysis, run_in, tmp_path):
    files = [run_in(folder, analysis, TXS).files for folder in ("one", "two")]
    assert [f.name for f in files[0]] == [f.name for f in files[1]]
    for file in files[0]:
        assert (tmp_path / "one" / file.name).read_bytes() == (tmp_path / "two" / file.name).read_bytes(), (
            file.name
        )
        assert b"astropy" not in (tmp_path / "one" / file.name).read_bytes().lower().replace(
            b"astropy-2.0", b""
        )


def test_sed_points_agree_with_a_conversion_of_the_fluxes():
    # E^2 dN/dE from the band flux with the fitted shape; the catalogue used its own shape
    analysed = fermi_spectrum.analyse(fermi_catalogue.source_named(TXS), WHOLE)
    best = analysed.preferred
    predicted, _ = fermi_spectrum.integrals(
        best.parameters, analysed.bands.low, analysed.bands.high, best.reference
    )
    from executors.physics.spectral_fit import butterfly

    curve, _ = butterfly(best, analysed.energy)
    converted = curve * analysed.bands.measured.value / predicted
    assert analysed.source.sed == pytest.approx(converted, rel=0.05)


def test_a_band_wider_than_the_catalogue_takes_all_of_it():
    result = fermi_lat.spectrum(TXS, 0.02, 1e7)
    assert result.values["bands"].value == 8
