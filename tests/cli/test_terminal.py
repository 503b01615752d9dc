"""What a terminal without UTF-8 sees."""

from __future__ import annotations

import io

from kg_service.cli.terminal import shown, width


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding)


def test_signs_bars_and_powers_have_forms_in_ascii():
    text = "(8.1 ± 0.2) × 10⁻¹² ▁▄█ a → b"  # noqa: RUF001 - as it is printed
    assert shown(text, stream("ascii")) == "(8.1 +/- 0.2) x 10^-12 _-# a -> b"
    assert shown(text, stream("utf-8")) == text


def test_other_letters_lose_their_accents_and_nothing_fails():
    assert shown("Kölner \N{GREEK SMALL LETTER GAMMA}", stream("ascii")) == "Ko?lner ?"
    assert shown("Kölner", stream("latin-1")) == "Kölner"


def test_a_terminal_is_written_to_its_width(monkeypatch):
    for columns, used in (("40", 60), ("80", 80), ("200", 110)):
        monkeypatch.setenv("COLUMNS", columns)
        assert width() == used
