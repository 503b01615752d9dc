"""What is drawn for each kind of product, in the style of :mod:`executors.plotting`."""
