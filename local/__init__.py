"""The local stack: the real template, deployed by the real SAM CLI to a cloud and a Salesforce org that run here."""
