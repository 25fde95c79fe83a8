// A square of a picture. Its place: {zoom: 1 or more; x, y: how far its middle is from the picture's, in sides of the square}. No DOM.

export const MOST = 4; // of the zoom

const within = (value, most) => Math.max(-most, Math.min(most, value));

/** Where a square is, in pixels of the picture: {left, top, side}. */
export function square({width, height}, {zoom, x, y}) {
  const side = Math.min(width, height) / zoom;
  return {side, left: (width - side) / 2 - x * side, top: (height - side) / 2 - y * side};
}

/** Its place after a move by parts of its side, and a change of the zoom. At the edge of the picture it stays. */
export function moved({width, height}, {zoom: before, x, y}, right, down, factor) {
  const zoom = Math.max(1, Math.min(MOST, before * factor));
  const side = Math.min(width, height) / zoom;
  const most = (length) => (length - side) / 2 / side;
  return {zoom, x: within((x * zoom) / before + right, most(width)), y: within((y * zoom) / before + down, most(height))};
}
