// The schedules that a job may name, a line each.

export { constant } from './constant.ts';
export { cosine } from './cosine.ts';
export { linear } from './linear.ts';
export { oneCycle } from './one_cycle.ts';
export { plateau } from './plateau.ts';
export { stepDecay } from './step_decay.ts';
