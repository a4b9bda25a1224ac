"""What customers ask for: who asks for which idea, and the ideas in order of their worth."""
