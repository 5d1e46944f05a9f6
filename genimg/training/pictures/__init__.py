"""Which pictures a step sees, and how they are varied."""
