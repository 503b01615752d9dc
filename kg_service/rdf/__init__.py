"""The nouns as RDF and back: pure functions between ``model`` and pyoxigraph terms."""
