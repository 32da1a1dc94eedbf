// What stands on a pad: layers (strokes, pictures, a wiped pad) that can be undone, painted large and small.

const MOST_LAYERS = 300;
const NEAR = 0.002; // points closer than this share of the pad are one

// Returns an empty drawing that paints itself on the contexts it is given; positions are shares of the pad's side.
export function openDrawing(contexts) {
  const layers = [];

  function seen() {
    const start = layers.findLastIndex(({ kind }) => kind !== "stroke");
    return layers.slice(Math.max(start, 0));
  }

  function repaint() {
    for (const context of contexts) {
      wipe(context);
      for (const layer of seen()) paint(context, layer);
    }
  }

  function push(layer) {
    layers.push(layer);
    if (layers.length > MOST_LAYERS) layers.splice(0, layers.length - MOST_LAYERS);
    repaint();
  }

  return {
    repaint,
    contexts,
    get layers() { return layers; },
    get empty() { return !seen().some(({ kind }) => kind !== "clear"); },
    get strokes() { return seen().filter(({ kind }) => kind !== "clear").length; },
    get undoable() { return layers.length > 0; },
    load(kept) { layers.splice(0, layers.length, ...kept); repaint(); },
    undo() { layers.pop(); repaint(); },
    clear() { if (!this.empty) push({ kind: "clear" }); },
    place(pixels, width, height) { push({ kind: "picture", width, height, pixels: toText(pixels) }); },
    begin(at, width) { push({ kind: "stroke", width, points: [...at] }); return layers.at(-1); },
    extend(stroke, at) {
      const [x, y] = stroke.points.slice(-2);
      if (Math.hypot(at[0] - x, at[1] - y) < NEAR) return;
      stroke.points.push(...at);
      for (const context of contexts) paint(context, stroke, stroke.points.length - 4);
    },
  };
}

function wipe(context) {
  context.fillStyle = "#000";
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
}

function paint(context, layer, from = 0) {
  if (layer.kind === "stroke") paintStroke(context, layer, from);
  if (layer.kind === "picture") paintPicture(context, layer);
}

function paintStroke(context, { points, width }, from) {
  const side = context.canvas.width;
  Object.assign(context, { strokeStyle: "#fff", lineWidth: width * side, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  context.moveTo(points[from] * side, points[from + 1] * side);
  if (points.length < from + 4) context.lineTo(points[from] * side + 0.01, points[from + 1] * side);
  for (let i = from + 2; i < points.length; i += 2) context.lineTo(points[i] * side, points[i + 1] * side);
  context.stroke();
}

function paintPicture(context, { pixels, width, height }) {
  const side = context.canvas.width;
  Object.assign(context, { imageSmoothingEnabled: true, imageSmoothingQuality: "high" });
  context.drawImage(toCanvas(fromText(pixels), width, height), 0, 0, side, side);
}

// Returns a canvas with a grey picture, white on black.
export function toCanvas(bytes, width, height, canvas = document.createElement("canvas")) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const colours = new Uint32Array(image.data.buffer);
  for (let i = 0; i < colours.length; i++) colours[i] = 0xff000000 | (bytes[i] * 0x010101);
  context.putImageData(image, 0, 0);
  return canvas;
}

// Returns the grey bytes of a canvas as base64.
export function greyText(context) {
  const { width, height } = context.canvas;
  const colours = context.getImageData(0, 0, width, height).data;
  const bytes = new Uint8Array(width * height);
  for (let i = 0; i < bytes.length; i++) bytes[i] = colours[4 * i];
  return toText(bytes);
}

function toText(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text);
}

function fromText(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// A drawing survives a change of page and F5 in this tab: it is kept in sessionStorage, by channel.
const prefix = "derin.pad.";

export function keep(channel, held) {
  try {
    sessionStorage.setItem(prefix + channel, JSON.stringify(held));
  } catch {
    // a full or closed storage: the drawing lasts as long as the page
  }
}

export function kept(channel) {
  try {
    const held = JSON.parse(sessionStorage.getItem(prefix + channel)) ?? {};
    return { ...held, layers: Array.isArray(held.layers) ? held.layers.filter(isLayer) : [] };
  } catch {
    return { layers: [] };
  }
}

function isLayer(layer) {
  if (layer?.kind === "clear") return true;
  if (layer?.kind === "picture") return typeof layer.pixels === "string" && layer.width > 0 && layer.height > 0;
  return layer?.kind === "stroke" && layer.width > 0 && Array.isArray(layer.points) && layer.points.length > 1;
}
