"""The admin API: who calls, what they ask for by subject, and the problem details they get when it cannot be."""
