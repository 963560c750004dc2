"""Observations: what an agent sees of the fields, declared once, filled for all worlds at a time."""

from murk_env.observation.entries import Entry, Mask, Observe
from murk_env.observation.plan import Observation, ObservationPlan

__all__ = ["Entry", "Mask", "Observation", "ObservationPlan", "Observe"]
