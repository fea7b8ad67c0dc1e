import { combination } from './add.ts';

export const multiply = combination('multiply', 'Multiply', (gain) => ({ gain }));
