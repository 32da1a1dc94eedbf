// The weights of one moment, by where they stand in the diagram: layer 0 holds all features, the switched-off ones too.
//
// `flat` has of each layer all weights, neuron by neuron, then the biases (the order of dlcore.specs.playground).

export function readValues(sizes, active, removed, flat) {
  const starts = [];
  let at = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    starts.push(at);
    at += sizes[layer] * (sizes[layer - 1] + 1);
  }
  const out = new Set(removed);
  const isOut = (layer, index) => layer > 0 && out.has(nameOf(layer, index));
  const source = (layer, from) => (layer === 0 ? active.indexOf(from) : from);
  return {
    whole: at === flat.length,
    weight: (layer, to, from) => flat[starts[layer] + to * sizes[layer] + source(layer, from)],
    bias: (layer, index) => flat[starts[layer - 1] + sizes[layer] * sizes[layer - 1] + index],
    hasLink: (layer, to, from) => source(layer, from) >= 0 && !isOut(layer, from) && !isOut(layer + 1, to),
    isOut,
  };
}

// Neurons are named as in the spec, from 1; weights after the neuron they lead to and what they come from.
export const nameOf = (layer, index) => `${layer}.${index + 1}`;
export const biasName = (layer, index) => `b${layer}.${index + 1}`;

export function weightName(active, layer, to, from) {
  return `w${layer + 1}.${to + 1}.${(layer === 0 ? active.indexOf(from) : from) + 1}`;
}
