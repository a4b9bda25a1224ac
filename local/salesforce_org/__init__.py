"""A Salesforce org in one process: it speaks the REST API over HTTPS, as strictly as Salesforce does."""
