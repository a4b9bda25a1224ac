"""Rows and what may happen to them: values, locks, statements, rules."""
