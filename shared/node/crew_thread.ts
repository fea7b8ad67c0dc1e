// Entry of one thread of a crew; crew_threads.ts starts it, and ends it.

import { workerData } from 'node:worker_threads';
import { serveLead } from '../crew/mate.ts';
import type { MateThread } from './crew_threads.ts';
import { engineLoaderOf } from './node_engine.ts';

const { order, instructionSet }: MateThread = workerData;
await serveLead(order, { loadEngine: engineLoaderOf(instructionSet), now: () => performance.now() });
