"""`make chaos`: events through a stack of its own while Salesforce and AWS misbehave; then the truth is counted."""
