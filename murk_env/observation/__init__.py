"""Observations: the view that agents have of the fields, declared once, filled for all worlds at once."""

from murk_env.observation.entries import Mask, Observe
from murk_env.observation.entry import Entry
from murk_env.observation.neighbours import Neighbours
from murk_env.observation.plan import Observation, ObservationPlan
from murk_env.observation.rings import Rings
from murk_env.observation.window import Window

__all__ = ["Entry", "Mask", "Neighbours", "Observation", "ObservationPlan", "Observe", "Rings", "Window"]
