"""Ask for a data product by what it means; get it with its whole history."""
