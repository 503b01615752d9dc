"""The methods behind the analyses; free of files and of the ontology, so they can be tested as formulas."""
