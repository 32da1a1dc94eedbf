"""x"""


def show_data(page: str) -> None:
    """x."""
