// `npm run bench -- wire`: what one step of mnist-mlp costs on a worker process beside the same step in this process
// and beside raw TCP carrying the same bytes; and the same of a worker with two threads, for larger workloads too.

import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { loadJob } from '../../coordinator/jobs/job_files.ts';
import type { Job } from '../../shared/job/job.ts';
import { timeChecksums } from './checksum_rates.ts';
import { jobOf, timeCrew, timeRun } from './distributed_step.ts';
import { type RoundTripBytes, timeRoundTrips } from './raw_tcp.ts';
import { blockMeans, median } from './timing.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const passes = 5;
const steps = 1_200;
const trips = 1_000;

/** Most that the wire may take, in raw TCP's time for the same bytes. */
const target = 1.6;

/** The same for a worker of two threads, beside the step in this process by one of them. */
const crewTarget = 1.3;
const crewThreads = 2;
const crewPasses = 3;

/** Bytes of an MNIST sample: its pixels and its label. */
const sampleBytes = 784 + 1;

interface Pass {
  readonly inProcess: number;
  /** All on the worker. */
  readonly distributed: number;
  /** The coordinator computing its share, as it does by default. */
  readonly shared: number;
  readonly tcp: number;
}

export async function benchWire(): Promise<void> {
  const job = await loadJob('mnist-mlp', []);
  const { epochs: _, ...rest } = job;
  const shortened: Job = { ...rest, steps };
  const measured: Pass[] = [];
  let bytes: RoundTripBytes = { down: 0, up: 0 };
  for (let pass = 0; pass < passes; pass++) {
    const inProcess = await timeRun(shortened, 0);
    const distributed = await timeRun(shortened, 1);
    const shared = await timeRun(shortened, 1, 'beside workers');
    const digests = new Set([inProcess, distributed, shared].map(({ parametersDigest }) => parametersDigest));
    if (digests.size !== 1) throw new Error('the runs differ in their bits');
    bytes = { down: inProcess.parameterBytes + job.batchSize * sampleBytes, up: inProcess.parameterBytes };
    const tcp = median(blockMeans(await timeRoundTrips(bytes, trips)));
    measured.push({ inProcess: inProcess.median, distributed: distributed.median, shared: shared.median, tcp });
  }
  report(measured, bytes);
  await reportChecksums(bytes, median(measured.map(({ distributed }) => distributed)));
}

function report(measured: readonly Pass[], { down, up }: RoundTripBytes): void {
  const of = (value: (pass: Pass) => number) => threeDigits(median(measured.map(value)));
  console.log(`\nA step of mnist-mlp, ms, medians of ${passes} alternating passes`);
  const rows = [
    ['in this process', of(({ inProcess }) => inProcess)],
    ['on one local worker process, all on it', of(({ distributed }) => distributed)],
    ['on one local worker process and the coordinator', of(({ shared }) => shared)],
    [`raw TCP, ${down} bytes there and ${up} back`, of(({ tcp }) => tcp)],
  ];
  console.log(formatTable(['', 'ms'], rows));
  const over = of(({ inProcess, distributed, tcp }) => (distributed - inProcess) / tcp);
  const sharedOver = of(({ inProcess, shared, tcp }) => (shared - inProcess) / tcp);
  console.log(
    `beyond the step in this process, in raw TCP's time: ${over} with all on the worker, ${sharedOver} shared`,
  );
  console.log(`target: at most ${target}`);
}

/** Parameters and gradient are hashed where they live, samples on the heap; each once by its sender, once by its receiver. */
async function reportChecksums({ down, up }: RoundTripBytes, step: number): Promise<void> {
  const { inPlace } = await timeChecksums(up);
  const { onHeap } = await timeChecksums(down - up);
  const rate = (bytes: number, milliseconds: number) => threeDigits(bytes / milliseconds / 1e6);
  console.log(
    `checksums: ${rate(up, inPlace)} GB/s in place, ${rate(down - up, onHeap)} GB/s from the heap, ` +
      `${threeDigits((100 * (4 * inPlace + 2 * onHeap)) / step)} % of a step`,
  );
}

/** A worker of two threads in another process beside one thread here: what the wire costs, the second thread has to win. */
export async function benchCrewOnTheWire(names: readonly WorkloadName[]): Promise<void> {
  const rows: string[][] = [];
  for (const name of names) rows.push(await benchCrewOf(name));
  console.log(`\nA step on a worker of ${crewThreads} threads, ms, medians of ${crewPasses} alternating passes`);
  const head = ['', 'one thread, in this process', 'the worker', 'raw TCP', "beyond one thread, in raw TCP's time"];
  console.log(formatTable(head, rows));
  console.log(`target: at most ${crewTarget}`);
}

async function benchCrewOf(name: WorkloadName): Promise<string[]> {
  const workload = workloads[name];
  const job = jobOf(workload, { microbatchSize: workload.batchSize / crewThreads, steps, numerics: 'portable' });
  const measured: Omit<Pass, 'shared'>[] = [];
  for (let pass = 0; pass < crewPasses; pass++) {
    const inProcess = await timeRun(job, 0);
    const distributed = await timeCrew(job, crewThreads);
    if (distributed.parametersDigest !== inProcess.parametersDigest) throw new Error('the runs differ in their bits');
    const bytes = { down: inProcess.parameterBytes + job.batchSize * sampleBytes, up: inProcess.parameterBytes };
    const tcp = median(blockMeans(await timeRoundTrips(bytes, trips)));
    measured.push({ inProcess: inProcess.median, distributed: distributed.median, tcp });
  }
  const of = (value: (pass: Omit<Pass, 'shared'>) => number) => threeDigits(median(measured.map(value)));
  return [
    `${name}, ${workload.title}`,
    of(({ inProcess }) => inProcess),
    of(({ distributed }) => distributed),
    of(({ tcp }) => tcp),
    of(({ inProcess, distributed, tcp }) => (distributed - inProcess) / tcp),
  ];
}
