"""Articles by sound, and which labels keep their capitals inside a sentence."""

from __future__ import annotations

import pytest

from kg_service.planning.wording import article, noun


@pytest.mark.parametrize(
    ("label", "phrase"),
    [
        ("X-ray spectrum", "an X-ray spectrum"),
        ("hard X-ray spectrum", "a hard X-ray spectrum"),
        ("Light curve", "a light curve"),
        ("ultraviolet image", "an ultraviolet image"),
        ("UV image", "a UV image"),
        ("SED", "an SED"),
        ("LIGO curve", "a LIGO curve"),
        ("unit", "a unit"),
        ("upper limit", "an upper limit"),
        ("event list", "an event list"),
    ],
)
def test_a_label_as_a_noun_with_its_article(label, phrase):
    assert article(noun(label)) == phrase
