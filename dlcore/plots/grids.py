"""Where many small pictures lie beside each other."""

import math


def layout(count: int, columns: int | None = None) -> tuple[int, int]:
    """Return rows and columns that hold `count` pictures: nearly square, or as wide as asked."""
    if count <= 0:
        return 0, 0
    columns = min(columns or math.ceil(math.sqrt(count)), count)
    return math.ceil(count / columns), columns
