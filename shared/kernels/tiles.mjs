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

/** Steps of k in a turn of the loop: more where most of the time is spent. */
const turnOf = (rows, vectors) => (rows === maximumRows && vectors === 2 ? 8 : 4);

/** One multiply-add step at k: `address(row)` gives the address and immediate offset of A's element, `bOffset` that of B's. */
function step(rows, vectors, address, bOffset) {
  const pad = ' '.repeat(10);
  const lines = range(vectors).map((v) => `${pad}const b${v} = v128.load(b, ${bOffset + 16 * v});`);
  for (const row of range(rows)) {
    lines.push(`${pad}a = v128.load32_splat(${address(row)});`);
    for (const v of range(vectors)) lines.push(`${pad}c${row}${v} = multiplyAdd(a, b${v}, c${row}${v});`);
  }
  return `        {\n${join(lines)}\n        }`;
}

/**
 * `inner` steps, several a turn, so that advancing the pointers and asking for the end costs little; `advance` goes to the
 * next turn's. A way out behind each step, beside serving lengths that are no multiple of a turn, keeps V8 from loading all
 * operands of a turn first, for which it has no registers.
 */
function steps(turn, stepAt, advance) {
  const turns = range(turn - 1).map((at) => `${stepAt(at)}\n        if (left == ${at + 1}) break;`);
  return `      for (let left = inner; ; ) {
${join(turns)}
${stepAt(turn - 1)}
        left -= ${turn};
        if (left == 0) break;
${join(advance.map((line) => `        ${line}`))}
      }`;
}

/** One question for all: V8 would answer one for each of them by way of memory. */
function accumulators(rows, vectors) {
  const each = (of) => join(range(rows).flatMap((row) => range(vectors).map((v) => of(row, v))));
  return `${each((row, v) => `    let c${row}${v} = f32x4.splat(0);`)}
    if (accumulate) {
${each((row, v) => `      c${row}${v} = v128.load(c${row}, ${16 * v});`)}
    }`;
}

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
  const turn = turnOf(rows, vectors);
  const advance = `aRow += aStride;
    x += 1;
    if (x == aLine) {
      x = 0;
      aRow += aLineJump;
    }`;
  return `
function rows${rows}x${vectors * 4}(
  c: usize, cStride: usize, aRow: usize, aStride: usize, aLine: i32, aLineJump: usize, x: i32, bFirst: usize, tiles: i32,
  inner: i32, segments: i32, aSegmentJump: usize, accumulate: bool, bias: usize, epilogue: i32,
): void {
  // The pointers have advanced by all turns but a segment's last one when it ends.
  const turns = (inner - 1) / ${turn};
  const aJump = aSegmentJump - <usize>turns * ${4 * turn};
  const bJump = <usize>(inner - turns * ${turn}) * ${16 * vectors};
  let a: v128
  for (; tiles > 0; tiles--) {
${join(range(rows).map((row) => `    let a${row} = aRow;\n    ${advance}`))}
${rowPointers(rows)}
${accumulators(rows, vectors)}
    let b = bFirst;
    for (let segment = segments; ; ) {
${steps(
  turn,
  (at) => step(rows, vectors, (row) => `a${row}, ${4 * at}`, 16 * vectors * at),
  [...range(rows).map((row) => `a${row} += ${4 * turn};`), `b += ${16 * vectors * turn};`],
)}
      segment -= 1;
      if (segment == 0) break;
${join(range(rows).map((row) => `      a${row} += aJump;`))}
      b += bJump;
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
  const columnStep = () => `${step(rows, vectors, (row) => `aNext, ${4 * row}`, 0)}
        aNext += aStep;
        b += bStep;`;
  return `
function columns${rows}x${vectors * 4}(
  c: usize, cStride: usize, aFirst: usize, aStep: usize, bFirst: usize, bStep: usize, bPanel: usize, panels: i32,
  inner: i32, segments: i32, aSegmentJump: usize, accumulate: bool,
): void {
  let a: v128
  for (; panels > 0; panels--) {
${rowPointers(rows)}
${accumulators(rows, vectors)}
    let aNext = aFirst;
    let b = bFirst;
    for (let segment = 0; segment < segments; segment++) {
${steps(turnOf(rows, vectors), columnStep, [])}
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
