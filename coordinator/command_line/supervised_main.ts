// Entry of a supervised coordinator: the same run as `gradswarm train`; supervisor.ts starts it.

import { runCommand } from '../../shared/node/command.ts';
import { linkToSupervisor, type SupervisedRun, supervisedVariable } from './supervised_run.ts';
import { train } from './train_command.ts';

const { job, flags }: SupervisedRun = JSON.parse(process.env[supervisedVariable] ?? '{}');
// Not for its local workers.
delete process.env[supervisedVariable];
await runCommand(() => train(job, flags, linkToSupervisor()));
if (process.connected) process.disconnect();
