import { describe, expect, it } from 'vitest';
import { nodeTable } from '../../../coordinator/command_line/profile_command.ts';
import type { NodeProfile } from '../../../shared/engine/profile.ts';

const nothing = { milliseconds: 0, products: 0, bytes: 0, kernels: [] };

const nodes: readonly NodeProfile[] = [
  {
    node: 'convolution.of.a.very.long.name',
    op: 'softmaxCrossEntropyOfAll',
    forward: { milliseconds: 12.345, products: 2e9, bytes: 123_456_789, kernels: ['conv2d'] },
    backward: { milliseconds: 87.654, products: 4e9, bytes: 234_567_890, kernels: ['conv2d'] },
  },
  {
    node: 'scaled',
    op: 'scale',
    forward: { milliseconds: 0.01, products: 0, bytes: 400, kernels: ['scale'] },
    backward: nothing,
  },
];

describe('the table of a profile', () => {
  const lines = nodeTable({ nodes }).split('\n');

  it('fits a terminal of 80 columns', () => {
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('gives times, share and rate of each node', () => {
    expect(lines[1]).toMatch(/^convolution.of.…\s+softmaxCrossEntrop…\s+12345\s+87654\s+100.0 %\s+60.0/);
  });

  it('leaves empty what a node does not do', () => {
    expect(lines[2]).toMatch(/^scaled\s+scale\s+10.0\s+0.0 %\s+0.400$/);
  });
});
