"""What is known of sources and events without asking any archive, and how people write their names."""
