"""The nouns: query, workflow, run, product, dataset, value. No input or output here."""
