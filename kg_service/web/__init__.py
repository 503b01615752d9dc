"""Pages for people: the HTML twin of every resource, at the same address."""
