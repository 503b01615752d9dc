"""Ways to run a workflow, found by the entry points ``kg_service.runtimes``."""
