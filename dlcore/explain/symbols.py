"""What the scalars of a small network are called: ids, and symbols with _{subscripts} and ^{superscripts}."""

from dlcore.explain.update_rules import Line

FUNCTIONS = {"sigmoid": "σ", "tanh": "tanh", "relu": "ReLU"}
DERIVATIVES = {"sigmoid": "{a}·(1 − {a})", "tanh": "(1 − {a}^{{2}})", "relu": "ReLU′({z})"}


def symbol(scalar: str) -> str:
    """Return the symbol of an id: "w1.2.3" is w_{23}^{(1)}, "z1.2" z_{2}^{(1)}, "x1" x_{1}, "p2" log p_{2}."""
    if scalar == "L":
        return scalar
    letter, numbers = scalar[0], scalar[1:].split(".")
    letter = "log p" if letter == "p" else letter
    if len(numbers) == 1:
        return f"{letter}_{{{numbers[0]}}}"
    return f"{letter}_{{{''.join(numbers[1:])}}}^{{({numbers[0]})}}"


def slope(of: str, by: str) -> str:
    """Return the symbol of a derivative."""
    return f"∂{symbol(of)}/∂{symbol(by)}"


def sum_of_products(of: str, products: list[tuple[tuple[str, float], ...]], result: float) -> Line:
    """Return the line of a sum of products, each a row of (symbol, value)."""
    values: list[float] = []
    symbols, numbers = [], []
    for factors in products:
        symbols.append("·".join(name for name, _value in factors))
        numbers.append("·".join(f"[{len(values) + place}]" for place in range(len(factors))))
        values += [value for _name, value in factors]
    return Line(of, " + ".join(symbols), " + ".join(numbers), tuple(values), result)
