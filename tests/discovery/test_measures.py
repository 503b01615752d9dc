"""Numbers for people: as many digits as the error allows, and never more."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.discovery.measures import measured


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (2.0204, 0.0183, "2.020 ± 0.018"),
        (8.13e-12, 1.5e-13, "(8.13 ± 0.15) \N{MULTIPLICATION SIGN} 10⁻¹²"),
        (-3.78e-5, None, "\N{MINUS SIGN}3.78 \N{MULTIPLICATION SIGN} 10\N{SUPERSCRIPT MINUS}⁵"),
        (1255.3, 40.0, "1255 ± 40"),
        (0.0, 0.5, "0.00 ± 0.50"),
        (2.3, 0.0996, "2.30 ± 0.10"),
        (12553.0, 412.0, "12550 ± 410"),
        (1126259462.4229, 0.0024, "1126259462.4229 ± 0.0024"),
        (159.2, 28.1, "159 ± 28"),
        (1126259462.42, None, "1126259462.42"),
        (57000.25, None, "57000.2"),
        (1036.9, None, "1036.9"),
        (8, None, "8"),
        (True, None, "yes"),
        ("log-parabola", None, "log-parabola"),
        (None, None, "\N{EN DASH}"),
        (math.inf, None, "\N{EN DASH}"),
    ],
)
def test_numbers_at_the_digits_that_the_error_allows(value, error, text):
    assert measured(value, error) == text


@given(st.floats(allow_nan=True), st.none() | st.floats(min_value=0, allow_nan=False))
def test_any_number_can_be_written(value, error):
    assert measured(value, error)
