"""Documents -> records."""
