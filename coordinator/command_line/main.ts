#!/usr/bin/env node
// The command line: which commands and flags there are. Each command loads its own code once it is asked for, so that none
// waits for what the others need.

import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { runCommand, runProgram } from '../../shared/node/command.ts';
import { addEngineOption } from '../../shared/node/engine_choice.ts';
import { collect, integer } from '../../shared/node/flags.ts';
import { threadsOption } from '../../shared/node/thread_flag.ts';
import { addTokenOptions } from '../../shared/node/token_flags.ts';
import { defaultDataMegabytes } from '../data/data_sources.ts';
import type { CheckGradientsFlags } from './check_gradients_command.ts';
import { addCheckpointOptions } from './checkpoint_flags.ts';
import type { DataFlags } from './data_command.ts';
import type { EvaluateFlags } from './evaluate_command.ts';
import type { JobsFlags } from './jobs_command.ts';
import { addLimitOptions, limitsFrom } from './limit_flags.ts';
import { addLobbyOptions } from './lobby_flags.ts';
import { addModelCommands } from './model_commands.ts';
import { addNetworkOptions } from './network_flags.ts';
import type { ProfileFlags } from './profile_command.ts';
import type { ReplayFlags } from './replay_command.ts';
import { addRunCommands } from './run_commands.ts';
import type { ServeFlags } from './serve_command.ts';
import type { TrainFlags } from './train_flags.ts';

const movedData = 'where the data are now, like data.trainingImages=FILE';

function addTrain(gradswarm: Command): void {
  const command = gradswarm
    .command('train')
    .description('train a job on local workers and on all that connect')
    .argument('[job]', 'name of a built-in job, or a job file (JSON)')
    .option(
      '-w, --workers <n>',
      'local worker processes, beside which the coordinator computes a share; 0: wait for others (default: none, the coordinator computes)',
      integer(0, 1024),
    )
    .addOption(threadsOption('threads by which the coordinator computes'))
    .addOption(inProcessOption())
    .option(
      '--no-own-share',
      'leave the computing to workers (default: a local process for each core); else the coordinator takes a share while few help',
    )
    .option('-e, --epochs <n>', "epochs, instead of the job's", integer(1, 1_000_000))
    .option('-s, --set <path=value>', 'override any field of the job, like optimizer.learningRate=0.05', collect, [])
    .option(
      '--data-memory <MB>',
      'memory for samples; what is larger is read from disk as it is needed',
      integer(1, 1e6),
      defaultDataMegabytes,
    )
    .option('-r, --run <folder>', 'where checkpoints go (default: a new folder under runs/)')
    .option(
      '--resume [run]',
      "resume from the newest checkpoint of a run's folder, or from a checkpoint; without a name: from --run, if that has begun",
    )
    .option('--json', 'a line of JSON for each event but steps; the last one says how it ended')
    .option('--supervise', 'start the coordinator again if it dies, on the same port, and go on with the run')
    .action((job: string | undefined, given: Omit<TrainFlags, 'limits'>) => {
      const flags: TrainFlags = { ...given, limits: limitsFrom(command) };
      return runCommand(async () => {
        if (flags.supervise) return (await import('./supervise_command.ts')).supervise(job, flags);
        return (await import('./train_command.ts')).train(job, flags);
      });
    });
  addNetworkOptions(command);
  addLobbyOptions(command);
  addCheckpointOptions(command);
  addLimitOptions(command);
}

/** What has no meaning without others is refused, not passed over. */
function inProcessOption(): Option {
  const ofOthers = ['workers', 'port', 'host', 'allowHost', 'token', 'tokenFile', 'tlsCert', 'tlsKey', 'trustProxy'];
  return new Option('--in-process', 'train in this process alone: the reference for every other run').conflicts([
    ...ofOthers,
    'lobby',
    'waitFor',
  ]);
}

function addWorker(gradswarm: Command): void {
  const command = gradswarm
    .command('worker')
    .description('compute gradients for a coordinator (gradswarm worker --help tells more)')
    .argument('[arguments...]')
    .allowUnknownOption()
    .helpOption(false)
    .action((workerArguments: string[], flags: { readonly token?: string }) =>
      runCommand(async () => (await import('./worker_command.ts')).runWorkerEntry(workerArguments, flags)),
    );
  addTokenOptions(command, 'the token the run asks for');
}

function addEvaluate(gradswarm: Command): void {
  gradswarm
    .command('evaluate')
    .description('measure a checkpoint on training, validation and test data')
    .argument('<checkpoint>', "a checkpoint, or a run's folder for its newest one")
    .option('-j, --job <job>', 'refuse the checkpoint unless it is of this job')
    .option('-s, --set <path=value>', movedData, collect, [])
    .option('--json', 'one JSON object, the confusion matrix included')
    .action((path: string, flags: EvaluateFlags) =>
      runCommand(async () => (await import('./evaluate_command.ts')).evaluate(path, flags)),
    );
}

function addReplay(gradswarm: Command): void {
  gradswarm
    .command('replay')
    .description('recompute a run and say whether its ledger and checkpoints agree, bit for bit')
    .argument('<run>', "a run's folder")
    .option(
      '--from <step>',
      'begin with the parameters of this step (default: what the run began with)',
      integer(0, 1e9),
    )
    .option('--to <step>', 'the last step to recompute (default: the last in the ledger)', integer(1, 1e9))
    .option('-s, --set <path=value>', movedData, collect, [])
    .option('--json', 'one JSON object')
    .action((folder: string, flags: ReplayFlags) =>
      runCommand(async () => (await import('./replay_command.ts')).replayRun(folder, flags)),
    );
}

function addServe(gradswarm: Command): void {
  const command = gradswarm
    .command('serve')
    .description('show the pages of a run that is over, or rests: curves, who helped, the model to try; trains nothing')
    .argument('<run>', "a run's folder, or a checkpoint")
    .option('-s, --set <path=value>', movedData, collect, [])
    .action((path: string, given: Omit<ServeFlags, 'limits'>) =>
      runCommand(async () =>
        (await import('./serve_command.ts')).serve(path, { ...given, limits: limitsFrom(command) }),
      ),
    );
  addNetworkOptions(command);
  addLimitOptions(command);
}

function addJobs(gradswarm: Command): void {
  gradswarm
    .command('jobs')
    .description('list the built-in jobs')
    .option('--json', 'a line of JSON for each')
    .action((flags: JobsFlags) => runCommand(async () => (await import('./jobs_command.ts')).printJobs(flags)));
}

function addData(gradswarm: Command): void {
  gradswarm
    .command('data')
    .description("show what a job's data hold: counts, classes, shapes, ranges and a few samples")
    .argument('<job>', 'name of a built-in job, or a job file (JSON)')
    .option('-s, --set <path=value>', 'override any field of the job', collect, [])
    .action((job: string, flags: DataFlags) =>
      runCommand(async () => (await import('./data_command.ts')).describeDataOf(job, flags)),
    );
}

function addCheckGradients(gradswarm: Command): void {
  gradswarm
    .command('check-gradients')
    .description('compare analytic with numerical gradients, tensor by tensor')
    .argument('<job>', 'name of a built-in job, or a job file (JSON)')
    .option('-s, --set <path=value>', 'override any field of the job', collect, [])
    .option(
      '-n, --samples <n>',
      'training samples to differentiate over (default: 20; fewer of a large model)',
      integer(1, 10_000),
    )
    .option('--all', 'compare every parameter of a large model, not 2,000 of them, drawn by the seed')
    .action((job: string, flags: CheckGradientsFlags) =>
      runCommand(async () => (await import('./check_gradients_command.ts')).checkGradientsOf(job, flags)),
    );
}

function addProfile(gradswarm: Command): void {
  gradswarm
    .command('profile')
    .description('tell where the time and memory of a step go, op by op')
    .argument('<job>', 'name of a built-in job, or a job file (JSON)')
    .option('-s, --set <path=value>', 'override any field of the job', collect, [])
    .option('-n, --rounds <n>', 'how often a microbatch is computed; the fastest counts', integer(1, 100_000), 200)
    .action((job: string, flags: ProfileFlags) =>
      runCommand(async () => (await import('./profile_command.ts')).profileJob(job, flags)),
    );
}

function addDoctor(gradswarm: Command): void {
  gradswarm
    .command('doctor')
    .description('tell what this machine has: cores, instruction sets, engines and their rates, a browser')
    .action(() => runCommand(async () => (await import('./doctor_command.ts')).describeMachine()));
}

/** Commands that compute nothing, or (worker) hand over all their flags. */
const withoutEngine: readonly string[] = ['worker', 'jobs', 'data', 'export', 'import', 'doctor'];

function program(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const gradswarm = new Command('gradswarm')
    .description('Trains neural networks on whatever computers help, to the same bits on any number of them.')
    .version(version);
  const runs = [addTrain, addWorker, addEvaluate, addModelCommands, addReplay, addRunCommands, addServe];
  const jobs = [addJobs, addData, addCheckGradients, addProfile];
  for (const add of [...runs, ...jobs, addDoctor]) add(gradswarm);
  for (const command of gradswarm.commands) if (!withoutEngine.includes(command.name())) addEngineOption(command);
  return gradswarm;
}

await runProgram(program());
