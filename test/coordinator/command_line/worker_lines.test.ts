import { describe, expect, it } from 'vitest';
import { WorkerLines } from '../../../coordinator/command_line/worker_lines.ts';
import { anonymous, coordinator } from '../../../coordinator/training/contributor.ts';
import { ownWorker, type WorkerId } from '../../../coordinator/training/lease.ts';

/** Lines as they are printed at a time of the test's choice, without colours. */
function printed({ interactive = false } = {}) {
  const lines: string[] = [];
  const world = { now: 0 };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such.
  const print = (line: string) => lines.push(line.replace(/\x1b\[\d+m/g, ''));
  const workerLines = new WorkerLines({ interactive, trainsAlone: false, print, now: () => world.now });
  const joined = (worker: string, workers = 1) =>
    workerLines.tell({
      type: 'joined',
      worker: worker as WorkerId,
      kind: 'node',
      address: '192.0.2.1',
      contributor: anonymous,
      workers,
    });
  const left = (worker: string, workers = 1) =>
    workerLines.tell({ type: 'left', worker: worker as WorkerId, reason: 'bye', workers });
  return { lines, world, workerLines, joined, left };
}

describe('WorkerLines', () => {
  it('tells who came, who left, and whose answer was refused', () => {
    const { lines, workerLines, joined, left } = printed();
    joined('a');
    workerLines.tell({ type: 'warned', worker: 'a' as WorkerId, reason: 'it is late', workers: 1 });
    left('a', 0);
    expect(lines).toEqual([
      'worker a joined (node, 192.0.2.1), 1 worker',
      'worker a: an answer was refused: it is late',
      'worker a left (bye), 0 workers on',
      'no workers: waiting until one connects',
    ]);
  });

  it('tells what the coordinator computes itself', () => {
    const { lines, workerLines } = printed();
    const own = { worker: ownWorker, kind: 'coordinator', address: 'this process', contributor: coordinator } as const;
    workerLines.tell({ ...own, type: 'joined', workers: 0 });
    workerLines.tell({ ...own, type: 'joined', workers: 1 });
    workerLines.tell({ type: 'left', worker: ownWorker, reason: 'it is tired', workers: 1 });
    expect(lines).toEqual([
      'the coordinator computes everything itself',
      'the coordinator computes a share itself',
      'the coordinator no longer computes: it is tired',
    ]);
  });

  it('leaves it to the bar of a terminal how many have come', () => {
    const { lines, joined, left } = printed({ interactive: true });
    joined('a');
    left('a');
    expect(lines).toEqual(['worker a left (bye), 1 worker on']);
  });

  it('tells of a crowd only some, neither their coming nor their going, and how many there were', () => {
    const { lines, world, joined, left } = printed();
    for (let index = 0; index < 100; index++) joined(`w${index}`, index + 1);
    for (let index = 0; index < 100; index++) left(`w${index}`, 99 - index);
    const told = lines.filter((line) => / joined /.test(line)).length;
    expect([told, lines.filter((line) => / left /.test(line)).length]).toEqual([40, 40]);
    expect(lines.at(-1)).toBe('no workers: waiting until one connects');
    world.now = 1_000;
    joined('z');
    expect(lines.at(-1)).toBe('worker z joined (node, 192.0.2.1), 1 worker (60 more came before)');
  });
});
