"""The playground's mini-batch training as machine code: numba compiles it, once for every machine, into a cache.

Only dlcore.training.plane_kernel imports this module, and only in workers, for it imports numba. It works in place on
the memory that the network's parameters are views of. A batch is cut into tiles of LANES points; every row of a buffer
holds one neuron's numbers for a tile, so that each operation is one on whole vectors. The last tile's spare lanes have
no gradient.

A row of `plan` describes a layer: inputs, outputs, activation, residual or not, where its weights begin in `flat`, and
where its inputs' and its outputs' rows begin.
"""

import math

import numpy as np

from dlcore.training.lanes import (
    ACTIVATIONS,
    LANES,
    ONE,
    ZERO,
    activate,
    add_scaled,
    compiled,
    exp,
    inner,
    sigmoid,
    tanh,
)

__all__ = ["ACTIVATIONS", "LANES", "LOSSES", "OPTIMIZERS", "find_gradient", "shuffle", "train", "update"]

INPUTS, OUTPUTS, ACTIVATION, RESIDUAL, WEIGHTS, ROWS_IN, ROWS_OUT = range(7)
LOSSES = ("squared", "bounded", "binary", "softmax")  # bounded: behind a tanh
OPTIMIZERS = ("sgd", "rmsprop", "adam", "adamw")


# the order of the data (dlcore.training.shuffle in machine code)

@compiled
def _mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def shuffle(key, epoch, order):
    """Put the points 0, 1, 2 ... into the order of an epoch."""
    golden, count = np.uint64(0x9E3779B97F4A7C15), order.size
    for i in range(count):
        order[i] = i
    state = _mix(key + (np.uint64(epoch) + np.uint64(1)) * golden)
    for i in range(count - 1, 0, -1):
        state += golden
        j = np.int64(((_mix(state) >> np.uint64(32)) * np.uint64(i + 1)) >> np.uint64(32))
        order[i], order[j] = order[j], order[i]


# one tile forward and back

@compiled
def _forward(plan, flat, keep, a, slope):
    for layer in plan:
        inputs, outputs, into = layer[INPUTS], layer[OUTPUTS], layer[ROWS_OUT] * LANES
        start, begins = layer[ROWS_IN] * LANES, layer[WEIGHTS]
        for o in range(outputs):
            a[into + o * LANES: into + (o + 1) * LANES] = flat[begins + inputs * outputs + o]
        for i in range(inputs):
            for o in range(outputs):
                add_scaled(a, into + o * LANES, flat[begins + o * inputs + i], a, start + i * LANES)
        end = into + outputs * LANES
        activate(layer[ACTIVATION], a[into:end], slope[into:end])
        if layer[RESIDUAL]:
            for o in range(outputs):
                add_scaled(a, into + o * LANES, ONE, a, start + o * LANES)
        for o in range(outputs):
            if keep[layer[ROWS_OUT] + o] == ZERO:
                a[into + o * LANES: into + (o + 1) * LANES] = ZERO


@compiled
def _compare(loss, z, delta, targets, chosen, points, outputs):
    """Put the gradient of the loss by the last layer's numbers z into delta; return a sum that no NaN escapes."""
    share, seen = ONE / np.float32(points), ZERO
    for s in range(LANES):
        most, total = z[s], ZERO
        for o in range(1, outputs):
            most = max(most, z[o * LANES + s])
        for o in range(outputs):
            total += exp(z[o * LANES + s] - most) if loss == 3 else ZERO
        for o in range(outputs):
            x = z[o * LANES + s]
            if s >= chosen.size:
                delta[o * LANES + s] = ZERO
                continue
            seen += x
            t = targets[o, chosen[s]]
            if loss == 0:
                delta[o * LANES + s] = (x - t) * share
            elif loss == 1:
                y = tanh(x)
                delta[o * LANES + s] = (y - t) * (ONE - y * y) * share
            elif loss == 2:
                delta[o * LANES + s] = (sigmoid(x) - t) * share
            else:
                delta[o * LANES + s] = (exp(x - most) / total - t) * share
    return seen


@compiled
def _backward(plan, flat, keep, a, slope, delta, gradient):
    for number in range(len(plan) - 1, -1, -1):
        layer = plan[number]
        inputs, outputs, into = layer[INPUTS], layer[OUTPUTS], layer[ROWS_OUT] * LANES
        start, begins = layer[ROWS_IN] * LANES, layer[WEIGHTS]
        if number > 0:
            delta[start: start + inputs * LANES] = ZERO
        if number > 0 and layer[RESIDUAL]:
            for o in range(outputs):
                if keep[layer[ROWS_OUT] + o] != ZERO:
                    add_scaled(delta, start + o * LANES, ONE, delta, into + o * LANES)
        _back_through(delta[into: into + outputs * LANES], slope[into: into + outputs * LANES])
        for o in range(outputs):
            if keep[layer[ROWS_OUT] + o] == ZERO:
                delta[into + o * LANES: into + (o + 1) * LANES] = ZERO
            gradient[begins + inputs * outputs + o] += delta[into + o * LANES: into + (o + 1) * LANES].sum()
            for i in range(inputs):
                gradient[begins + o * inputs + i] += inner(delta, into + o * LANES, a, start + i * LANES)
                if number > 0:
                    add_scaled(delta, start + i * LANES, flat[begins + o * inputs + i], delta, into + o * LANES)


@compiled
def _back_through(delta, slope):
    for i in range(delta.size):
        delta[i] *= slope[i]


@compiled
def find_gradient(plan, loss, flat, weights, l1, l2, keep, x, targets, chosen, buffers, gradient):
    """Put the gradient of a batch into `gradient`, penalties included; return a sum that no NaN escapes.

    x (features, points) and targets (outputs, points) of all points, `chosen` those of the batch; `buffers` three of
    (rows · LANES,): activations, slopes, deltas.
    """
    a, slope, delta = buffers[0], buffers[1], buffers[2]
    last, seen = plan[len(plan) - 1], ZERO
    into, outputs = last[ROWS_OUT] * LANES, last[OUTPUTS]
    gradient[:] = ZERO
    for begin in range(0, chosen.size, LANES):
        tile = chosen[begin: begin + LANES]
        for f in range(x.shape[0]):
            for s in range(tile.size):
                a[f * LANES + s] = x[f, tile[s]]
        _forward(plan, flat, keep, a, slope)
        seen += _compare(loss, a[into: into + outputs * LANES], delta[into: into + outputs * LANES], targets, tile,
                         chosen.size, outputs)
        _backward(plan, flat, keep, a, slope, delta, gradient)
    if l1 != ZERO or l2 != ZERO:
        for i in range(flat.size):
            gradient[i] += weights[i] * (l2 * flat[i] + l1 * np.sign(flat[i]))
    return seen


# the update

@compiled
def update(optimizer, flat, gradient, first, second, weights, free, rate, momentum, l2, step):
    """Move the parameters that are free as torch's optimisers do, with their moments; `step` counts from 1."""
    if optimizer == 0:
        _update_sgd(flat, gradient, first, free, rate, momentum)
    elif optimizer == 1:
        for i in range(flat.size):
            second[i] = np.float32(0.99) * second[i] + np.float32(0.01) * gradient[i] * gradient[i]
            flat[i] -= free[i] * rate * gradient[i] / (np.sqrt(second[i]) + np.float32(1e-8))
    else:
        decay = rate * l2 if optimizer == 3 else ZERO
        size = np.float32(rate / (1 - 0.9**step))
        root = np.float32(1 / math.sqrt(1 - 0.999**step))
        for i in range(flat.size):
            first[i] += np.float32(0.1) * (gradient[i] - first[i])
            second[i] = np.float32(0.999) * second[i] + np.float32(0.001) * gradient[i] * gradient[i]
            flat[i] -= free[i] * (decay * weights[i] * flat[i]
                                  + size * first[i] / (np.sqrt(second[i]) * root + np.float32(1e-8)))


@compiled
def _update_sgd(flat, gradient, moment, free, rate, momentum):
    if momentum == ZERO:
        for i in range(flat.size):
            flat[i] -= free[i] * rate * gradient[i]
    else:
        for i in range(flat.size):
            moment[i] = momentum * moment[i] + gradient[i]
            flat[i] -= free[i] * rate * moment[i]


# the loop

@compiled
def train(begin, end, counted, size, key, plan, loss, optimizer, flat, first, second, weights, free, keep, x, targets,
          rates, order, buffers, gradient):
    """Train the steps begin ... end-1 on batches of `size`; return the first that could not be (no number), or end.

    `counted` are the optimiser's updates so far; `rates` holds learning rate, momentum, l1 and l2.
    """
    per_epoch, rate, momentum, l1, l2 = (order.size + size - 1) // size, rates[0], rates[1], rates[2], rates[3]
    shuffled = -1
    for step in range(begin, end):
        epoch, place = step // per_epoch, step % per_epoch
        if epoch != shuffled:
            shuffle(key, epoch, order)
            shuffled = epoch
        chosen = order[place * size: (place + 1) * size]
        seen = find_gradient(plan, loss, flat, weights, l1, ZERO if optimizer == 3 else l2, keep, x, targets, chosen,
                             buffers, gradient)
        if not math.isfinite(seen):
            return step
        update(optimizer, flat, gradient, first, second, weights, free, rate, momentum, l2, counted + step - begin + 1)
    return end
