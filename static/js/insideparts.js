// The steps of a token's way through a head as sections of rows (strips.js), from the numbers that the network had.

import { numbers } from "./panel.js";
import { writer } from "./formula.js";
import { largest } from "./strips.js";
import { shown } from "./headmaps.js";

const MOST_TERMS = 6; // terms of a sum that are spelled out

// `pickColumn(number)` is called for a token whose score is to be spelled out.
export function sectionsOf(found, { language, words }, pickColumn) {
  const write = writer(language, 3);
  const scene = { found, arrays: found.arrays, words, write, percent: numbers(language, "percent"), pickColumn, names: found.columns.map(shown) };
  return [embedding(scene), stream(scene), norm(scene), projections(scene), scores(scene), sum(scene), concatenation(scene), residual(scene),
    feedForward(scene), logits(scene), checks(scene)].filter(Boolean);
}

const strip = (key, label, values, more = {}) => ({ key, kind: "strip", label, values, ...more });
const formula = (key, text) => ({ key, kind: "formula", text });

function embedding({ found, arrays, words }) {
  return {
    name: "embedding", title: words.s_embedding, formula: arrays.position ? "x = E + p" : "x = E",
    rows: () => [
      strip("embedding", `E (${found.token})`, arrays.embedding),
      ...(arrays.position ? [strip("position", `p (${words.position} ${found.row + 1})`, arrays.position)] : []),
      formula("note", arrays.position ? words.t_position : words.t_no_position),
    ],
  };
}

function stream({ found, arrays, words }) {
  const limit = Math.max(...found.stream.map((_, at) => largest(arrays[`stream${at}`])));
  return {
    name: "stream", title: words.s_stream, formula: "x → x + f(x)",
    rows: () => found.stream.map(({ name, layer }, at) => strip(`stream${at}`, layer === null ? name : `${layer + 1} · ${name}`, arrays[`stream${at}`], { limit })),
  };
}

function norm({ found, arrays, words, write }) {
  if (!arrays.norm_input) return null;
  return {
    name: "norm", title: words.s_norm, formula: "(x − μ) / σ · γ + β",
    rows: () => [
      strip("input", "x", arrays.norm_input),
      formula("numbers", `μ = ${write(found.norm.mean)}   σ = ${write(found.norm.deviation)}`),
      strip("normalised", "(x − μ) / σ", arrays.norm_normalised),
      strip("gain", "γ", arrays.norm_gain), strip("shift", "β", arrays.norm_shift),
      strip("output", words.output, arrays.norm_output),
    ],
  };
}

function projections({ found, arrays, words, names }) {
  return {
    name: "projections", title: words.s_projections, formula: "q = x·W_{Q}, k = x·W_{K}, v = x·W_{V}",
    rows: () => [
      strip("read", `x (${found.token})`, arrays.read),
      strip("query", `q (${found.token})`, arrays.query),
      { key: "keys", kind: "matrix", label: words.keys, values: arrays.keys, names, marked: found.place.column },
      { key: "values", kind: "matrix", label: words.values, values: arrays.values, names, marked: found.place.column },
    ],
  };
}

// Scores, scale, mask and softmax in one table: a row for each token that can be looked at.
function scores({ found, arrays, words, write, percent, pickColumn, names }) {
  const { column } = found.place;
  const hidden = [...arrays.masked];
  const of = (at) => (hidden[at] ? null : arrays.scaled[at]);
  const terms = [...arrays.terms];
  const first = terms.slice(0, MOST_TERMS).map((term) => `${term < 0 ? "(" : ""}${write(term)}${term < 0 ? ")" : ""}`).join(" + ");
  return {
    name: "scores", title: words.s_scores, formula: "softmax(q·k / √d)",
    rows: () => [
      { key: "table", kind: "bars", label: words.looks_at, names, marked: column, choose: pickColumn, columns: [
        { title: "q·k", values: arrays.products, text: write },
        { title: `× ${write(found.scale)}`, values: arrays.scaled, text: write },
        { title: words.mask, values: hidden.map((one, at) => (one ? NaN : of(at))), text: (value) => (Number.isNaN(value) ? "−∞" : "·") },
        { title: "softmax", values: arrays.weights, bar: 1, text: percent },
      ] },
      strip("terms", `q_{i}·k_{i} (${names[column]})`, arrays.terms),
      formula("sum", `q·k = ${first}${terms.length > MOST_TERMS ? " + …" : ""} = ${write(arrays.products[column])}`),
      formula("scaled", `q·k / √${terms.length} = ${write(arrays.products[column])} · ${write(found.scale)} = ${write(arrays.scaled[column])}`),
    ],
  };
}

function sum({ found, arrays, words, percent, names }) {
  const order = [...arrays.weights.keys()].sort((one, other) => arrays.weights[other] - arrays.weights[one]).slice(0, MOST_TERMS).filter((at) => arrays.weights[at] > 0.001);
  const width = arrays.sum.length;
  return {
    name: "sum", title: words.s_sum, formula: "z = Σ a·v",
    rows: () => [
      ...order.map((at, place) => strip(`value${place}`, `${percent(arrays.weights[at])} · v (${names[at]})`, arrays.values.subarray(at * width, (at + 1) * width).map((value) => value * arrays.weights[at]))),
      strip("sum", "z", arrays.sum),
    ],
  };
}

function concatenation({ found, arrays, words }) {
  const count = found.heads;
  const width = arrays.all_heads.length / count;
  return {
    name: "concatenation", title: words.s_concatenation, formula: "[z_{1}, z_{2}, …]·W_{O} + b",
    rows: () => [
      ...Array.from({ length: count }, (_, at) => strip(`head${at}`, `${at === found.place.unit ? "→ " : ""}z_{${at + 1}}`, arrays.all_heads.subarray(at * width, (at + 1) * width))),
      strip("projected", words.projected, arrays.projected),
    ],
  };
}

function residual({ arrays, words }) {
  const limit = Math.max(largest(arrays.before), largest(arrays.after));
  return {
    name: "residual", title: words.s_residual, formula: "x + f(x)",
    rows: () => [
      strip("before", words.before, arrays.before, { limit }), strip("added", `+ ${words.projected}`, arrays.projected, { limit }),
      strip("after", `= ${words.after}`, arrays.after, { limit }),
    ],
  };
}

function feedForward({ arrays, words }) {
  if (!arrays.ff_read) return null;
  return {
    name: "feed_forward", title: words.s_feed_forward, formula: "W_{2}·f(W_{1}·x + b_{1}) + b_{2}",
    rows: () => [
      strip("ff_read", "x", arrays.ff_read), strip("ff_hidden", words.hidden, arrays.ff_hidden), strip("ff_active", words.active, arrays.ff_active),
      strip("ff_output", words.output, arrays.ff_output),
    ],
  };
}

function logits({ found, words, write, percent }) {
  if (!found.logits?.length) return null;
  return {
    name: "logits", title: words.s_logits, formula: "softmax(W·x)",
    rows: () => [{ key: "logits", kind: "bars", label: words.token, names: found.logits.map(([token]) => shown(token)), marked: 0, columns: [
      { title: words.logit, values: found.logits.map(([, logit]) => logit), text: write },
      { title: "softmax", values: found.logits.map(([, , share]) => share), bar: 1, text: percent },
    ] }],
  };
}

function checks({ found, words, write }) {
  if (!found.checks?.length) return null;
  return {
    name: "checks", title: words.s_checks, formula: `≤ ${write(Math.max(...found.checks.map(({ apart }) => apart)))}`,
    rows: () => found.checks.map(({ name, apart }, at) => formula(`check${at}`, `${name}: ${words.apart} ${write(apart)}`)),
  };
}
