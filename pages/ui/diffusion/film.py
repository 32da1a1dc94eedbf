"""The way from noise to a picture, step by step (static/js/denoise.js)."""


def show_film(page: str) -> None:
    """Draw what shall be drawn, and the way there."""
