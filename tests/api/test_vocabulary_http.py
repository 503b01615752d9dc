"""``/workflows``, ``/terms``, ``/instruments``, ``/shapes``, ``/ontology``: what the words mean."""

from __future__ import annotations

import pytest
from pyoxigraph import RdfFormat, parse

KG = "https://w3id.org/kg-service/ontology#"


def names(http, **params) -> set[str]:
    return {w["name"] for w in http.get("/workflows", params=params).json()["items"]}


def test_workflows_are_found_by_what_their_product_is_entailed_to_be(http):
    found = names(http, produces="GammaRayLightCurve")
    assert "fermi-lat-light-curve" in found
    assert "ligo-virgo-spectrogram" not in found
    assert found <= names(http, produces="LightCurve") <= names(http)


def test_workflows_are_found_by_words_and_inputs(http):
    assert names(http, q="spectrogram STRAIN") == {"ligo-virgo-spectrogram"}
    assert "ligo-virgo-spectrogram" in names(http, consumes="Detector")
    assert http.get("/workflows", params={"produces": "Nonsense"}).status_code == 404


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("blazar", "fermi-lat-spectrum"),  # what emits its messenger
        ("hanford", "ligo-virgo-spectrogram"),  # a detector that its input chooses
        ("black hole", "ligo-virgo-spectrogram"),
        ("GammaRayLightCurve", "fermi-lat-light-curve"),  # what its product is entailed to be
        ("LAT", "fermi-lat-spectrum"),
        ("photon spectrum", "veritas-spectrum"),
    ],
)
def test_workflows_are_found_by_what_they_are_about(http, words, expected):
    assert expected in names(http, q=words)


def test_a_search_without_result_says_what_is_near(http):
    said = http.get("/workflows", params={"q": "blazzar"}).json()
    assert (said["items"], said["total"]) == ([], 0)
    assert any("blazar" in near for near in said["near"])
    assert all(names(http, q=near) for near in said["near"])
    page = http.get("/workflows", params={"q": "blazzar"}, headers={"Accept": "text/html"}).text
    assert f'href="/workflows?q={said["near"][0]}"' in page


def test_a_workflow_and_its_versions(http):
    newest = http.get("/workflows/fermi-lat-spectrum")
    said = newest.json()
    assert newest.headers["content-location"] == f"/workflows/fermi-lat-spectrum/{said['version']}"
    one = http.get(newest.headers["content-location"])
    assert one.json() == said
    inputs = {i["name"]: i for i in said["inputs"]}
    assert (inputs["e_min"]["unit"], inputs["e_min"]["default"], inputs["e_min"]["optional"]) == (
        "MeV",
        None,
        True,
    )
    turtle = http.get(newest.headers["content-location"], headers={"Accept": "text/turtle"}).text
    assert "ComputationalWorkflow" in turtle


def test_the_shape_of_the_arguments(http):
    said = http.get("/workflows/fermi-lat-spectrum").json()
    turtle = http.get(said["shape"], headers={"Accept": "text/turtle"})
    graph = [q.triple for q in parse(turtle.content, RdfFormat.TURTLE)]
    assert any(str(t.predicate.value).endswith("#targetClass") for t in graph)


@pytest.mark.parametrize(
    "path", ["/workflows/fermi-lat-spectrun", "/workflows/fermi-lat-spectrum/0000", "/shapes/star"]
)
def test_unknown_ones_are_not_found(http, path):
    response = http.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not-found")
    if "spectrun" in path:
        assert "fermi-lat-spectrum" in response.json()["near"]


@pytest.mark.parametrize(
    "name",
    ["GammaRayLightCurve", "kg:GammaRayLightCurve",
     "https:%2F%2Fw3id.org%2Fkg-service%2Fontology%23GammaRayLightCurve"],
)  # fmt: skip
def test_a_term_by_any_of_its_names(http, name):
    said = http.get(f"/terms/{name}").json()
    assert said["id"] == KG + "GammaRayLightCurve"
    assert said["definition"]
    assert said["product"] is True


def test_a_term_as_graph_holds_its_definition(http):
    graph = http.get("/terms/GammaRayLightCurve", headers={"Accept": "application/n-triples"}).text
    assert "intersectionOf" in graph


def test_a_role_says_what_a_bare_number_is_in(http):
    said = http.get("/terms/MinimumEnergy").json()
    assert said["role"]["unit"] == "keV"
    assert http.get("/terms/MinimumEnergi").status_code == 404


def test_terms_in_groups(http):
    instruments = http.get("/terms", params={"among": "instrument", "limit": 1000}).json()["items"]
    assert {"POLAR", "FermiLAT"} <= {t["name"] for t in instruments}
    assert http.get("/terms", params={"among": "star"}).status_code == 400
    assert http.get("/terms", params={"q": "light curve gamma"}).json()["total"] >= 1


def test_instruments_with_and_without_workflows(http):
    kagra, polar = http.get("/instruments/K1").json(), http.get("/instruments/POLAR").json()
    assert kagra["workflows"] == []
    assert polar["start"].startswith("2016-09")
    assert polar["workflows"]
    everything = {i["name"]: i for i in http.get("/instruments").json()["items"]}
    assert len(everything) >= 12
    assert everything["POLAR"] == polar
    assert http.get("/instruments/Spectrum").status_code == 404


def test_a_detector_and_what_it_is_part_of_have_the_workflows_that_take_it(http):
    for name in ("H1", "L1", "V1", "LIGO", "Virgo"):
        said = http.get(f"/instruments/{name}").json()
        assert "ligo-virgo-spectrogram" in [w.split("/")[-2] for w in said["workflows"]], name
    assert {KG + "H1", KG + "L1"} == set(http.get("/instruments/LIGO").json()["parts"])
    assert http.get("/instruments/KAGRA").json()["workflows"] == []
    page = http.get("/instruments", headers={"Accept": "text/html"}).text
    assert "no workflow yet" not in next(line for line in page.splitlines() if "/instruments/H1" in line)
    workflow = http.get("/workflows/ligo-virgo-spectrogram").json()
    assert {KG + "H1", KG + "L1", KG + "V1"} <= set(workflow["instruments"])


def test_shapes_are_listed(http):
    said = http.get("/shapes").json()
    assert {"query", "workflow", "run", "product", "dataset"} <= {item["name"] for item in said["items"]}
    assert said["total"] == len(said["items"])
    for item in said["items"]:
        assert http.get(item["url"], headers={"Accept": "text/turtle"}).status_code == 200
        assert item["label"].startswith("Shapes of")


def test_shapes_and_ontology_are_graphs(http):
    shapes = http.get("/shapes/query", headers={"Accept": "text/turtle"})
    assert b"NodeShape" in shapes.content
    assert list(parse(shapes.content, RdfFormat.TURTLE))
    ontology = http.get("/ontology", headers={"Accept": "application/n-triples"})
    assert sum(1 for _ in parse(ontology.content, RdfFormat.N_TRIPLES)) > 1000
    # The same bytes each time, so that caches and clients can rely on the tag.
    assert (
        http.get("/shapes/query", headers={"Accept": "text/turtle"}).headers["etag"] == shapes.headers["etag"]
    )
