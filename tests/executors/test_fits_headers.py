"""Headers read without astropy: the same as astropy reads, and damaged files named."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from astropy.io import fits

from executors.fits_headers import headers
from kg_service.errors import RunFailed


def make(path, text="O'Brien / field"):
    image = fits.PrimaryHDU(np.zeros((3, 5), dtype=np.int16))
    table = fits.BinTableHDU.from_columns([fits.Column("TIME", "D", array=np.arange(400.0))], name="RATE")
    table.header["NAME"] = text
    table.header["TSTART"] = 8318.599537057707
    table.header["MJDREF"] = 51544
    table.header["BACKAPP"] = True
    fits.HDUList([image, table]).writeto(path)


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz"])
def test_keywords_are_those_that_astropy_reads(scratch, name):
    make(scratch / name)
    found = headers(scratch / name)
    with fits.open(scratch / name) as units:
        assert len(found) == len(units)
        for ours, unit in zip(found, units, strict=True):
            for key, value in unit.header.items():
                if key not in {"", "COMMENT", "HISTORY"}:
                    assert ours[key] == value, key


@pytest.mark.parametrize("keep", [100, 2880 + 1000, 2880 * 3 + 50])
def test_a_file_cut_short_is_named(scratch, keep):
    make(scratch / "whole.fits")
    (scratch / "cut.fits").write_bytes((scratch / "whole.fits").read_bytes()[:keep])
    with pytest.raises(RunFailed, match=r"cut\.fits"):
        headers(scratch / "cut.fits")


def test_a_packed_file_cut_short_is_named(scratch):
    make(scratch / "whole.fits")
    packed = gzip.compress((scratch / "whole.fits").read_bytes())
    (scratch / "cut.fits.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(RunFailed, match=r"cut\.fits\.gz"):
        headers(scratch / "cut.fits.gz")


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 2000, b"<html>not found</html>" * 200])
def test_what_is_no_fits_file_is_named(scratch, content):
    (scratch / "page.fits").write_bytes(content)
    with pytest.raises(RunFailed, match=r"page\.fits"):
        headers(scratch / "page.fits")
