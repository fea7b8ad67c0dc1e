// Real worker processes and a coordinator that wishes them ill.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packedSamplesBytes } from '../../shared/data/samples.ts';
import { GraphBuilder } from '../../shared/model/builder.ts';
import { HostileCoordinator } from './hostile_coordinator.ts';

const entry = fileURLToPath(new URL('../../dist/worker/process/main.js', import.meta.url));

function startWorker(url: string, ...flags: readonly string[]) {
  const child = spawn(process.execPath, [entry, url, '--processes', '1', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  /** Resolves with all that it has said when it has said that. */
  const said = async (pattern: RegExp) => {
    while (!pattern.test(output)) {
      if (child.exitCode !== null) throw new Error(`the worker ended with ${child.exitCode}: ${output}`);
      await wait(10);
    }
    return output;
  };
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code, output }));
  return { child, said, ended };
}

/** A convolution that one sample takes some 60 billion operations of, and little memory. */
function heavyGraph() {
  const builder = new GraphBuilder();
  const image = builder.input({ name: 'image', type: 'u8', shape: [64, 64, 64] });
  const target = builder.input({ name: 'target', type: 'f32', shape: [34, 34, 64] });
  const filters = builder.parameter('filters', [31, 31, 64, 64], { kind: 'constant', value: 0 });
  const output = builder.conv2d('output', builder.scale('scaled', image, 1), filters);
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', output, target), prediction: output });
}

/** Processor time that the processes below one have used, in clock ticks. */
function ticksBelow({ pid }: ChildProcess): number {
  let ticks = 0;
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[1]) === pid) ticks += Number(fields[11]);
    } catch {
      // It has ended.
    }
  }
  return ticks;
}

describe.runIf(process.platform === 'linux')('a worker that computes for minutes in one call', () => {
  it('is ended by SIGTERM, without the goodbye that it cannot say', async () => {
    await using coordinator = await HostileCoordinator.start();
    const { child, ended } = startWorker(coordinator.url);
    const victim = await coordinator.victims.next();
    await victim.next('hello');
    const graph = heavyGraph();
    victim.welcome({ microbatchSize: 100, graph });
    victim.send({ type: 'parameters', step: 0 }, new Uint8Array(4 * 31 * 31 * 64 * 64));
    const samples = 100;
    victim.send({ type: 'heartbeat', beat: 1 });
    await victim.next('heartbeat');
    const before = ticksBelow(child);
    const work = { kind: 'gradient', step: 0, shard: { first: 0, count: 1 } } as const;
    const lease = { type: 'lease', lease: 1, work, parameters: 0, samples, deadline: 1000 } as const;
    victim.send(lease, new Uint8Array(packedSamplesBytes(graph.inputs, samples)));
    // Nothing but the lease keeps it busy for so long.
    while (ticksBelow(child) < before + 300) await wait(20);
    child.kill('SIGTERM');
    expect(await victim.closed).toBe(1006);
    expect(victim.messages.waiting).toEqual([]);
    expect(await ended).toMatchObject({ code: 0, output: expect.stringMatching(/\nstopped\n$/) });
  });
});

const planted = '\u001b[2Jfake\ntest accuracy 100.00 %\u009b1m\u202e';

/** Nothing but text and the ends of lines, and nowhere a line that the worker did not begin itself. */
function expectPlain(output: string): void {
  expect(output).not.toMatch(/[^\P{C}\n]/u);
  for (const line of output.trimEnd().split('\n')) {
    expect(line).toMatch(/^(connected|disconnected|warning:|warned|error:|cannot|refused|gave up|stopped|the run)/);
  }
}

describe('a worker prints no text of a coordinator as it came:', () => {
  it('not of a warning, nor of a close', async () => {
    await using coordinator = await HostileCoordinator.start();
    const { child, said, ended } = startWorker(coordinator.url);
    const victim = await coordinator.victims.next();
    await victim.next('hello');
    victim.welcome({ microbatchSize: 1, graph: smallGraph() });
    victim.sendHeader({ type: 'warning', reason: planted });
    await said(/warned by .*fake/);
    victim.socket.close(1001, planted);
    expectPlain(await said(/disconnected from .*fake/));
    child.kill('SIGTERM');
    await ended;
  });

  it.each(['refused', 'finished'])('not of a %s', async (type) => {
    await using coordinator = await HostileCoordinator.start();
    const { ended } = startWorker(coordinator.url);
    const victim = await coordinator.victims.next();
    await victim.next('hello');
    victim.sendHeader({ type, reason: planted });
    victim.socket.close(4401, planted);
    const { output } = await ended;
    expect(output).toContain('fake');
    expectPlain(output);
  });

  it.each<[string, (graph: ReturnType<typeof smallGraph>) => unknown]>([
    ['an op', ({ nodes, ...graph }) => ({ ...graph, nodes: nodes.map((node) => ({ ...node, op: planted })) })],
    ['a field', (graph) => ({ ...graph, [planted]: 1 })],
    ['a name', (graph) => ({ ...graph, loss: planted })],
  ])('not of %s of the graph', async (_, change) => {
    await using coordinator = await HostileCoordinator.start();
    const { ended } = startWorker(coordinator.url);
    const victim = await coordinator.victims.next();
    await victim.next('hello');
    victim.welcome({ microbatchSize: 1, graph: change(smallGraph()) });
    await victim.next('goodbye');
    const { code, output } = await ended;
    expect(code).toBe(1);
    expectPlain(output);
  });

  it('not of a worker id, which is refused', async () => {
    await using coordinator = await HostileCoordinator.start();
    const { child, said, ended } = startWorker(coordinator.url);
    const victim = await coordinator.victims.next();
    await victim.next('hello');
    victim.sendHeader({ type: 'welcome', workerId: planted, jobDigest: 'ab' });
    expectPlain(await said(/the coordinator broke the protocol/));
    child.kill('SIGTERM');
    await ended;
  });

  it('not of an HTTP status', async () => {
    const server = createServer();
    server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 421 \u001b[2Jfake\r\nContent-Length: 0\r\n\r\n'));
    await expectPlainFrom(server);
  });

  it('not of bytes that are no HTTP', async () => {
    await expectPlainFrom(createTcpServer((socket) => socket.resume().end(`${planted}\r\n\r\n`)));
  });
});

function smallGraph() {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type: 'f32', shape: [2] });
  const target = builder.input({ name: 'target', type: 'f32', shape: [2] });
  const output = builder.bias('output', x, builder.parameter('bias', [2], { kind: 'constant', value: 0 }));
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', output, target), prediction: output });
}

/** What a worker prints that tries once to join whatever listens there. */
async function expectPlainFrom(server: ReturnType<typeof createTcpServer>): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { ended } = startWorker(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, '--no-retry');
  const { code, output } = await ended;
  expect(code).toBe(1);
  expectPlain(output);
  await new Promise((resolve) => server.close(resolve));
}
