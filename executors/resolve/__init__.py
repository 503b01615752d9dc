"""From names and identifiers of objects and events to positions, times and catalogue names."""
