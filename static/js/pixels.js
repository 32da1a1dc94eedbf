// Pictures that lie as bytes in one array (moments, pictures, ..., side, side), painted pixel by pixel.

// Returns the bytes of one picture (or of all words' maps of one) at a moment, with the `side` of its squares.
export function pictureAt(array, moment, picture) {
  const [, pictures, ...rest] = array.shape;
  const size = rest.reduce((product, side) => product * side, 1);
  const at = moment * pictures + Math.min(picture, pictures - 1);
  return Object.assign(array.subarray(at * size, (at + 1) * size), { side: rest.at(-1) });
}

export function paintSmall(canvas, bytes, colours) {
  const { side } = bytes;
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  const painter = canvas.getContext("2d");
  const image = painter.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) pixels[at] = colours[bytes[at]];
  painter.putImageData(image, 0, 0);
}
