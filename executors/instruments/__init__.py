"""One module per instrument: published figures and archive data brought to the products of the ontology."""
