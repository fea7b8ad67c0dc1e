// Writes the register tiles of the matrix kernels: AssemblyScript for every tile height and width. A tile's accumulators
// must be separate local variables to stay in registers, which a loop over an array would lose; so they are written out.
//
// Every output element is one chain over k, from zero or from the partial sum already in C, whatever the tile's shape.

/** Rows of the largest tile. Larger ones (5x8, 6x8) were measured at two thirds of its speed: V8 spills registers. */
const maximumRows = 4;

/** A run of 5 columns, as a 5x5 kernel over one channel has, is still faster as one tile than as 3 and 2. */
const maximumColumnsRows = 5;

const range = (count) => Array.from({ length: count }, (_, index) => index);
const join = (items, separator = '\n') => items.join(separator);

/** One multiply-add step at k: `address(row)` gives the address and immediate offset of A's element. */
function step(rows, vectors, address, b, indent) {
  const pad = ' '.repeat(indent);
  const lines = range(vectors).map((v) => `${pad}const b${v} = v128.load(${b}, ${16 * v});`);
  for (const row of range(rows)) {
    lines.push(`${pad}a = v128.load32_splat(${address(row)});`);
    for (const v of range(vectors)) lines.push(`${pad}c${row}${v} = multiplyAdd(a, b${v}, c${row}${v});`);
  }
  return `${' '.repeat(indent - 2)}{\n${join(lines)}\n${' '.repeat(indent - 2)}}`;
}

function accumulators(rows, vectors, value) {
  return join(
    range(rows).flatMap((row) => range(vectors).map((v) => `    let c${row}${v} = ${value(row, v)};`)),
  );
}

const startingValue = (row, v) => `accumulate ? v128.load(c${row}, ${16 * v}) : f32x4.splat(0)`;

/** c0, c1 …: the rows of C that the tile writes. */
const rowPointers = (rows) =>
  join(range(rows).map((row) => `    const c${row}: usize = ${row === 0 ? 'c' : `c${row - 1} + cStride`};`));

const stores = (rows, vectors, value) =>
  join(range(rows).flatMap((row) => range(vectors).map((v) => `    v128.store(c${row}, ${value(row, v)}, ${16 * v});`)));

/**
 * Rows of A with k running along memory (a layer's forward pass; convolution patches, `segments` runs of `inner`).
 * Row pointers advance by `aStride`, and by `aLineJump` more after each line of `aLine` rows.
 */
function rowsTile(rows, vectors) {
  const advance = `aRow += aStride;
    x += 1;
    if (x == aLine) {
      x = 0;
      aRow += aLineJump;
    }`;
  return `
function rows${rows}x${vectors * 4}(
  c: usize, cStride: usize, aRow: usize, aStride: usize, aLine: i32, aLineJump: usize, x: i32, b: usize, tiles: i32,
  inner: i32, segments: i32, aSegmentJump: usize, accumulate: bool, bias: usize, epilogue: i32,
): void {
  const end = <usize>inner << 2;
  let a: v128
  for (; tiles > 0; tiles--) {
${join(range(rows).map((row) => `    let a${row} = aRow;\n    ${advance}`))}
${rowPointers(rows)}
${accumulators(rows, vectors, startingValue)}
    let bNext = b;
    for (let segment = 0; segment < segments; segment++) {
      for (let k: usize = 0; k < end; k += 4) {
${step(rows, vectors, (row) => `a${row} + k`, 'bNext', 10)}
        bNext += ${16 * vectors};
      }
${join(range(rows).map((row) => `      a${row} += aSegmentJump;`))}
    }
    if (bias != 0) {
${join(range(vectors).map((v) => `      const bias${v} = v128.load(bias, ${16 * v});`))}
${join(range(rows).flatMap((row) => range(vectors).map((v) => `      c${row}${v} = f32x4.add(c${row}${v}, bias${v});`)))}
    }
    if (epilogue == reluEpilogue) {
${join(range(rows).flatMap((row) => range(vectors).map((v) => `      c${row}${v} = reluLanes(c${row}${v});`)))}
    }
${stores(rows, vectors, (row, v) => `c${row}${v}`)}
    c = c${rows - 1} + cStride;
  }
}`;
}

/**
 * Columns of a stored matrix as the rows of A, so that k strides over memory (weight gradients, k running over the
 * samples or the pixels): one pointer, the tile's rows at constant offsets. `panels` tiles side by side.
 */
function columnsTile(rows, vectors) {
  return `
function columns${rows}x${vectors * 4}(
  c: usize, cStride: usize, aFirst: usize, aStep: usize, bFirst: usize, bStep: usize, bPanel: usize, panels: i32,
  inner: i32, segments: i32, aSegmentJump: usize, accumulate: bool,
): void {
  let a: v128
  for (; panels > 0; panels--) {
${rowPointers(rows)}
${accumulators(rows, vectors, startingValue)}
    let aNext = aFirst;
    let b = bFirst;
    for (let segment = 0; segment < segments; segment++) {
      for (let k = inner; k > 0; k--) {
${step(rows, vectors, (row) => `aNext, ${4 * row}`, 'b', 10)}
        aNext += aStep;
        b += bStep;
      }
      aNext += aSegmentJump;
    }
${stores(rows, vectors, (row, v) => `c${row}${v}`)}
    c += ${16 * vectors};
    bFirst += bPanel;
  }
}`;
}

function dispatch(name, largest, parameters) {
  const call = (vectors) =>
    join(
      range(largest).map(
        (index) => `      case ${index + 1}: ${name}${index + 1}x${vectors * 4}(${parameters.map(([p]) => p).join(', ')}); break;`,
      ),
    );
  return `
/** The tile of \`rows\` (1 to ${largest}) by 4 * \`vectors\` (1 or 2) outputs. */
export function ${name}Tiles(rows: i32, vectors: i32, ${parameters.map(([p, type]) => `${p}: ${type}`).join(', ')}): void {
  if (vectors == 2) {
    switch (rows) {
${call(2)}
    }
  } else {
    switch (rows) {
${call(1)}
    }
  }
}`;
}

const rowsParameters = [
  ['c', 'usize'], ['cStride', 'usize'], ['a', 'usize'], ['aStride', 'usize'], ['aLine', 'i32'], ['aLineJump', 'usize'],
  ['x', 'i32'], ['b', 'usize'], ['tiles', 'i32'], ['inner', 'i32'], ['segments', 'i32'], ['aSegmentJump', 'usize'],
  ['accumulate', 'bool'], ['bias', 'usize'], ['epilogue', 'i32'],
];
const columnsParameters = [
  ['c', 'usize'], ['cStride', 'usize'], ['aFirst', 'usize'], ['aStep', 'usize'], ['bFirst', 'usize'], ['bStep', 'usize'],
  ['bPanel', 'usize'], ['panels', 'i32'], ['inner', 'i32'], ['segments', 'i32'], ['aSegmentJump', 'usize'],
  ['accumulate', 'bool'],
];

/** Every shape up to this many rows, one or two vectors wide. */
const shapes = (largest) => range(largest).flatMap((index) => [1, 2].map((vectors) => [index + 1, vectors]));

/** The AssemblyScript source of all tiles. */
export function tilesSource() {
  return `// Written by tiles.mjs; not to be edited.
import { multiplyAdd, reluEpilogue, reluLanes } from './arithmetic';
${join(shapes(maximumRows).map(([rows, vectors]) => rowsTile(rows, vectors)))}
${join(shapes(maximumColumnsRows).map(([rows, vectors]) => columnsTile(rows, vectors)))}
${dispatch('rows', maximumRows, rowsParameters)}
${dispatch('columns', maximumColumnsRows, columnsParameters)}
`;
}
