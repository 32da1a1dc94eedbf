// The arithmetic of one place of one map, line by line, for every kind of layer; and where in the input it looks.

const version = new URL(import.meta.url).search;
const { fill } = await import(`./panel.js${version}`);

const WRITTEN_OUT = 9; // products that a line writes out
const FEW = 4; // channels whose sums a line writes out

// The cells of the input under the stamp at a place of the map: [row, column, inside] for each cell of the stamp.
export function windowOf({ size, stride, padding, dilation, arrays }, [row, column]) {
  const [, height, width] = arrays.in.shape;
  return Array.from({ length: size * size }, (_, at) => {
    const y = row * stride - padding + Math.floor(at / size) * dilation;
    const x = column * stride - padding + (at % size) * dilation;
    return [y, x, y >= 0 && x >= 0 && y < height && x < width];
  });
}

export function valuesUnder(walk, place, channel) {
  const [, height, width] = walk.arrays.in.shape;
  const start = channel * height * width;
  return windowOf(walk, place).map(([y, x, inside]) => (inside ? walk.arrays.in[start + y * width + x] : 0));
}

export function kernelOf({ size, arrays }, channel) {
  return arrays.kernel.subarray(channel * size * size, (channel + 1) * size * size);
}

export const dot = (values, weights) => values.reduce((sum, value, at) => sum + value * weights[at], 0);

// What each input channel adds to the number at a place.
export function channelSums(walk, place) {
  return Array.from({ length: walk.arrays.in.shape[0] }, (_, channel) => dot(valuesUnder(walk, place, channel), kernelOf(walk, channel)));
}

export const indexOf = (walk, [row, column]) => row * walk.arrays.out.shape[1] + column;

// Returns the lines [label, formula, result] at a place; `source` is the input channel that is looked at.
export function linesAt(walk, place, source, tools) {
  return LINES[walk.kind](walk, place, source, tools);
}

const signed = (text, first) => (text.startsWith("−") && !first ? `(${text})` : text);
const plus = (texts) => texts.map((text, at) => (at && text.startsWith("−") ? ` − ${text.slice(1)}` : `${at ? " + " : ""}${text}`)).join("");

function product(values, weights, write) {
  return plus(values.map((value, at) => `${write(value)}·${signed(write(weights[at]))}`).slice(0, WRITTEN_OUT)) + (values.length > WRITTEN_OUT ? " + …" : "");
}

function convolution(walk, place, source, { words, write }) {
  const sums = channelSums(walk, place);
  const total = sums.reduce((sum, one) => sum + one, 0);
  const lines = [[sums.length > 1 ? `${fill(words.channel, { n: source + 1 })}` : words.sum,
    product(valuesUnder(walk, place, source), kernelOf(walk, source), write), write(sums[source])]];
  if (sums.length > 1) {
    const shown = sums.length <= FEW ? plus(sums.map(write)) : `${plus(sums.slice(0, 3).map(write))} + …`;
    lines.push([fill(words.all_channels, { n: sums.length }), shown, write(total)]);
  }
  const value = walk.off ? 0 : walk.arrays.out[indexOf(walk, place)];
  lines.push([words.bias, plus([write(total), write(walk.bias)]), write(walk.off ? total + walk.bias : value)]);
  return lines;
}

function pooling(walk, place, _source, { words, write }) {
  const texts = valuesUnder(walk, place, 0).map(write);
  const value = write(walk.arrays.out[indexOf(walk, place)]);
  if (walk.mode === "max") return [[words.largest, `max(${texts.join(", ")})`, value]];
  return [[words.mean, `(${plus(texts)}) / ${texts.length}`, value]];
}

const ACTIVATIONS = {
  relu: (x) => `max(0, ${x})`, leaky_relu: (x) => `max(0.01·${x}, ${x})`, sigmoid: (x) => `1 / (1 + e^{−${x}})`, tanh: (x) => `tanh(${x})`,
  gelu: (x) => `${x} · Φ(${x})`, silu: (x) => `${x} · σ(${x})`, elu: (x) => `${x} | e^{${x}} − 1`, softplus: (x) => `ln(1 + e^{${x}})`,
};

function activation(walk, place, _source, { write }) {
  const at = indexOf(walk, place);
  const x = signed(write(walk.arrays.in[at]), walk.function === "relu" || walk.function === "tanh");
  return [[walk.function, ACTIVATIONS[walk.function](x), write(walk.arrays.out[at])]];
}

function batchNorm(walk, place, _source, { words, write }) {
  const at = indexOf(walk, place);
  const { mean, variance, gamma, beta } = walk.arrays;
  const one = mean.length > 1 ? at : 0;
  const [x, m, v, g, b] = [walk.arrays.in[at], mean[one], variance[one], gamma[one], beta[one]].map(write);
  return [[walk.training ? fill(words.batch, { n: walk.batch }) : words.running, `μ = ${m}, σ² = ${v}`, ""],
    ["(x − μ) / √(σ² + ε) · γ + β", `(${plus([x, m.startsWith("−") ? m.slice(1) : `−${m}`])}) / √(${v} + ${write(walk.epsilon)}) · ${signed(g)} ${plus(["", b]).trim()}`,
      write(walk.arrays.out[at])]];
}

function dropout(walk, place, _source, { words, write }) {
  const at = indexOf(walk, place);
  const [x, factor] = [walk.arrays.in[at], walk.arrays.mask[at]].map(write);
  const label = !walk.training ? words.all_kept : walk.arrays.mask[at] ? fill(words.kept, { factor: `1 / (1 − ${write(walk.p)}) = ${factor}` }) : words.dropped;
  return [[label, `${x}·${factor}`, write(walk.arrays.out[at])]];
}

function flatten(walk, place, _source, { write }) {
  const [, height, width] = walk.arrays.in.shape;
  const at = indexOf(walk, place);
  const [channel, row, column] = unflatten(walk, at);
  return [["c·H·W + y·W + x", `${channel}·${height}·${width} + ${row}·${width} + ${column}`, String(at)], ["", `(${channel}, ${row}, ${column}) → ${at}`, write(walk.arrays.out[at])]];
}

export function unflatten({ arrays, count }, at) {
  const [, height, width] = arrays.in.shape;
  const index = Math.min(at, count - 1);
  return [Math.floor(index / (height * width)), Math.floor((index % (height * width)) / width), index % width];
}

function linear(walk, place, _source, { words, write }) {
  const at = place[0] * walk.arrays.in.shape[2] + place[1];
  const { in: inputs, weights } = walk.arrays;
  let sum = 0;
  for (let i = 0; i <= Math.min(at, walk.count - 1); i++) sum += inputs[i] * weights[i];
  return [[words.contribution, `${write(inputs[at])}·${signed(write(weights[at]))}`, write(inputs[at] * weights[at])],
    [words.so_far, `${at + 1} / ${walk.count}`, write(sum)],
    [words.bias, plus([write(walk.value - walk.bias), write(walk.bias)]), write(walk.value)]];
}

function scores(walk, [, column], _source, { write }) {
  const z = [...walk.arrays.in];
  const value = write(walk.arrays.out[column]);
  if (walk.function === "bce") return [["sigmoid", `1 / (1 + e^{−${signed(write(z[column]))}})`, value]];
  if (walk.function === "mse") return [["0 … 1", `min(max(${write(z[column])}, 0), 1)`, value]];
  const powers = z.map(Math.exp);
  const total = powers.reduce((sum, one) => sum + one, 0);
  return [[`Σ e^{z}`, plus(powers.map(write)), write(total)], ["softmax", `e^{${write(z[column])}} / ${write(total)} = ${write(powers[column])} / ${write(total)}`, value]];
}

const LINES = { conv: convolution, pool: pooling, activation, batch_norm: batchNorm, dropout, flatten, linear, scores };
