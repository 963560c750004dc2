"""Random numbers that depend only on where they are drawn; for both kinds of hook."""

from murk_env.random.draws import MOST_DRAWS, TOO_MANY_DRAWS, Draws, integers, normal, site_word, uniform
from murk_env.random.philox import fill_normal, fill_uniform, fill_uniform_float32
from murk_env.random.seeds import checked_seed, key_from_seed
from murk_env.random.world_rng import WorldRng

__all__ = [
    "MOST_DRAWS",
    "TOO_MANY_DRAWS",
    "Draws",
    "WorldRng",
    "checked_seed",
    "fill_normal",
    "fill_uniform",
    "fill_uniform_float32",
    "integers",
    "key_from_seed",
    "normal",
    "site_word",
    "uniform",
]
