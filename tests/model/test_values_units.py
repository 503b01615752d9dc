"""Our exact table of units, astropy's definitions, and conversions by both: one result."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from astropy import constants
from astropy import units as u
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import decimals

from kg_service.errors import BadValue, WrongUnit
from kg_service.model import astropy_bridge
from kg_service.model import unit_table as table
from kg_service.model.notation import convert, read
from kg_service.model.unit_table import common_unit
from kg_service.model.units import conversion
from kg_service.model.values import Kind

PREFIXED = [prefix + base for prefix in table.PREFIXES for base in table.PREFIXABLE]
OURS = sorted({*table.TABLE, *PREFIXED} - {""})
WORDS_OF_OURS = {
    "metre",
    "sec",
    "seconds",
    "minutes",
    "hours",
    "days",
    "years",
    "degrees",
    "\u03bcas",
    "\u00b5as",
}
SAME_DIMENSION = {
    dimension: [name for name in OURS if common_unit(name).dimension == dimension]
    for dimension in {common_unit(name).dimension for name in OURS}
}
KINDS = {
    table.ENERGY: Kind.ENERGY,
    table.LENGTH: Kind.LENGTH,
    table.DURATION: Kind.DURATION,
    table.FREQUENCY: Kind.FREQUENCY,
}
# What a person may write beyond the table, with the canonical unit of the quantity.
UNUSUAL = {
    "erg/(s cm2)": "erg.cm**-2.s**-1", "W/m2": "erg.cm**-2.s**-1", "Jy Hz": "erg.cm**-2.s**-1", "mJy": "Jy",
    "erg/(s cm2 Hz)": "Jy", "wk": "s", "sday": "s", "kiloelectronvolt": "keV", "Ry": "keV", "lyr": "m",
    "solRad": "m",
    "km/h": "m/s", "ph/(s cm2)": "ph.m**-2.s**-1", "arcmin2": "deg2", "1/cm": "m**-1", "%": "", "kpc": "pc",
    "cycle": "deg",
}  # fmt: skip


@pytest.mark.parametrize("name", OURS)
def test_the_table_holds_what_astropy_defines(name: str):
    if name in WORDS_OF_OURS or name.startswith("\u03bc"):
        assert astropy_bridge.unit(name) in {None, common_unit(name)}
        return
    assert astropy_bridge.unit(name) == common_unit(name), "exactly, as fractions"


@pytest.mark.parametrize("one", SAME_DIMENSION)
@pytest.mark.parametrize("other", SAME_DIMENSION)
def test_units_of_different_quantities_never_convert(one: str, other: str):
    if one != other:
        with pytest.raises(WrongUnit):
            conversion(SAME_DIMENSION[one][0], SAME_DIMENSION[other][0])


def test_the_table_agrees_with_the_constants_of_the_si():
    assert Fraction(str(constants.h.value)) == table.PLANCK
    assert Fraction(str(constants.e.value)) == table._CHARGE
    assert Fraction(str(constants.c.value)) == table.LIGHT
    assert Fraction(str(constants.au.value)) == table._ASTRONOMICAL_UNIT
    assert float(table._PI) == math.pi


@given(st.data(), st.sampled_from(OURS), decimals(digits=11))
def test_a_common_unit_keeps_the_quantity(data: st.DataObject, name: str, number: Decimal):
    """Our exact result and astropy's floating-point result are one number at 12 digits."""
    assume(name not in WORDS_OF_OURS and not name.startswith("\u03bc"))
    target = data.draw(st.sampled_from(SAME_DIMENSION[common_unit(name).dimension]))
    assume(target not in WORDS_OF_OURS and not target.startswith("\u03bc"))
    ours = conversion(name, target).apply(number)
    theirs = u.Quantity(float(number), u.Unit(name)).to_value(u.Unit(target))
    assert float(ours) == pytest.approx(theirs, rel=6e-15)


@given(st.sampled_from(sorted(UNUSUAL)), decimals(digits=11))
def test_any_other_unit_keeps_the_quantity(name: str, number: Decimal):
    target = UNUSUAL[name]
    value = read(f"{number} {name}", Kind.NUMBER, unit=target)
    theirs = u.Quantity(float(number), u.Unit(name)).to_value(u.Unit(target))
    assert value.plain == pytest.approx(theirs, rel=6e-15)
    assert float(convert(value, name)) == pytest.approx(float(number), rel=6e-15)


@given(st.data(), st.sampled_from(OURS), decimals(digits=14))
def test_converting_there_and_back_gives_the_number(data: st.DataObject, one: str, number: Decimal):
    other = data.draw(st.sampled_from(SAME_DIMENSION[common_unit(one).dimension]))
    there, back = conversion(one, other), conversion(other, one)
    again = back.apply(there.apply(number))
    assert abs(again - number) <= number * Decimal("1.1e-14")
    if there.exact and back.exact:
        assert again == number


@settings(max_examples=60)
@given(st.sampled_from(OURS), decimals(digits=12))
def test_both_ways_to_read_a_unit_give_one_result(name: str, number: Decimal):
    """The same conversion with astropy's definition instead of the table, to the last digit."""
    assume(name not in WORDS_OF_OURS and not name.startswith("\u03bc"))
    ours, theirs = common_unit(name), astropy_bridge.unit(name)
    assume(ours.dimension in KINDS)
    kind = KINDS[ours.dimension]
    with pytest.MonkeyPatch.context() as patch:
        quick = read(f"{number} {name}", kind)
        conversion.cache_clear()
        patch.setattr(table, "common_unit", lambda n: None if n == name else common_unit(n))
        slow = read(f"{number} {name}", kind)
    conversion.cache_clear()
    assert theirs is not None
    assert quick == slow


@given(
    decimals(digits=8), st.sampled_from(["nm", "Angstrom", "um", "mm", "GHz", "THz", "cm-1", "keV", "erg"])
)
def test_a_photon_by_its_wavelength_frequency_or_energy(number: Decimal, unit: str):
    energy = read(f"{number} {unit}", Kind.ENERGY, photon=True)
    theirs = u.Quantity(float(number), u.Unit(unit)).to_value(u.keV, equivalencies=u.spectral())
    assert energy.plain == pytest.approx(theirs, rel=6e-15)
    back = convert(energy, unit, photon=True)
    assert float(back) == pytest.approx(float(number), rel=1.5e-14)
    nu = read(f"{number} {unit}", Kind.FREQUENCY, photon=True)
    assert float(convert(nu, "keV", photon=True)) == pytest.approx(theirs, rel=1.5e-14)
    wave = read(f"{number} {unit}", Kind.LENGTH, photon=True)
    assert float(convert(wave, "keV", photon=True)) == pytest.approx(theirs, rel=1.5e-14)


def test_hc_to_fifteen_digits():
    # h c / e = 1.23984198433200286...e-6 eV m
    assert read("1 nm", Kind.ENERGY, photon=True).text == "1.239841984332"
    assert read("3 nm", Kind.ENERGY, photon=True).text == "0.413280661444001"
    assert read("1 J", Kind.ENERGY).text == "6241509074460760"


@given(decimals(digits=6), decimals(digits=6))
def test_a_longer_wavelength_is_a_lower_energy(one: Decimal, other: Decimal):
    assume(one < other)
    first, second = (read(f"{w} nm", Kind.ENERGY, photon=True) for w in (one, other))
    assert Decimal(first.text) > Decimal(second.text)


@pytest.mark.parametrize("unit", ["parsec", "Mpc", "AU", "lyr", "solRad", "earthRad", "Gm", "1/pc"])
def test_a_unit_of_distances_is_no_wavelength(unit: str):
    with pytest.raises(WrongUnit) as caught:
        read(f"5 {unit}", Kind.ENERGY, unit="keV", photon=True, parameter="e_min")
    assert {"keV", "nm", "Angstrom", "Hz"} <= set(caught.value.near)
    assert (caught.value.parameter, caught.value.value) == ("e_min", f"5 {unit}")


@pytest.mark.parametrize("unit", ["fm", "pm", "Angstrom", "nm", "um", "mm", "cm", "m", "km", "1/cm"])
def test_every_unit_of_wavelengths_gives_an_energy(unit: str):
    assert read(f"5 {unit}", Kind.ENERGY, unit="keV", photon=True).unit == "keV"


@pytest.mark.parametrize("text", ["1 nm", "1 GHz", "1 cm-1"])
def test_only_photons_have_a_wavelength(text: str):
    with pytest.raises(WrongUnit, match="photons only"):
        read(text, Kind.ENERGY)


@pytest.mark.parametrize("text", ["1 keV", "1 m"])
def test_the_frequency_of_a_gravitational_wave_is_a_frequency(text: str):
    with pytest.raises(WrongUnit, match="a frequency is needed"):
        read(text, Kind.FREQUENCY)


@pytest.mark.parametrize("text", ["0 nm", "-1 nm"])
def test_a_photon_has_a_wavelength_above_zero(text: str):
    with pytest.raises(BadValue, match="greater than zero"):
        read(text, Kind.ENERGY, photon=True)


@pytest.mark.parametrize(
    ("text", "kind", "near"),
    [
        ("20 kev", Kind.ENERGY, "keV"), ("20 KeV", Kind.ENERGY, "keV"), ("20 mev", Kind.ENERGY, "MeV"),
        ("20 mev", Kind.ENERGY, "meV"), ("20 GeVs", Kind.ENERGY, "GeV"), ("5 m", Kind.DURATION, "min"),
        ("5 hz", Kind.FREQUENCY, "Hz"), ("5 parsecs", Kind.LENGTH, "parsec"), ("5 dgr", Kind.ANGLE, "deg"),
        ("1 h", Kind.RIGHT_ASCENSION, "deg"), ("5 zorkmid", Kind.DURATION, "s"),
    ],
)  # fmt: skip
def test_a_wrong_unit_is_met_with_near_ones(text: str, kind: Kind, near: str):
    with pytest.raises(WrongUnit) as caught:
        read(text, kind, parameter="x")
    assert near in caught.value.near
    assert caught.value.parameter == "x"
    assert caught.value.value == text
    for unit in caught.value.near:
        read(f"1 {unit}", kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5 s", "an energy is needed"), ("5 keV/s", "a quantity in kg m2 s-3"), ("5 foo", "not a known unit")],
)
def test_the_message_names_what_is_needed(text: str, expected: str):
    with pytest.raises(WrongUnit, match=expected):
        read(text, Kind.ENERGY)


@pytest.mark.parametrize(
    "unit",
    ["km**99999999", "m" * 200, "(" * 90, "m**", "keV keV keV", "mag(AB)", "10**9", "import os",
    "'zorkmid'", "m**0.5"],
)  # fmt: skip
def test_odd_units_are_refused_quickly(unit: str):
    with pytest.raises((WrongUnit, BadValue)):
        read(f"5 {unit}", Kind.ENERGY)


def test_units_with_pi_are_rounded_once():
    assert conversion("rad", "deg").exact is False
    assert conversion("deg", "arcsec").exact is True
    assert conversion("kpc", "pc").exact is True
    assert read("1 pc", Kind.LENGTH).text == "30856775814913700"  # 15 digits


def test_a_measured_unit_leaves_fifteen_digits():
    assert read("1.23456789012345678 solMass", Kind.NUMBER, unit="kg").text == "2.45482697876835e30"


def test_powers_that_no_quantity_has_are_not_followed():
    assert astropy_bridge.unit("h**12") is not None
    assert astropy_bridge.unit("h**13") is None


def test_a_unit_outside_every_table_takes_bare_numbers_and_itself():
    assert read("5", Kind.NUMBER, unit="Crab").text == "5"
    with pytest.raises(WrongUnit, match="no other unit"):
        read("5 keV", Kind.NUMBER, unit="Crab")


@pytest.mark.parametrize(
    "text", ["5 erg/cm2/s", "5 erg cm-2 s-1", "5 erg/cm**2/s", "5 erg.cm**-2.s**-1", "5 mW/m2"]
)
def test_spellings_of_an_energy_flux(text: str):
    assert read(text, Kind.NUMBER, unit="erg.cm**-2.s**-1").text == "5"


def test_root_of_a_unit():
    assert read("1e-23 1/sqrt(Hz)", Kind.NUMBER, unit="Hz**(-1/2)").text == "1e-23"
    assert read("1 1/sqrt(mHz)", Kind.NUMBER, unit="Hz**(-1/2)").text == "31.6227766016838"
