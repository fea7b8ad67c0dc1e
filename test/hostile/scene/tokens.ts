// The tokens of the run under attack.

import { derivedToken } from '../../../coordinator/connections/access.ts';

/** The one secret of the run. */
export const administratorToken = 'administrator-of-the-hostile-suite';

/** What a worker presents; whoever has it may watch, too. */
export const workerToken = derivedToken(administratorToken, 'worker');
