"""What the org is made of: objects, fields, and the SFDX metadata an admin deploys."""
