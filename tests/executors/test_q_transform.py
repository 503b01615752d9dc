"""The Q transform against another implementation and against signals that are known."""

from __future__ import annotations

import numpy as np
import pytest

from executors.physics.qtransform import edge_width, loudest_plane, plane, quality_factors, tile_duration
from executors.physics.strain import whiten

RATE = 2048.0


def noise(seconds, seed=1):
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE))


def burst(time, frequency, q, seconds=4.0, amplitude=1.5):
    t = np.arange(int(seconds * RATE)) / RATE - time
    return amplitude * np.exp(-((2 * np.pi * frequency * t / q) ** 2)) * np.cos(2 * np.pi * frequency * t)


@pytest.mark.parametrize(
    ("time", "frequency", "q"), [(1.3, 150.0, 8.0), (2.7, 60.0, 12.0), (2.0, 300.0, 40.0)]
)
def test_a_sine_gaussian_is_found_where_it_is(time, frequency, q):
    found = loudest_plane(
        noise(4) + burst(time, frequency, q, amplitude=8.0),
        RATE,
        (4, 64),
        np.geomspace(30, 400, 256),
        (0.5, 3.5),
    )
    peak_time, peak_frequency, energy = found.peak(0.5, 3.5)
    assert peak_time == pytest.approx(time, abs=2 * tile_duration(found.q, frequency))
    assert peak_frequency == pytest.approx(frequency, abs=0.5 * frequency / found.q)  # half a tile
    assert energy > 50


def test_a_later_signal_is_found_later_and_a_louder_one_louder():
    grid = np.geomspace(100, 200, 64)
    peaks = [
        plane(noise(4) + burst(t, 150, 8, amplitude=a), RATE, 8.0, grid).peak(0.5, 3.5)
        for t, a in ((1, 8), (2.5, 16))
    ]
    assert peaks[1][0] - peaks[0][0] == pytest.approx(1.5, abs=0.005)
    assert peaks[1][2] == pytest.approx(4 * peaks[0][2], rel=0.2)  # energy is amplitude squared


def test_white_noise_is_flat_and_exponential():
    found = plane(noise(16), RATE, 6.0, np.array([40.0, 90.0, 200.0, 350.0]))
    for row in found.energy:
        inside = row[~np.isnan(row)]
        assert np.median(inside) == pytest.approx(1)
        # an exponential distribution of median 1 has mean 1 / ln 2 and exceeds 5 once in 32
        assert inside.mean() == pytest.approx(1 / np.log(2), rel=0.15)
        assert (inside > 5).mean() == pytest.approx(1 / 32, abs=0.02)


def test_the_edges_are_masked_by_the_stated_width():
    grid = np.array([50.0, 100.0, 400.0])
    found = plane(noise(4), RATE, 10.0, grid)
    for row, frequency in zip(found.energy, grid, strict=True):
        good = found.times[~np.isnan(row)]
        assert good[0] == pytest.approx(edge_width(10.0, frequency), abs=0.002)
        assert 4 - good[-1] == pytest.approx(edge_width(10.0, frequency), abs=0.002)


def test_rows_too_low_for_the_data_are_masked():
    found = plane(noise(1), RATE, 64.0, np.array([50.0, 700.0]))
    assert np.isnan(found.energy[0]).all()
    assert not np.isnan(found.energy[1]).all()


def test_neighbouring_planes_lose_at_most_the_mismatch():
    values = quality_factors(4, 64)
    # Chatterji et al. 2004: mismatch (dQ/Q)^2 / 8 x 3 per half step stays below 0.2
    assert (np.diff(np.log(values)) / np.sqrt(2) / 2 <= np.sqrt(0.2 / 3) + 1e-12).all()
    assert values[0] > 4
    assert values[-1] < 64


def test_gwpy_finds_the_same():
    gwpy = pytest.importorskip("gwpy.timeseries", reason="gwpy is the other implementation")
    data = noise(4, seed=8) + burst(2.2, 120, 9, amplitude=3.0)
    ours = loudest_plane(data, RATE, (4, 64), np.geomspace(30, 400, 256), (0.5, 3.5))
    series = gwpy.TimeSeries(data, t0=0, sample_rate=RATE)
    theirs = series.q_transform(
        qrange=(4, 64), frange=(30, 400), whiten=False, logf=True, fres=256, tres=1 / 1024
    )
    assert ours.q == pytest.approx(theirs.q, rel=1e-6)
    time, frequency, energy = ours.peak(0.5, 3.5)
    column, row = np.unravel_index(int(np.argmax(theirs.value)), theirs.shape)
    assert time == pytest.approx(theirs.times.value[column], abs=0.002)
    assert frequency == pytest.approx(theirs.frequencies.value[row], rel=0.05)
    assert energy == pytest.approx(theirs.value.max(), rel=0.1)
    # and not only at the peak: the whole image is the same one, up to the interpolation of the other
    columns = (theirs.times.value > 0.5) & (theirs.times.value < 3.5)
    picked = np.searchsorted(ours.times, theirs.times.value[columns])
    one, other = ours.energy[:, picked].ravel(), theirs.value[columns].T.ravel()
    assert np.corrcoef(one, other)[0, 1] > 0.98


def test_whitening_makes_coloured_noise_white():
    generator = np.random.default_rng(4)
    spectrum = np.fft.rfft(generator.standard_normal(int(32 * RATE)))
    frequency = np.fft.rfftfreq(int(32 * RATE), 1 / RATE)
    coloured = np.fft.irfft(spectrum * 1e-21 / np.maximum(frequency, 5) ** 2)
    white = whiten(coloured, RATE)[int(RATE) : -int(RATE)]
    power = np.abs(np.fft.rfft(white)) ** 2
    bins = np.fft.rfftfreq(len(white), 1 / RATE)
    levels = [power[(bins > low) & (bins < 2 * low)].mean() for low in (30, 60, 120, 240, 480)]
    assert max(levels) / min(levels) < 1.4  # the colour spans nine orders of magnitude
    assert white.std() == pytest.approx(1, rel=0.1)
