"""What an admin may have switched on: validation, duplicate and assignment rules."""
