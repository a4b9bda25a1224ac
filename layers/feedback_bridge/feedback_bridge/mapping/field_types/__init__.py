"""How a value becomes what a Salesforce field of one type takes. The table of all of them is `mapping/coercion.py`."""
