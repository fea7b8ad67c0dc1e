import { describe, expect, it } from 'vitest';
import { decodeAssignedJob, encodeAssignedJob } from '../../../shared/protocol/assigned_job.ts';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';

const job = { numerics: 'portable', microbatchSize: 25, graph: { nodes: [] }, seed: 7 } as const;

describe('assigned job', () => {
  it('survives the wire with the fields that the worker does not read', () => {
    expect(decodeAssignedJob(encodeAssignedJob(job))).toEqual(job);
  });

  it.each([
    [Buffer.from('{'), 'its payload is not JSON in UTF-8'],
    [Buffer.from([0x22, 0xff, 0x22]), 'its payload is not JSON in UTF-8'],
    [Buffer.from('4'), 'job field (all)'],
    [Buffer.from(JSON.stringify({ ...job, numerics: 'quick' })), 'job field numerics'],
    [Buffer.from(JSON.stringify({ ...job, microbatchSize: 0 })), 'job field microbatchSize'],
    [Buffer.from(JSON.stringify({ ...job, microbatchSize: 2.5 })), 'job field microbatchSize'],
    [Buffer.from(JSON.stringify({ ...job, graph: undefined })), 'job field graph'],
  ])('refuses %s', (payload, expected) => {
    expect(() => decodeAssignedJob(payload)).toThrow(ProtocolError);
    expect(() => decodeAssignedJob(payload)).toThrow(expected);
  });
});
