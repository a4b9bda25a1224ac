"""What an admin may write in `kind: mapping`: its models, one module for each part of the language."""
