"""Who can answer a query, by which steps, and why the others cannot. Nothing is run here."""
