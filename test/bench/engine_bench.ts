// `npm run bench -- engine`: one training step on one core, gradswarm beside its peers, in alternating rounds.

import { spawnSync } from 'node:child_process';
import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { engineVariable } from '../../shared/node/engine_choice.ts';
import { describeEngine, engineKind } from '../../shared/node/node_engine.ts';
import { alternate, Contestant, type ContestantOptions, notPinned } from './contestant.ts';
import { builtScript, peerScript } from './places.ts';
import { findPyTorch, type PyTorch } from './pytorch.ts';
import { median, summarize } from './timing.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const core = 0;
const rounds = 9;
const roundSeconds = 0.25;

/** The job's default: what splitting a mini-batch into microbatches costs is measured with it. */
const microbatchSize = 25;

type Profile = 'fused' | 'portable';
type PeerName = 'PyTorch' | 'jax-js' | 'TensorFlow.js' | 'ConvNetJS' | 'plain loops';

/** How many times as fast as a peer a profile is to be, at least. */
const targets: Readonly<Record<WorkloadName, Readonly<Partial<Record<PeerName, Readonly<Record<Profile, number>>>>>>> =
  {
    W1: {
      PyTorch: { fused: 1, portable: 1 },
      'jax-js': { fused: 2, portable: 1.6 },
      'TensorFlow.js': { fused: 10, portable: 8 },
    },
    W2: {
      PyTorch: { fused: 1.2, portable: 1.2 },
      'jax-js': { fused: 2.2, portable: 1.7 },
      'TensorFlow.js': { fused: 20, portable: 16 },
    },
    W3: {
      PyTorch: { fused: 2, portable: 2 },
      ConvNetJS: { fused: 50, portable: 50 },
      'jax-js': { fused: 120, portable: 120 },
    },
    W4: { PyTorch: { fused: 1.5, portable: 1.5 } },
    W5: { PyTorch: { fused: 1.3, portable: 1.3 } },
  };

/** Most that splitting may cost, relative to the whole mini-batch at once. */
const splittingTarget = 1.2;

const peers: Readonly<Record<WorkloadName, readonly PeerName[]>> = {
  W1: ['PyTorch', 'jax-js', 'TensorFlow.js', 'ConvNetJS', 'plain loops'],
  W2: ['PyTorch', 'jax-js', 'TensorFlow.js', 'plain loops'],
  W3: ['PyTorch', 'jax-js', 'ConvNetJS'],
  W4: ['PyTorch', 'jax-js'],
  W5: ['PyTorch', 'jax-js'],
};

const peerScripts: Readonly<Record<Exclude<PeerName, 'PyTorch'>, string>> = {
  'jax-js': 'jax_js.mjs',
  'TensorFlow.js': 'tensorflow_js.mjs',
  ConvNetJS: 'convnet_js.mjs',
  'plain loops': 'plain_loops.mjs',
};

const onWebAssembly = (profile: Profile) => `gradswarm ${profile}, WebAssembly`;

const ourName = (profile: Profile, split = false) =>
  `gradswarm ${profile}${split ? `, split by ${microbatchSize}` : ''}`;

export async function benchEngine(names: readonly WorkloadName[]): Promise<void> {
  console.log(
    `One training step (forward, loss, backward, SGD) on one core; median of ${rounds} alternating rounds of ` +
      `${roundSeconds} s.\nAll take the same dense f32 features; microbatch = batch where not said otherwise.`,
  );
  if (notPinned !== undefined) console.log(notPinned);
  for (const profile of ['fused', 'portable'] as const) {
    console.log(`gradswarm ${profile}: ${describeEngine(await engineKind(profile))}`);
  }
  const pytorch = findPyTorch();
  for (const name of names) await benchWorkload(name, pytorch);
  console.log('\nThe engine beside the core; the clock is measured by a chain of dependent additions');
  runPinned('matmul_rates.js');
  console.log('\nWhole steps beside the matmul of the same engine');
  runPinned('step_rates.js');
}

function runPinned(name: string): void {
  const pin = notPinned === undefined ? ['taskset', '-c', String(core)] : [];
  const [program = process.execPath, ...rest] = [...pin, process.execPath, builtScript(name)];
  const { error } = spawnSync(program, rest, { stdio: 'inherit' });
  if (error !== undefined) throw error;
}

async function benchWorkload(name: WorkloadName, pytorch: PyTorch | undefined): Promise<void> {
  const { title, batchSize } = workloads[name];
  console.log(`\n${name}: ${title}, batch ${batchSize}`);
  const contestants: Contestant[] = [];
  try {
    const isNative = (await engineKind('portable')).kind === 'native';
    for (const options of contestantsOf(name, pytorch, isNative)) contestants.push(await Contestant.start(options));
    const measured = await alternate(contestants, { rounds, seconds: roundSeconds });
    report(name, new Map(contestants.map((contestant, index) => [contestant.name, measured[index] ?? []])));
  } finally {
    for (const contestant of contestants) contestant.stop();
  }
}

/** @param isNative whether native kernels compute, so that WebAssembly is a contestant of its own */
function contestantsOf(
  name: WorkloadName,
  pytorch: PyTorch | undefined,
  isNative: boolean,
): readonly ContestantOptions[] {
  const ours = (['fused', 'portable'] as const).flatMap((profile) =>
    (isSplit(name) ? [false, true] : [false]).map(
      (split): ContestantOptions => ({
        name: ourName(profile, split),
        command: process.execPath,
        arguments: [builtScript('engine_step.js'), name, profile, ...(split ? [String(microbatchSize)] : [])],
        core,
      }),
    ),
  );
  const webAssembly = (['fused', 'portable'] as const).map(
    (profile): ContestantOptions => ({
      name: onWebAssembly(profile),
      command: process.execPath,
      arguments: [builtScript('engine_step.js'), name, profile],
      core,
      environment: { ...process.env, [engineVariable]: 'wasm' },
    }),
  );
  const others = peers[name].flatMap((peer): readonly ContestantOptions[] => {
    if (peer !== 'PyTorch') {
      const script = peerScript(peerScripts[peer]);
      return [{ name: peer, command: process.execPath, arguments: [script, name], core }];
    }
    if (pytorch === undefined) return [];
    const { python, environment } = pytorch;
    return [{ name: peer, command: python, arguments: [peerScript('pytorch.py'), name], core, environment }];
  });
  return [...ours, ...(isNative ? webAssembly : []), ...others];
}

/** Whether the mini-batch is larger than the microbatch that it is split by. */
function isSplit(name: WorkloadName): boolean {
  return workloads[name].batchSize > microbatchSize;
}

type Measured = ReadonlyMap<string, readonly number[]>;

function report(name: WorkloadName, measured: Measured): void {
  const fused = measured.get(ourName('fused')) ?? [];
  const portable = measured.get(ourName('portable')) ?? [];
  const rows = [...measured].map(([contestant, milliseconds]) => {
    const { median, least, greatest } = summarize(milliseconds);
    const target = targets[name][contestant as PeerName];
    const isOurs = contestant.startsWith('gradswarm');
    return [
      contestant,
      threeDigits(median),
      `${threeDigits(least)} to ${threeDigits(greatest)}`,
      isOurs ? '' : versus(milliseconds, fused, target?.fused),
      isOurs ? '' : versus(milliseconds, portable, target?.portable),
    ];
  });
  console.log(formatTable(['', 'ms a step', 'rounds', 'fused is as fast', 'portable is as fast'], rows));
  for (const profile of isSplit(name) ? (['fused', 'portable'] as const) : []) {
    const whole = measured.get(ourName(profile)) ?? [];
    const ratio = ratioOf(measured.get(ourName(profile, true)) ?? [], whole);
    console.log(
      `splitting by ${microbatchSize}, ${profile}: ${ratio.toFixed(2)} times (target: at most ${splittingTarget})`,
    );
  }
}

function versus(peer: readonly number[], ours: readonly number[], target: number | undefined): string {
  const speed = `${threeDigits(ratioOf(peer, ours))}x`;
  return target === undefined ? speed : `${speed} (target ${target}x)`;
}

/** Median of the ratios of each round: what slows the machine for a while slows both. */
function ratioOf(one: readonly number[], other: readonly number[]): number {
  return median(one.map((milliseconds, round) => milliseconds / (other[round] ?? Number.NaN)));
}
