"""Rendering: worlds as pictures and as text.

Nothing of matplotlib or Pillow is loaded before the first picture is drawn; text needs neither.
"""

from murk_env.rendering.picture import Marker, Picture
from murk_env.rendering.renderer import Renderer

__all__ = ["Marker", "Picture", "Renderer"]
