"""What words mean: the ontology read for requests, and the reasoner for publication and checks."""
