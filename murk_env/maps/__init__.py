"""Maps: rasters, and levels, of which each world has one."""

from murk_env.maps.levels import Levels
from murk_env.maps.raster import Raster

__all__ = ["Levels", "Raster"]
