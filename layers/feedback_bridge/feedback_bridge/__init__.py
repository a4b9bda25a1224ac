"""Feedback Bridge: carries what customers say into Salesforce, and back."""
