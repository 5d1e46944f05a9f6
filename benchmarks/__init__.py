"""Measurements of genimg beside other programs; `python benchmarks/run.py` takes them."""
