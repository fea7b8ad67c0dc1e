// A data set in memory comes with the program that defined the job; nothing else can load it.

import { InputError } from '../../shared/errors.ts';
import { defineLoader } from './data_loader.ts';

export const memoryLoader = defineLoader({
  source: 'memory',
  load: () =>
    Promise.reject(
      new InputError(
        "data.source memory: the job's data is in the memory of the program that defined it: go on from that program",
      ),
    ),
});
