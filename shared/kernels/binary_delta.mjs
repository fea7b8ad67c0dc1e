// Writes one binary as what it differs in from another: the two profiles' kernels are alike but for the instructions that
// multiply and add, and a browser need not load them twice. `shared/engine/binary_delta.ts` reads it, and says how it is laid out.

/** A match this long is looked for anywhere in the base; shorter ones only where the last one would have gone on. */
const anchor = 8;

/** Copies that are shorter cost more than their bytes: those that go on behind the last one, and others. */
const shortestNext = 3;
const shortestElsewhere = 6;

/** Places tried for one anchor. */
const candidates = 200;

/** @returns the delta that makes `target` of `base`. */
export function deltaOf(base, target) {
  const places = placesOf(base);
  const delta = [];
  let literals = [];
  let next = 0;
  let at = 0;
  const flush = () => delta.push(...leb(literals.length), ...literals);
  while (at < target.length) {
    const { from, length } = longestMatch(base, target, at, next, places);
    if (length < (from === next ? shortestNext : shortestElsewhere)) {
      literals.push(target[at++]);
      next += 1;
      continue;
    }
    flush();
    delta.push(...leb(zigzag(from - next)), ...leb(length));
    literals = [];
    at += length;
    next = from + length;
  }
  flush();
  return Uint8Array.from(delta);
}

function placesOf(base) {
  const places = new Map();
  for (let at = 0; at + anchor <= base.length; at++) {
    const key = keyAt(base, at);
    const known = places.get(key);
    if (known === undefined) places.set(key, [at]);
    else if (known.length < candidates) known.push(at);
  }
  return places;
}

function keyAt(bytes, at) {
  return String.fromCharCode(...bytes.subarray(at, at + anchor));
}

/** The longest match in the base; the place where the last one would have gone on costs less, and is preferred. */
function longestMatch(base, target, at, next, places) {
  let best = { from: next, length: matchLength(base, next, target, at) };
  for (const from of places.get(keyAt(target, at)) ?? []) {
    const length = matchLength(base, from, target, at);
    if (length > best.length + (best.from === next ? shortestNext : 0)) best = { from, length };
  }
  return best;
}

function matchLength(base, from, target, at) {
  let length = 0;
  while (from + length < base.length && at + length < target.length && base[from + length] === target[at + length]) {
    length += 1;
  }
  return length;
}

function zigzag(value) {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function leb(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}
