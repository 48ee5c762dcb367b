"""Declarative mapping -> plan; pure: no input or output, no engine."""
