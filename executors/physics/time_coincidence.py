"""One time against several lists of triggers: what is near it, and how often chance brings as much.

Each list is tested with the rate of its own triggers (executors/physics/trigger_coincidence.py); the
smallest probability is corrected for the number of lists. An event is never compared with itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from astropy.table import Table

from executors import archives, gw_runs, trigger_lists
from executors.known import events as known
from executors.known.event_lists import everything
from executors.known.spelling import event_key
from executors.physics import trigger_coincidence
from executors.physics.neutrino_counterparts import SPAN as ALERTS_SPAN
from executors.physics.trigger_coincidence import Found
from executors.physics.trigger_table import milliseconds
from executors.trigger_lists import TriggerTimes
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered, UnresolvedObject
from kg_service.model.product import Dataset
from kg_service.model.times import iso_from_tt, tt_from_iso

__all__ = ["Compared", "compare", "lists", "write"]

_SAME = 0.002
"""Seconds within which a time is taken to be that of a trigger itself."""
_ROUNDED = 0.05
"""Seconds by which catalogue times of gravitational waves, given to 0.1 s, may be off."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A time (microseconds TT since MJD 0) against the lists that cover it; ``elsewhere`` do not."""

    event: str | None
    moment: int
    window: float
    found: tuple[Found, ...]
    elsewhere: tuple[TriggerTimes, ...]
    left_out: tuple[str, ...]

    @property
    def smallest(self) -> float:
        """The smallest chance probability of the lists."""
        return min(one.chance for one in self.found)

    @property
    def post_trial(self) -> float:
        """That probability after as many trials as there are lists (Sidak)."""
        if self.smallest >= 1:
            return 1.0
        return -math.expm1(len(self.found) * math.log1p(-self.smallest))

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        found = {
            "coincident": Measure(sum(len(one.inside) for one in self.found)),
            "expected_by_chance": Measure(sum(one.expected for one in self.found)),
            "trials": Measure(len(self.found)),
            "smallest_chance_probability": Measure(self.smallest),
            "post_trial_probability": Measure(self.post_trial),
            "half_window": Measure(self.window, unit="s"),
            "event_time": Measure(milliseconds(self.moment)),
        }
        for one in self.found:
            name = _short(one.listed)
            found |= {
                f"{name}_coincident": Measure(len(one.inside)),
                f"{name}_expected": Measure(one.expected),
                f"{name}_chance_probability": Measure(one.chance),
            }
            if one.nearest:
                found[f"{name}_nearest_offset"] = Measure(one.offset(one.nearest[0]), unit="s")
        return found

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        total, expected = sum(len(one.inside) for one in self.found), sum(one.expected for one in self.found)
        verdict = (
            f"{total} in the window, {expected:.2g} expected by chance; post-trial probability "
            f"{self.post_trial:.2g} ({len(self.found)} lists)"
        )
        caveats = [verdict]
        caveats += [
            f"not blind: the time asked for is that of a {one.listed.instrument} trigger"
            for one in self.found
            if one.nearest and abs(one.offset(one.nearest[0])) < _SAME
        ]
        caveats += [
            f"{one.listed.instrument}: {text}"
            for one in self.found
            for text in one.quality()
            if text.startswith("a coincident trigger")
        ]
        if self.left_out:
            caveats.append(
                f"the event itself is an entry of {', '.join(self.left_out)}: its own trigger is left out"
            )
        caveats += [
            f"{one.instrument} {one.kind} not compared: the list covers {one.covered}"
            for one in self.elsewhere
        ]
        return (
            *caveats,
            "time alone: directions are not compared; one window, chosen beforehand",
            "rates are those of the lists, taken as steady; no trigger is no flux limit",
            *(
                f"{one.listed.instrument}: {text}"
                for one in self.found
                for text in one.listed.caveats
                if not text.startswith("durations")
            ),
        )

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """What was read, the lists that do not cover the time included."""
        lists_ = [*(one.listed for one in self.found), *self.elsewhere]
        return tuple(dict.fromkeys(one.dataset for one in lists_))


def _short(listed: TriggerTimes) -> str:
    return listed.instrument.lower().replace("-", "_").replace("/", "_")


def lists(moment: int) -> tuple[TriggerTimes, ...]:
    """Every list at hand; of the gravitational waves those of the observing run of the time."""
    found = [_gravitational_waves(moment), _alerts(), trigger_lists.polar()]
    if archives.files("spi_acs_triggers"):
        found.append(trigger_lists.ibas())
    return tuple(found)


def _alerts() -> TriggerTimes:
    start, end = (tt_from_iso(text) for text in ALERTS_SPAN)
    alerts = [e for e in everything() if e.kind == "neutrino" and start <= tt_from_iso(e.time) < end]
    return _from_events(
        "IceCube",
        "alerts",
        [(e.identifier, tt_from_iso(e.time)) for e in alerts],
        (start, end),
        archives.dataset_of_table("icecube_alerts.ecsv"),
        ("alerts as first sent out; the selection changed in June 2019",),
    )


def _gravitational_waves(moment: int) -> TriggerTimes:
    runs = [(name, tt_from_iso(a), tt_from_iso(b)) for name, a, b in gw_runs.OBSERVING_RUNS]
    near = min(runs, key=lambda run: max(run[1] - moment, moment - run[2], 0))
    name, start, end = near
    listed = [(e.name, t) for e in gw_runs.everything_listed() if start <= (t := tt_from_iso(e.time)) <= end]
    return _from_events(
        "LIGO-Virgo",
        f"events of {name}",
        listed,
        (start, end),
        archives.dataset_of_table(gw_runs.TABLE),
        ("times of many events are given to 0.1 s", "gaps of the detectors within the run are not counted"),
        travel=_ROUNDED,
    )


def _from_events(
    instrument: str,
    kind: str,
    events: list[tuple[str, int]],
    span: tuple[int, int],
    dataset: Dataset,
    caveats: tuple[str, ...],
    travel: float = 0.0,
) -> TriggerTimes:
    ordered = sorted(events, key=lambda entry: entry[1])
    return TriggerTimes(
        instrument=instrument,
        kind=kind,
        times=tuple(moment for _, moment in ordered),
        names=tuple(name for name, _ in ordered),
        durations=(),
        span=span,
        travel=travel,
        local=0.0,
        dataset=dataset,
        caveats=caveats,
    )


def compare(event: str | None, moment: int, window: float) -> Compared:
    """Test a time against every list that covers it.

    Raises
    ------
    NotCovered
        When no list covers the time, with what each of them covers.
    """
    every = lists(moment)
    own = _names(event)
    tested, elsewhere, left_out = [], [], []
    for listed in every:
        if not listed.span[0] <= moment <= listed.span[1]:
            elsewhere.append(listed)
            continue
        others = _without(listed, own)
        if len(others.times) < len(listed.times):
            left_out.append(f"{listed.instrument} {listed.kind}")
        tested.append(trigger_coincidence.test(others, None, moment, window))
    if not tested:
        covered = "; ".join(f"{one.instrument} {one.kind} {one.covered}" for one in every)
        raise NotCovered(
            f"No list of triggers at hand covers {iso_from_tt(moment)}. There are {covered}.",
            parameter="event_time",
            value=iso_from_tt(moment),
        )
    return Compared(event, moment, window, tuple(tested), tuple(elsewhere), tuple(left_out))


def _names(event: str | None) -> frozenset[str]:
    """The keys of every name of an event."""
    if event is None:
        return frozenset()
    try:
        names = known.names_of(known.find(event))
    except UnresolvedObject:
        names = ()
    return frozenset(event_key(name) for name in (event, *names))


def _without(listed: TriggerTimes, keys: frozenset[str]) -> TriggerTimes:
    kept = [n for n, name in enumerate(listed.names) if event_key(name) not in keys]
    if not listed.names or len(kept) == len(listed.names):
        return listed
    return replace(
        listed,
        times=tuple(listed.times[n] for n in kept),
        names=tuple(listed.names[n] for n in kept),
        durations=tuple(listed.durations[n] for n in kept) if listed.durations else (),
    )


def write(compared: Compared) -> list[OutputFile]:
    """The triggers in the window and the nearest ones of each list in four formats."""
    places = [(one, place) for one in compared.found for place in sorted({*one.inside, *one.nearest[:3]})]
    table = Table()
    add_column(table, "instrument", [one.listed.instrument for one, _ in places], "instrument", ucd="instr")
    names = [one.listed.names[place] if one.listed.names else "" for one, place in places]
    add_column(table, "name", names, "name of the trigger, where it has one", ucd="meta.id;meta.main")
    utc = [milliseconds(one.listed.times[place]) for one, place in places]
    add_column(table, "utc", utc, "time of the trigger (UTC)", ucd="time.epoch")
    offsets = [one.offset(place) for one, place in places]
    add_column(table, "offset", offsets, "trigger minus the time asked for", unit="s", ucd="time.duration")
    inside = [place in one.inside for one, place in places]
    add_column(table, "coincident", inside, "within the window", ucd="meta.code")
    expected = [one.expected for one, _ in places]
    add_column(table, "expected", expected, "triggers of the list expected by chance in the window")
    chance = [one.chance for one, _ in places]
    add_column(table, "chance", chance, "probability of as many by chance", ucd="stat.probability")
    meta: dict[str, str | float | int | bool] = {
        "TIMESYS": "UTC",
        "event_time": f"{milliseconds(compared.moment)} (UTC)",
        "lists": "; ".join(f"{one.listed.instrument} {one.listed.kind}" for one in compared.found),
    }
    if compared.event:
        meta["OBJECT"] = compared.event
    meta |= {name: m.value for name, m in compared.values().items() if m.value is not None}
    meta["method"] = (
        "Poisson probability of at least as many triggers, expected: rate of the list times the window; "
        "smallest probability corrected for the number of lists (Sidak)"
    )
    meta["caveats"] = "; ".join(compared.quality())
    meta["citation"] = "; ".join(dict.fromkeys(dataset.cite for dataset in compared.datasets))
    return write_table(table, "coincidence", meta, extension="COINCIDENCE")
