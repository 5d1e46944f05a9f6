"""A model measured: its samples, its reconstructions, what a classifier sees in them, copies."""
