"""The pictures of a playground's network: what the page shows of one moment, live or rewound, in one form.

A frame is {"step", "epoch", "sizes", "weights", "maps", "limits", "surface", "metrics"}:

    sizes     (features, neurons of each hidden layer ..., outputs)
    weights   float32 (parameters,), in the order of dlcore.specs.plane_network.parameter_names
    maps      uint8 (hidden neurons, side, side), layer by layer: what each neuron gives over the plane, behind its
              activation function; signed: 128 is zero, 255 is the neuron's limit, 1 its negative
    limits    float32 (hidden neurons,): the largest size in each neuron's map
    surface   uint8 (outputs, 100, 100). One output: signed, 128 is p = 1/2 (with cross-entropy: 255 is p = 1 of class
              1), or the output 0 (with squared error: 255 is +1 and more). More outputs: each class's score, 255 is 1
    metrics   {"train_loss", "test_loss"} and, for classes, {"train_accuracy", "test_accuracy"} in 0..1, else
              {"train_r2", "test_r2", "train_rmse", "test_rmse"}; None where there are no points, or no finite number

Pictures stand as on the screen: row 0 is the top (x2 near 6), column 0 the left (x1 near -6); a pixel is the mean over
its square. `map_side` tells the side. While a run is watched its worker sends frames, about ten a second at most; a
RunView's `frame` is the latest (None before the first), with three entries more:

    number    counts the run's frames: another number is another picture (a weight set by hand changes no step)
    gear      "kernel" or "autograd": what trains
    why       None, or why the kernel does not: {"template": a text to translate, "values": {...}}

The explainer answers (the "model" is {"run": id, "step": step, or None for live}, or {"spec": a plain spec} for the
network before its training):

    plane_frame   a frame
    plane_map     "neuron" ("2.3"), "side" (100): {"step", "map": uint8 (side, side) signed, "limit"}
    plane_points  {"step", "classes": names (() for numbers), "train": part, "test": part}, a part being {"points":
                  float32 (n, 2), "targets": uint8 classes or float32 numbers (n,), "scores": float32 (n, classes) that
                  add up to 1 with cross-entropy, or (n, 1) for numbers, "confusion": uint32 (true, read), for classes}
"""

SURFACE = 100  # pixels along a side of the plane
SIDES = (50, 25, 20)  # of a small map; each divides SURFACE
MAP_BYTES = 52_000    # of all small maps together


def map_side(neurons: int) -> int:
    """Return the pixels along a side of the small maps of so many hidden neurons."""
    return next((side for side in SIDES if neurons * side * side <= MAP_BYTES), SIDES[-1])
