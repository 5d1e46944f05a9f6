"""What turns trained weights into a model file for people."""
