"""What one person does, and another sees: a scene for each action that clients can call."""
