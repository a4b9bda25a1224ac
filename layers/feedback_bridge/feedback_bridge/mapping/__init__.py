"""The mapping language: how feedback becomes Salesforce writes. Pure: the org is asked by someone else."""
