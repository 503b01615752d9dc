"""Which model of a band spectrum is preferred, why, and what its parameters are called among the results."""

from __future__ import annotations

from dataclasses import dataclass

from executors.physics.band_spectrum import Bands, fit, freed
from executors.physics.spectral_fit import CUTOFF, EXPONENT, Fit
from kg_service.authoring import Measure

__all__ = ["AMPLITUDE_UNIT", "Fits", "fit_all", "fit_values", "short_name"]

THRESHOLD = 9.0
"""Fall of chi2 for which one more parameter is accepted: 3 sigma, the TS_curv of Abdollahi et al. 2020, ApJS
247, 33, section 3.3."""
AMPLITUDE_UNIT = "MeV**-1.cm**-2.s**-1"
_SHORT = {"power-law": "pl", "log-parabola": "lp", CUTOFF: "plec"}
_WORDS = {
    "power-law": "power law",
    "log-parabola": "log-parabola",
    CUTOFF: "power law with exponential cutoff",
}
_PARAMETERS = {"log-parabola": ("index", "beta"), CUTOFF: ("index", "expfactor", "exp_index")}


@dataclass(frozen=True, slots=True)
class Fits:
    """The fits that the number of bands allows.

    ``cutoff`` is made only where 4FGL-DR4 describes the source by a power law with exponential cutoff.
    """

    bands: int
    power_law: Fit | None
    log_parabola: Fit | None
    cutoff: Fit | None

    @property
    def preferred(self) -> Fit | None:
        """The better curved model where it lowers chi2 by the threshold, else the power law."""
        curved = self._curved
        if self.power_law is None or curved is None:
            return self.power_law
        return curved if self.power_law.chi2 - curved.chi2 >= self._asked(curved) else self.power_law

    @property
    def _curved(self) -> Fit | None:
        """The better of log-parabola and cutoff; a free exponent has to earn its place against both."""
        if self.cutoff is None or self.log_parabola is None:
            return self.log_parabola
        extra = self._asked(self.cutoff) - self._asked(self.log_parabola)
        return self.cutoff if self.log_parabola.chi2 - self.cutoff.chi2 > extra else self.log_parabola

    @staticmethod
    def _asked(curved: Fit) -> float:
        return THRESHOLD * (len(curved.parameters) - 2)

    @property
    def in_order(self) -> tuple[Fit, ...]:
        """The preferred fit, then the others."""
        found = (self.preferred, self.log_parabola, self.cutoff, self.power_law)
        return tuple({id(fitted): fitted for fitted in found if fitted is not None}.values())

    @property
    def rejected(self) -> bool:
        """Whether even the preferred model does not describe the fluxes."""
        return self.preferred is not None and self.preferred.poor

    @property
    def missing(self) -> str:
        """Why there is no fit at all."""
        bands = f"{self.bands} band{'' if self.bands == 1 else 's'}"
        return f"no fit: {bands}, at least 3 are needed for a power law"

    @property
    def because(self) -> str:
        """Why the preferred model is preferred, and at which energy its parameters are given."""
        best, straight = self.preferred, self.power_law
        if best is None or straight is None:
            return self.missing
        at = f"; index and amplitude are given at {best.reference:.1f} MeV"
        if self._curved is None:
            return f"{_WORDS[best.model]}: a curved model needs at least 4 bands{at}"
        fall, more = straight.chi2 - self._curved.chi2, len(self._curved.parameters) - 2
        verdict = "at least" if best is self._curved else "less than"
        counted = "one parameter" if more == 1 else f"{more} parameters"
        reason = (
            f"{_WORDS[best.model]}: curvature lowers chi2 by {fall:.1f} for {counted}, {verdict} the "
            f"{THRESHOLD * more:g} asked (3 sigma each)"
        )
        if best.model == CUTOFF and self.log_parabola is not None:
            reason += f"; a log-parabola has chi2 {self.log_parabola.chi2:.1f}/{self.log_parabola.dof}"
        return reason + at

    def quality(self, kind: str) -> tuple[str, ...]:
        """What is wrong with the preferred fit; ``kind`` is the class of the source in the catalogue."""
        best = self.preferred
        if best is None:
            return (self.missing,)
        if not best.converged:
            return (f"the {_WORDS[best.model]} fit did not converge",)
        caveats = []
        if best.poor:
            caveats.append(
                f"poor fit: {_WORDS[best.model]} {best.verdict}; no model fitted here describes it"
            )
        elif best.marginal:
            caveats.append(f"marginal fit: {_WORDS[best.model]} {best.verdict}")
        if kind.casefold() in {"psr", "msp"} and best.model != CUTOFF:
            caveats.append("4FGL-DR4 uses a power law with exponential cutoff for pulsars")
        return tuple(caveats)


def fit_all(bands: Bands, reference: float, *, cutoff: bool) -> Fits:
    """Fit every model that the bands allow, with its parameters at ``reference`` (MeV).

    The exponent of the cutoff is 2/3, or fitted where that lowers chi2 by the threshold.
    """
    curved = fit(bands, CUTOFF, reference) if cutoff else None
    free = freed(bands, curved) if curved is not None else None
    if curved is not None and free is not None and curved.chi2 - free.chi2 >= THRESHOLD:
        curved = free
    return Fits(
        len(bands.measured.value),
        fit(bands, "power-law", reference),
        fit(bands, "log-parabola", reference),
        curved,
    )


def short_name(fitted: Fit) -> str:
    """What the names of its results begin with: pl, lp or plec."""
    return _SHORT[fitted.model]


def fit_values(fits: Fits) -> dict[str, Measure]:
    """The results of all fits, the preferred one first with the energy at which its parameters are given."""
    found: dict[str, Measure] = {}
    for place, fitted in enumerate(fits.in_order):
        found |= _parameters(fitted)
        if place == 0:
            found["reference_energy"] = Measure(fitted.reference, unit="MeV")
        short = short_name(fitted)
        found[f"{short}_chi2"] = Measure(fitted.chi2)
        found[f"{short}_dof"] = Measure(fitted.dof)
        found[f"{short}_probability"] = Measure(fitted.probability)
    for fitted in fits.in_order:
        found |= _covariances(fitted)
    return found


def _names(fitted: Fit) -> tuple[str, ...]:
    return _PARAMETERS.get(fitted.model, ("index",))[: len(fitted.parameters) - 1]


def _parameters(fitted: Fit) -> dict[str, Measure]:
    short = short_name(fitted)
    found = {
        f"{short}_{name}": Measure(float(value), float(error))
        for name, value, error in zip(_names(fitted), fitted.parameters[1:], fitted.errors[1:], strict=True)
    }
    if fitted.model == CUTOFF and len(fitted.parameters) == 3:
        found[f"{short}_exp_index"] = Measure(EXPONENT)
    amplitude = fitted.amplitude
    found[f"{short}_amplitude"] = Measure(amplitude, amplitude * float(fitted.errors[0]), AMPLITUDE_UNIT)
    return found


def _covariances(fitted: Fit) -> dict[str, Measure]:
    short, names = short_name(fitted), ("log_amplitude", *_names(fitted))
    return {
        f"{short}_covariance_{second}_{first}": Measure(float(fitted.covariance[i, j]))
        for i, first in enumerate(names)
        for j, second in enumerate(names[:i])
    }
