import { combination } from './add.ts';

export const multiply = combination('multiply', '*');
