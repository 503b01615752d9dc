"""Products made from products of several instruments."""
