// Colours of the page as Streamlit's CSS variables give them, and the two scales as tables of 256 pixels.

const tables = new Map();
const CELLS = ["lstm", "rnn_tanh", "gru", "rnn_relu"]; // in the order of the categorical colours

// Returns the named colours, scales and fonts that hold for an element now.
export function readTheme(element) {
  const style = getComputedStyle(element.host ?? element);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const list = (name) => read(name).split(/,(?![^(]*\))/).map((colour) => colour.trim());
  const theme = {
    background: read("background-color"), surface: read("secondary-background-color"), ink: read("text-color"),
    muted: read("gray-text-color"), line: read("border-color"), blue: read("primary-color"),
    orange: read("orange-color"), orangeText: read("orange-text-color"), grey: read("gray-color"),
    neutral: read("gray-background-color"), font: read("font"), mono: read("code-font"),
    diverging: list("chart-diverging-colors"), sequential: list("chart-sequential-colors"),
    categorical: list("chart-categorical-colors"),
  };
  return Object.assign(theme, ofCells(theme));
}

// The colour of each recurrent cell by its name, and a faint one, "lstm_faint".
function ofCells({ categorical, background }) {
  return Object.fromEntries(CELLS.filter((_, at) => categorical[at]).flatMap((name, at) => [
    [name, categorical[at]], [`${name}_faint`, css(mix(parse(background), parse(categorical[at]), 0.4))]]));
}

export function parse(colour) {
  if (colour.startsWith("#")) {
    const full = colour.length === 4 ? colour.replace(/[^#]/g, "$&$&") : colour;
    return [1, 3, 5].map((at) => parseInt(full.slice(at, at + 2), 16));
  }
  return (colour.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);
}

// Returns the colour at a position from 0 to 1 along a scale.
export function along(scale, position) {
  const place = Math.min(Math.max(position, 0), 1) * (scale.length - 1);
  const low = Math.min(Math.floor(place), scale.length - 2);
  return mix(parse(scale[low]), parse(scale[low + 1]), place - low);
}

export function mix(from, to, share) {
  return from.map((level, channel) => Math.round(level + (to[channel] - level) * share));
}

export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

// Returns 256 packed RGBA pixels for bytes: "diverging" has zero at 128, "sequential" and "grey" at 0.
export function table(kind, theme) {
  const scale = kind === "grey" ? ["#000000", "#FFFFFF"] : theme[kind];
  const key = kind + scale.join();
  if (!tables.has(key)) tables.set(key, build(kind, scale));
  return tables.get(key);
}

function build(kind, scale) {
  const pixels = new Uint8ClampedArray(1024);
  for (let code = 0; code < 256; code++) {
    const position = kind === "diverging" ? (code - 128) / 254 + 0.5 : code / 255;
    pixels.set([...along(scale, position), 255], 4 * code);
  }
  return new Uint32Array(pixels.buffer);
}

// Returns the text colour that reads on a background (at least 4.5 to 1): the page's ink, else white, else black.
export function textOn(background, theme) {
  const choices = [parse(theme.ink), parse(theme.background), [255, 255, 255], [0, 0, 0]];
  return css(choices.find((choice) => contrast(choice, background) >= 4.5) ?? choices[3]);
}

export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = colour.map((level) => level / 255)
    .map((level) => (level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
