"""What was fetched for a run is its data: known afterwards, and reused."""

from __future__ import annotations

import pytest
from journey_kg import Kg


def test_what_was_read_counts_not_what_was_at_hand_before(plugged: tuple[Kg, dict[str, str]]) -> None:
    kg, env = plugged
    first = kg.ask("Observability", "fetch=it", env=env)
    used = kg.rows(
        "PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX kg: <https://w3id.org/kg-service/ontology#> "
        f"SELECT ?title WHERE {{ <{first['run']}> prov:used ?d . ?d a kg:Dataset ; "
        "<http://purl.org/dc/terms/title> ?title }"
    )
    assert [row["title"] for row in used] == ["fetched.txt"]

    second = kg.ask("Observability", "fetch=it", env=env)
    assert second["reused"]
    assert second["product"]["id"] == first["product"]["id"]


@pytest.mark.parametrize("word", ["0", "false", "No", "off"])
def test_every_word_for_no_forbids_archives(plugged: tuple[Kg, dict[str, str]], word: str) -> None:
    kg, env = plugged
    request = ("ask", "Spectrogram", "event=GW151226", "detector=H1", "--json")
    done = kg(*request, env={**env, "KG_ONLINE": word})
    assert done.json["code"] == "archive-unavailable"
    assert "may not be asked" in done.json["detail"]
