// The metrics that a model of layers may be measured by, a line each.

export { accuracy } from './accuracy.ts';
export { binaryAccuracy } from './binary_accuracy.ts';
export { meanAbsoluteError } from './mean_absolute_error.ts';
export { meanSquaredError } from './mean_squared_error.ts';
export { topAccuracy } from './top_accuracy.ts';
