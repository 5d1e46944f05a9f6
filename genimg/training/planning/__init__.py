"""What is chosen for a run where nothing is given, and why."""
