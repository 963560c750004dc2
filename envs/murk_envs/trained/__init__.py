"""Policies that were learnt by PPO: a file of numbers for a class, of its name.

In a wheel they lie here; in a checkout in `examples/policies`, beside the curves of how they were learnt.
"""

from pathlib import Path

__all__ = ["FOLDER"]

_HERE = Path(__file__).parent
_LEARNT = _HERE.parents[2] / "examples" / "policies"

FOLDER = _HERE if any(_HERE.glob("*.safetensors")) else _LEARNT
