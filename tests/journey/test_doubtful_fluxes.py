"""A flux that the shapes find doubtful is recorded, and everybody sees the doubt."""

from __future__ import annotations

from journey_kg import Kg


def test_a_warning_of_the_shapes_is_a_caveat_of_the_product(plugged: tuple[Kg, dict[str, str]]) -> None:
    kg, env = plugged
    answer = kg.ask("Observability", "doubt=it", env=env)
    assert any("1e-17" in caveat for caveat in answer["product"]["quality"]), answer["product"]["quality"]
    shown = kg("ask", "Observability", "doubt=it", env=env)
    assert "caveat" in shown.out
    assert "1e-17" in shown.out
