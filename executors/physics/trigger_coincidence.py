"""Triggers near a time, and how many of them chance would bring.

The number expected by chance is the rate of triggers times the window; the probability of at least as
many is that of Poisson, for one window that was chosen without a look at the triggers.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from astropy.table import Table

from executors.known.spelling import event_key
from executors.physics.trigger_table import milliseconds
from executors.trigger_lists import TriggerTimes
from executors.writing import Meta, add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = ["Found", "at_least", "test", "write"]

_DAY = 86_400_000_000
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Found:
    """The triggers near a time.

    ``window`` (s) is what was asked, ``half_width`` with the light-travel time; ``inside`` and ``nearest``
    are places in the list, ``rate`` is per second over ``days`` of the list, ``own`` says that the event is
    an entry of the list itself.
    """

    listed: TriggerTimes
    event: str | None
    moment: int
    window: float
    half_width: float
    inside: tuple[int, ...]
    nearest: tuple[int, ...]
    rate: float
    days: float
    used: int
    own: bool

    @property
    def expected(self) -> float:
        """Triggers expected by chance within the window."""
        return 2 * self.half_width * self.rate

    @property
    def chance(self) -> float:
        """Probability of at least as many triggers by chance; 1 where there is none."""
        return at_least(len(self.inside), self.expected)

    def offset(self, place: int) -> float:
        """Seconds from the time asked for to a trigger, positive when it came later."""
        return (self.listed.times[place] - self.moment) / 1e6

    def _whole_second(self, place: int) -> bool:
        return not self.listed.names and "." not in milliseconds(self.listed.times[place])

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        found = {
            "coincident": Measure(len(self.inside)),
            "expected_by_chance": Measure(self.expected),
            "chance_probability": Measure(self.chance),
            "trials": Measure(1),
            "half_window": Measure(self.half_width, unit="s"),
            "trigger_rate": Measure(self.rate * 86400, unit="d**-1"),
            "rate_from_days": Measure(self.days, unit="d"),
        }
        if self.nearest:
            place = self.nearest[0]
            found["nearest_trigger"] = Measure(milliseconds(self.listed.times[place]))
            found["nearest_offset"] = Measure(self.offset(place), unit="s")
            if self.listed.names:
                found["nearest_name"] = Measure(self.listed.names[place])
        return found

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = []
        if self.own:
            caveats.append("not blind: the event is an entry of this list, its own trigger is no coincidence")
        if any(self._whole_second(place) for place in self.inside):
            caveats.append(
                "a coincident trigger has a time in whole seconds, as few of this list have: it may have "
                "been entered by hand after a burst was known"
            )
        if not self.inside:
            caveats.append(
                "no trigger within the window; without sensitivity and pointing this is no flux limit"
            )
        caveats.append("one window, chosen beforehand: other windows or times would be further trials")
        caveats.append("the rate is taken as steady while the instrument's observing time is not known")
        return (*caveats, *(c for c in self.listed.caveats if not c.startswith("durations")))


def at_least(count: int, expected: float) -> float:
    """Poisson probability of ``count`` or more where ``expected`` are expected."""
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    term = math.exp(-expected + count * math.log(expected) - math.lgamma(count + 1))
    if count < expected:
        below = sum(math.exp(-expected + k * math.log(expected) - math.lgamma(k + 1)) for k in range(count))
        return max(0.0, 1.0 - below)
    total, k = 0.0, count
    while term > total * 1e-17:
        total += term
        k += 1
        term *= expected / k
    return min(total, 1.0)


def test(listed: TriggerTimes, event: str | None, moment: int, window: float) -> Found:
    """Count the triggers within ``window`` seconds (and the light-travel time) on each side of a time.

    The rate is that of the whole list, or of the days around the time with the window itself left out.
    """
    half = window + listed.travel
    first, stop = _places(listed, moment, half)
    reach = listed.local * _DAY if listed.local else math.inf
    start, end = max(listed.span[0], moment - reach), min(listed.span[1], moment + reach)
    around = bisect_right(listed.times, end) - bisect_left(listed.times, start)
    hidden = (min(moment + half * 1e6, end) - max(moment - half * 1e6, start)) if listed.local else 0.0
    used = around - (stop - first if listed.local else 0)
    seconds = max((end - start - hidden) / 1e6, 1.0)
    order = sorted(range(len(listed.times)), key=lambda place: abs(listed.times[place] - moment))
    names = {event_key(listed.names[place]) for place in range(first, stop)} if listed.names else set()
    return Found(
        listed=listed,
        event=event,
        moment=moment,
        window=window,
        half_width=half,
        inside=tuple(range(first, stop)),
        nearest=tuple(order[:_LISTED]),
        rate=max(used, 1) / seconds,
        days=seconds / 86400,
        used=used,
        own=event is not None and event_key(event) in names,
    )


def _places(listed: TriggerTimes, moment: int, half: float) -> tuple[int, int]:
    reach = round(half * 1e6)
    return bisect_left(listed.times, moment - reach), bisect_right(listed.times, moment + reach)


def write(found: Found) -> list[OutputFile]:
    """The triggers within the window, or the nearest ones, in four formats."""
    places = sorted(set(found.inside) | set(found.nearest))
    table = Table()
    if found.listed.names:
        names = [found.listed.names[place] for place in places]
        add_column(table, "name", names, "name of the burst", ucd="meta.id;meta.main")
    texts = [milliseconds(found.listed.times[place]) for place in places]
    add_column(table, "utc", texts, "time of the trigger (UTC)", ucd="time.epoch")
    offsets = [found.offset(place) for place in places]
    add_column(table, "offset", offsets, "trigger minus the time asked for", unit="s", ucd="time.duration")
    add_column(
        table, "coincident", [place in found.inside for place in places], "within the window", ucd="meta.code"
    )
    return write_table(table, "coincidence", _meta(found), extension="COINCIDENCE")


def _meta(found: Found) -> Meta:
    meta: dict[str, str | float | int | bool] = {
        "INSTRUME": found.listed.instrument,
        "TIMESYS": "TT",
        "event_time": f"{milliseconds(found.moment)} (UTC)",
    }
    if found.event:
        meta["OBJECT"] = found.event
    meta |= {name: m.value for name, m in found.values().items() if m.value is not None}
    meta["method"] = (
        "Poisson probability of at least as many triggers; expected: rate of triggers times the window"
    )
    meta["caveats"] = "; ".join(found.quality())
    meta["citation"] = found.listed.dataset.cite
    return meta
