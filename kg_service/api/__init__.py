"""The addresses of the service for machines."""
