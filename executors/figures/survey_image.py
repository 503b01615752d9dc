"""Survey images with their sources, the cross-match, and the light of one source over energy."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from executors.figures.flux_points import draw_flux_points
from executors.physics.photometry import Measured
from executors.physics.survey_image import Cutout
from executors.physics.survey_sed import Sed
from executors.physics.tractor import Matched
from executors.plotting import BLACK, BLUE, GREY, ORANGE, SKY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw_image", "draw_match", "draw_photometry", "draw_sed"]

_EV = 1e-6
"""One electronvolt in MeV."""


def draw_image(cutout: Cutout, quality: tuple[str, ...]) -> OutputFile:
    """Write ``image.png``."""
    with figure(6.6, 6.6) as drawn:
        axes = _sky(drawn, cutout)
        x, y = cutout.wcs.wcs_world2pix([cutout.centre], 0)[0]
        gap = 0.02 * cutout.data.shape[0]
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            axes.plot([x + gap * dx, x + 2.5 * gap * dx], [y + gap * dy, y + 2.5 * gap * dy], color=ORANGE)
        _named(drawn, axes, cutout, "image", quality)
        return save(drawn, "image.png", cutout.title)


def draw_photometry(measured: Measured, quality: tuple[str, ...]) -> OutputFile:
    """Write ``photometry.png``: the apertures of the sources on the image."""
    cutout = measured.cutout
    with figure(6.6, 7.0) as drawn:
        axes = _sky(drawn, cutout)
        size = measured.radius / cutout.pixel
        for mask, colour, text in (
            (measured.clean, SKY, f"{measured.clean.sum()} sources"),
            (~measured.clean, VERMILION, f"{(~measured.clean).sum()} with a neighbour or at the edge"),
        ):
            _circles(axes, measured.x[mask], measured.y[mask], size, colour, text)
        words = f"apertures of {measured.radius:g} arcsec"
        _named(
            drawn, axes, cutout, words, (f"5 sigma of an empty aperture: {measured.depth:.2f} mag", *quality)
        )
        axes.legend(loc="upper right", frameon=True, framealpha=0.85)
        return save(drawn, "photometry.png", f"Photometry, {cutout.title}")


def draw_match(matched: Matched, quality: tuple[str, ...]) -> OutputFile:
    """Write ``sources.png``: offsets from Tractor, and the fluxes of both."""
    measured, found = matched.measured, matched.found
    with figure(9.4, 5.4) as drawn:
        left, right = drawn.subplots(1, 2)
        left.axhline(0, color=GREY, linewidth=0.8)
        left.axvline(0, color=GREY, linewidth=0.8)
        left.plot(
            matched.offset_east[found], matched.offset_north[found], "o", color=BLUE, markersize=3, alpha=0.7
        )
        angle = np.linspace(0, 2 * np.pi, 100)
        left.plot(matched.radius * np.cos(angle), matched.radius * np.sin(angle), color=BLACK, linewidth=1)
        left.set_aspect("equal")
        left.invert_xaxis()
        left.set_xlabel("Offset to the east  [arcsec]")
        left.set_ylabel("Offset to the north  [arcsec]")
        middle = float(np.median(matched.offset[found])) if found.any() else float("nan")
        left.text(0.03, 0.97, f"median {middle:.2f} arcsec", transform=left.transAxes, va="top")
        band = measured.cutout.image.band
        theirs = matched.flux(band)
        shown = found & (theirs > 0) & (measured.flux > 0)
        right.errorbar(
            theirs[shown], measured.flux[shown], yerr=measured.error[shown],
            fmt="o", color=BLUE, markersize=3, linewidth=0.8,
        )  # fmt: skip
        if shown.any():
            ends = np.array([theirs[shown].min(), theirs[shown].max()])
            right.plot(ends, ends, color=BLACK, linewidth=1)
            right.set_xscale("log")
            right.set_yscale("log")
        right.set_xlabel(f"Tractor {band} flux  [nanomaggy]")
        right.set_ylabel(f"{band} flux within {measured.radius:g} arcsec  [nanomaggy]")
        subtitle = (
            f"{found.sum()} of {matched.covered.sum()} detections matched ({100 * matched.fraction:.1f} %)"
        )
        header(drawn, left, f"{measured.cutout.title}: image against Tractor sources", subtitle)
        drawn.supxlabel(_wrapped(quality, 130), x=0.012, ha="left", fontsize=8, color=VERMILION)
        return save(drawn, "sources.png", f"Cross-match, {measured.cutout.title}")


def draw_sed(sed: Sed) -> OutputFile:
    """Write ``spectrum.png``: the points as observed, and corrected for the dust of the Galaxy."""
    with figure(7.6, 5.8) as drawn:
        axes = drawn.subplots()
        draw_flux_points(
            axes, sed.columns, colour=BLUE, marker="o", label="as observed", megaelectronvolts=_EV, size=5.5
        )
        seen = ~np.isnan(sed.columns["e2dnde"])
        axes.plot(sed.columns["e_ref"][seen] / _EV, sed.corrected[seen], "s", fillstyle="none", color=BLACK,
                  markersize=8, label="corrected for Galactic dust", zorder=3)  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.5, high * 2.2)
        for band, energy in zip(sed.bands, sed.columns["e_ref"] / _EV, strict=True):
            name = band.upper() if band[0] == "w" else band
            axes.text(energy, 0.965, name, transform=axes.get_xaxis_transform(), ha="center", va="top")
        axes.set_xlabel("Energy  [eV]")
        axes.set_ylabel(r"$E^2\,\mathrm{d}N/\mathrm{d}E$  [erg cm$^{-2}$ s$^{-1}$]")
        first, last = sed.epoch
        header(
            drawn, axes, f"{sed.name}   RA {sed.row['ra']:.5f}, Dec {sed.row['dec']:+.5f}",
            f"DESI Legacy Imaging Surveys DR{sed.release} and WISE (Tractor), optical {first[:4]}-{last[:4]}",
        )  # fmt: skip
        axes.legend(loc="lower right")
        drawn.supxlabel(_wrapped(sed.quality(), 105), x=0.012, ha="left", fontsize=8, color=VERMILION)
        return save(drawn, "spectrum.png", f"Legacy Surveys spectrum of {sed.name}")


def _sky(drawn: Any, cutout: Cutout) -> Axes:
    """The image, darker where brighter, on the inverse hyperbolic sine of its noise."""
    middle, deviation = cutout.background
    stretched = np.arcsinh((cutout.data - middle) / (2 * deviation))
    axes: Axes = drawn.add_subplot(projection=cutout.wcs)
    shown = np.ma.masked_invalid(stretched)
    top = float(np.nanpercentile(stretched, 99.7))
    axes.imshow(shown, origin="lower", cmap="gray_r", vmin=-0.8, vmax=max(top, 3.0), interpolation="nearest")
    axes.set_facecolor("#D8E4EE")
    axes.set_xlabel("Right ascension (ICRS)")
    axes.set_ylabel("Declination (ICRS)")
    side = cutout.data.shape[0] * cutout.pixel
    bar = next(b for b in (120, 60, 30, 20, 10, 5, 2, 1, 0.5, 0.1) if b <= side / 3)
    length, margin = bar / cutout.pixel, 0.05 * cutout.data.shape[0]
    axes.plot([margin, margin + length], [margin, margin], color=BLACK, linewidth=2.5)
    name = f"{bar / 60:g} arcmin" if bar >= 60 else f"{bar:g} arcsec"
    axes.text(margin + length / 2, 1.25 * margin, name, ha="center", va="bottom", fontsize=9,
              bbox={"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 1.5})  # fmt: skip
    axes.set_xlim(-0.5, cutout.data.shape[1] - 0.5)
    axes.set_ylim(-0.5, cutout.data.shape[0] - 0.5)
    return axes


def _circles(axes: Axes, x: np.ndarray, y: np.ndarray, size: float, colour: str, label: str) -> None:
    from matplotlib.collections import EllipseCollection

    widths = np.full(len(x), 2 * size)
    rings = EllipseCollection(widths, widths, np.zeros(len(x)), units="x", offsets=np.column_stack([x, y]),
                              transOffset=axes.transData, facecolors="none", edgecolors=colour)  # fmt: skip
    axes.add_collection(rings)
    axes.plot([], [], "o", fillstyle="none", color=colour, label=label)


def _named(drawn: Any, axes: Axes, cutout: Cutout, words: str, quality: tuple[str, ...]) -> None:
    image, (ra, dec) = cutout.image, cutout.centre
    title = f"RA {ra:.4f}, Dec {dec:+.4f}   {image.band} band"
    header(drawn, axes, title, f"DESI Legacy Imaging Surveys DR{image.release}, {words}, asinh scale")
    drawn.supxlabel(_wrapped(quality, 92), x=0.012, ha="left", fontsize=8, color=VERMILION)


def _wrapped(quality: tuple[str, ...], width: int) -> str:
    return "\n".join(line for text in quality for line in textwrap.wrap(text, width))
