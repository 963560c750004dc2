"""What every test shares: floating-point errors raise."""

import numpy as np

np.seterr(all="raise", under="ignore")
