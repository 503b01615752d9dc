"""A new instrument, messenger and product class come by Turtle alone: no Python changes."""

from __future__ import annotations

from kg_service.model.terms import KG, ODA
from kg_service.vocabulary.catalogue import load
from kg_service.vocabulary.check import check_ontology
from kg_service.vocabulary.reasoning import classify

NEW = """
kg:CosmicRay a owl:NamedIndividual , kg:Messenger ; rdfs:label "cosmic ray"@en ; skos:altLabel "cosmic rays" ;
    skos:definition "Charged particles from space."@en ; kg:status "testing" .
kg:UltraHighEnergyCosmicRay a owl:NamedIndividual , kg:Messenger ; kg:within kg:CosmicRay ;
    rdfs:label "ultra-high-energy cosmic ray"@en ;
    skos:definition "Charged particles from space above 1e18 eV."@en ; kg:status "testing" .
kg:PierreAuger a owl:NamedIndividual , oda:Instrument ; kg:observes kg:UltraHighEnergyCosmicRay ;
    rdfs:label "Pierre Auger Observatory"@en ;
    skos:altLabel "Auger" ; kg:instrumentKind "air shower array" ; kg:observedFrom "2004-01-01"^^xsd:date ;
    skos:definition "An array in Argentina for the air showers of cosmic rays."@en ;
    kg:status "testing" .
kg:CosmicRayProduct a owl:Class ; rdfs:subClassOf kg:ScienceProduct ;
    owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( kg:ScienceProduct
        [ a owl:Restriction ; owl:onProperty kg:observedWith ; owl:someValuesFrom
          [ a owl:Restriction ; owl:onProperty kg:observes ; owl:hasValue kg:CosmicRay ] ] ) ] ;
    rdfs:label "cosmic ray product"@en ;
    skos:definition "A science product from an instrument for cosmic rays."@en ; kg:status "testing" .
kg:CosmicRaySkyMap a owl:Class ; rdfs:subClassOf kg:SkyMap , kg:CosmicRayProduct ;
    owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( kg:SkyMap kg:CosmicRayProduct ) ] ;
    rdfs:label "cosmic-ray sky map"@en ; skos:definition "A sky map from an instrument for cosmic rays."@en ;
    kg:status "testing" .
[] a owl:AllDifferent ; owl:distinctMembers ( %s kg:PierreAuger ) .
[] a owl:AllDifferent ; owl:distinctMembers ( %s kg:CosmicRay kg:UltraHighEnergyCosmicRay ) .
"""
OUTPUT = """
x:map a owl:Class ; rdfs:subClassOf kg:SkyMap , x:with-Auger .
x:with-Auger a owl:Restriction ; owl:onProperty kg:observedWith ; owl:hasValue kg:PierreAuger .
"""


def test_a_workflow_that_declares_only_the_kind_is_found(catalogue, changed, turtle, java):
    known = [" ".join(f"<{i}>" for i in iris) for iris in (catalogue.instruments(), catalogue.messengers())]
    folder = changed(NEW % tuple(known))
    grown = load(folder)

    assert check_ontology(folder) == []
    assert grown.find("cosmic-ray sky map", among="product").iri == KG + "CosmicRaySkyMap"
    assert grown.find("auger", among="instrument").iri == KG + "PierreAuger"
    assert grown.find("cosmic rays", among="messenger").iri == KG + "CosmicRay"

    asked = grown.request_features(KG + "CosmicRaySkyMap")
    assert asked <= grown.output_features([KG + "SkyMap"], [KG + "PierreAuger"])
    assert not asked <= grown.output_features([KG + "SkyMap"], [KG + "FermiLAT"])
    assert not asked <= grown.output_features([ODA + "Image"], [KG + "PierreAuger"])

    entailed = classify(grown.triples, turtle(OUTPUT))["http://example.org/x#map"]
    assert KG + "CosmicRaySkyMap" in entailed
    assert KG + "PhotonProduct" not in entailed
    assert grown.digest != catalogue.digest
