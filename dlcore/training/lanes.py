"""Vectors of LANES numbers and activation functions as machine code, for dlcore.training.kernel alone."""

import math

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
FAST = {"contract", "reassoc", "nsz", "arcp", "afn"}  # neither nnan nor ninf: a NaN must be seen
ACTIVATIONS = ("none", "relu", "leaky_relu", "tanh", "sigmoid", "silu", "elu", "softplus", "gelu")
ZERO, ONE = np.float32(0), np.float32(1)
compiled = njit(cache=True, fastmath=FAST, error_model="numpy", nogil=True)
inlined = njit(cache=True, fastmath=FAST, error_model="numpy", inline="always")

_VECTOR = ir.VectorType(ir.FloatType(), LANES)


# whole vectors

def _at(context, builder, kind, array, place):
    """Return a pointer to LANES numbers of an array."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), _VECTOR.as_pointer())


def _spread(builder, number):
    """Return a vector that holds one number everywhere."""
    nothing, lane = ir.Constant(_VECTOR, ir.Undefined), ir.IntType(32)
    one = builder.insert_element(nothing, number, lane(0))
    return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(lane, LANES), [0] * LANES))


@intrinsic
def add_scaled(typing, y, at_y, scale, x, at_x):
    """y[at_y:][:LANES] += scale · x[at_x:][:LANES]"""
    def generate(context, builder, signature, given):
        into = _at(context, builder, signature.args[0], given[0], given[1])
        vector = builder.load(_at(context, builder, signature.args[3], given[3], given[4]), align=4)
        product = builder.fmul(_spread(builder, given[2]), vector, flags=("contract",))
        builder.store(builder.fadd(builder.load(into, align=4), product, flags=("contract",)), into, align=4)
        return context.get_dummy_value()
    return types.void(y, types.intp, types.float32, x, types.intp), generate


@intrinsic
def inner(typing, y, at_y, x, at_x):
    """Return Σ y[at_y:][:LANES] · x[at_x:][:LANES]"""
    def generate(context, builder, signature, given):
        vectors = [builder.load(_at(context, builder, signature.args[i], given[i], given[i + 1]), align=4)
                   for i in (0, 2)]
        name, kind = f"llvm.vector.reduce.fadd.v{LANES}f32", ir.FunctionType(ir.FloatType(), [ir.FloatType(), _VECTOR])
        add_up = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(add_up, [ir.FloatType()(0.0), builder.fmul(*vectors)], fastmath=("reassoc", "contract"))
    return types.float32(y, types.intp, x, types.intp), generate


@intrinsic
def two_to_the(typing, n):
    """Return 2ⁿ as a float32 for a whole number from -126 to 127, by setting its exponent."""
    def generate(context, builder, signature, given):
        word = ir.IntType(32)
        return builder.bitcast(builder.shl(builder.add(given[0], word(127)), word(23)), ir.FloatType())
    return types.float32(types.int32), generate


# functions of one number, without calls so that loops over them become vectors

@inlined
def tanh(x):
    """Return tanh, within a few units in the last place (the rational function of Eigen)."""
    x = np.float32(-7.9) if x < np.float32(-7.9) else x
    x = np.float32(7.9) if x > np.float32(7.9) else x
    s = x * x
    p = np.float32(-2.76076847742355e-16) * s + np.float32(2.00018790482477e-13)
    p = p * s + np.float32(-8.60467152213735e-11)
    p = p * s + np.float32(5.12229709037114e-08)
    p = p * s + np.float32(1.48572235717979e-05)
    p = p * s + np.float32(6.37261928875436e-04)
    p = p * s + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06) * s + np.float32(1.18534705686654e-04)
    q = q * s + np.float32(2.26843463243900e-03)
    q = q * s + np.float32(4.89352518554385e-03)
    return x * p / q


@inlined
def exp(x):
    """Return eˣ (the polynomial of Cephes); what would be too small or too large stays at the edge."""
    x = np.float32(-87.0) if x < np.float32(-87.0) else x
    x = np.float32(88.0) if x > np.float32(88.0) else x
    n = np.floor(x * np.float32(1.44269504) + np.float32(0.5))
    r = x - n * np.float32(0.693359375) + n * np.float32(2.12194440e-4)
    p = np.float32(1.9875691500e-4) * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    return (p * r * r + r + ONE) * two_to_the(np.int32(n))


@inlined
def sigmoid(x):
    """Return 1 / (1 + e⁻ˣ)."""
    return ONE / (ONE + exp(-x))


@compiled
def activate(kind, z, slope):
    """Replace numbers z by their activations, and put the derivatives into `slope`."""
    if kind == 0:
        slope[:] = ONE
    elif kind == 1 or kind == 2:
        below = ZERO if kind == 1 else np.float32(0.01)
        for i in range(z.size):
            slope[i] = ONE if z[i] > ZERO else below
            z[i] *= slope[i]
    elif kind == 3:
        for i in range(z.size):
            z[i] = tanh(z[i])
            slope[i] = ONE - z[i] * z[i]
    elif kind == 4:
        for i in range(z.size):
            z[i] = sigmoid(z[i])
            slope[i] = z[i] * (ONE - z[i])
    elif kind == 5:
        for i in range(z.size):
            s = sigmoid(z[i])
            slope[i] = s * (ONE + z[i] * (ONE - s))
            z[i] *= s
    else:
        _activate_rarer(kind, z, slope)


@compiled
def _activate_rarer(kind, z, slope):
    """The same for functions that need a call."""
    for i in range(z.size):
        x = z[i]
        if kind == 6:
            z[i] = x if x > ZERO else np.float32(math.expm1(x))
            slope[i] = ONE if x > ZERO else z[i] + ONE
        elif kind == 7:
            slope[i] = sigmoid(x)
            z[i] = x if x > np.float32(20) else np.float32(math.log1p(math.exp(x)))
        else:
            share = np.float32(0.5) * (ONE + np.float32(math.erf(x * np.float32(0.70710678))))
            z[i] = x * share
            slope[i] = share + x * np.float32(0.39894228) * exp(np.float32(-0.5) * x * x)
