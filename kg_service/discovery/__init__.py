"""What is known: reads the index, never writes."""
