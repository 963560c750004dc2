"""Rendering: worlds as pictures and as text.

matplotlib and Pillow are not imported before the first picture is drawn; text needs neither.
"""

from murk_env.rendering.marker import Marker
from murk_env.rendering.picture import Picture
from murk_env.rendering.renderer import Renderer

__all__ = ["Marker", "Picture", "Renderer"]
