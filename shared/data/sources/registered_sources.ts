// The sources of data that a job may name, a line each.

export { csv } from './csv.ts';
export { idx } from './idx.ts';
export { memory } from './memory.ts';
export { mnist } from './mnist.ts';
export { text } from './text.ts';
