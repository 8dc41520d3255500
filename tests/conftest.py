"""Hypothesis profiles: the ordinary run, and a long one with ``HYPOTHESIS_PROFILE=slow``."""

import os

from hypothesis import HealthCheck, settings

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("ordinary", max_examples=150, deadline=None, derandomize=True,
                          suppress_health_check=_CHECKS)
settings.register_profile("slow", max_examples=3000, deadline=None, print_blob=True,
                          suppress_health_check=_CHECKS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))
