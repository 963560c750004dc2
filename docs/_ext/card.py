"""The card that a link to the site shows: the name, what it is, and a moment of Wildfire.

python docs/_ext/card.py    # draws docs/_static/card.png anew
"""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from murk_env import MurkVectorEnv
from murk_envs import Wildfire
from murk_envs.scripted.wildfire import wet_ahead

__all__ = ["SIZE", "draw"]

SIZE = 1200, 630  # pixels, as such cards are
FILE = Path(__file__).parent.parent / "_static" / "card.png"
TEXT = "Reinforcement learning environments\nwhose worlds are fields"
STEPS, SEED = 4, 3


def moment() -> Image.Image:
    """Return Wildfire as it is after some steps of the script, without the picture below it."""
    envs = MurkVectorEnv(Wildfire, 1)
    seen, _ = envs.reset(seed=SEED)
    rng = np.random.default_rng(SEED)
    for _ in range(STEPS):
        seen, *_ = envs.step(wet_ahead(seen, envs.single_action_space, rng))
    frame = envs.render_tiles(1)
    return Image.fromarray(frame[: len(frame) // 2 - 40])


def font(size: int) -> Any:
    """Return the font that matplotlib brings along."""
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def draw() -> Image.Image:
    """Return the card."""
    card = Image.new("RGB", SIZE, "white")
    picture = moment()
    scale = 640 / picture.width
    picture = picture.resize((640, round(picture.height * scale)), Image.Resampling.LANCZOS)
    card.paste(picture, (SIZE[0] - 660, (SIZE[1] - picture.height) // 2))
    pen = ImageDraw.Draw(card)
    pen.text((60, 190), "murk-env", fill="#1b1b1b", font=font(84))
    pen.multiline_text((64, 310), TEXT, fill="#4a4a4a", font=font(27), spacing=12)
    return card


if __name__ == "__main__":
    draw().save(FILE, optimize=True)
    print(FILE)
