"""What every test shares: floating-point errors raise; `make test` hardly optimises what it compiles."""

import os

import numpy as np

np.seterr(all="raise", under="ignore")


def pytest_configure(config):
    """Compile faster, which is most of what `make test` does; `make test-all` tests what users run."""
    if "not slow" in config.option.markexpr:
        os.environ.setdefault("NUMBA_OPT", "1")
