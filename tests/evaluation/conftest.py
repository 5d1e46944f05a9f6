"""Measuring a model needs the same short runs as training one."""

from tests.training.conftest import cats, few_draws, one_thread, options

__all__ = ["cats", "few_draws", "one_thread", "options"]
