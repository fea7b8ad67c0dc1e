// The schedules that a job may name, a line each.

export { constant } from './constant.ts';
export { linear } from './linear.ts';
export { stepDecay } from './step_decay.ts';
