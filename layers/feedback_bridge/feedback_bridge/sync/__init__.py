"""A tool's visitors or accounts beside Salesforce records: pairing, differences, guards, and when a run is due."""
