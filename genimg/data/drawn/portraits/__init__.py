"""Portraits of people who do not exist: rendered from a parametric head, from a seed alone."""
