"""Plan -> quads."""
