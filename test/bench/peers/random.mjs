// Initial weights for the peers: normal, with a fixed seed. How good they are does not matter here.

/** A function that draws `count` normal f32 numbers with a standard deviation. */
export function createNormal(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return (count, deviation) =>
    Float32Array.from({ length: count }, () => {
      const radius = Math.sqrt(-2 * Math.log(uniform()));
      return deviation * radius * Math.cos(2 * Math.PI * uniform());
    });
}

/** Labels as rows with a 1. */
export function oneHot(labels, classes) {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, index) => {
    rows[index * classes + label] = 1;
  });
  return rows;
}
