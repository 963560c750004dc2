"""Describes the machine of the measurements."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("numpy", "numba", "gymnasium")


def describe() -> dict[str, str]:
    """Return the processor, the number of cores, their load, and the relevant versions."""
    versions = {package: version(package) for package in PACKAGES}
    found = {"processor": processor(), "cores": str(os.cpu_count()), "system": platform.platform(terse=True)}
    if hasattr(os, "getloadavg"):
        found["load"] = f"{os.getloadavg()[0]:.1f}"
    return found | {"Python": platform.python_version()} | versions


def processor() -> str:
    """Return the processor's model, if the system reports it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
