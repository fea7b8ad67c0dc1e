import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { comparisonJson, comparisonLines } from '../../../coordinator/command_line/run_comparison.ts';
import { runsTable, summaryJson } from '../../../coordinator/command_line/runs_table.ts';
import type { RunSummary } from '../../../coordinator/records/run_summary.ts';
import type { EpochRecord } from '../../../coordinator/training/evaluation.ts';
import { parseJob } from '../../../shared/job/job.ts';
import { tinyJob } from '../tiny_job.ts';

const epoch = (number: number, loss: number): EpochRecord => ({
  epoch: number,
  step: 3 * number,
  evaluation: {
    training: { loss: loss / 2, metrics: { accuracy: 0.75 }, samples: 8 },
    test: { loss, metrics: { accuracy: 0.5 }, samples: 4 },
  },
});

function summary(name: string, fields: Partial<RunSummary> = {}): RunSummary {
  const history = [epoch(1, 0.5), epoch(2, 0.25)];
  return {
    folder: `runs/${name}`,
    job: tinyJob,
    jobDigest: 'ab'.repeat(32),
    state: 'stopped',
    step: 6,
    totalSteps: 12,
    history,
    measured: history.at(-1),
    fingerprint: '0123456789abcdef'.repeat(4),
    replayedSteps: undefined,
    savedAt: new Date(2026, 10, 30, 9, 5),
    ...fields,
  };
}

const lines = (one: RunSummary, other: RunSummary) =>
  stripVTControlCharacters(comparisonLines({ runs: [one, other], ledgers: { type: 'same', step: 6 } }).join('\n'));

describe('a table of runs', () => {
  it('has what each has come to', () => {
    const begun = { measured: undefined, fingerprint: undefined, savedAt: undefined, step: 0 };
    expect(runsTable([summary('one'), summary('two', { ...begun, state: 'begun', totalSteps: undefined })])).toBe(
      [
        'run  job   state    steps  accuracy    loss  fingerprint             saved',
        'one  tiny  stopped   6/12   50.00 %  0.2500     01234567  2026-11-30 09:05',
        'two  tiny  begun        0         –       –            –                 –',
      ].join('\n'),
    );
  });

  it('leaves out on a narrow terminal what is missed least', () => {
    expect(runsTable([summary('one')], 66)).toBe(
      ['run  state    steps  accuracy    loss  fingerprint', 'one  stopped   6/12   50.00 %  0.2500     01234567'].join(
        '\n',
      ),
    );
    expect(runsTable([summary('one')], 20)).toBe(
      ['run  state    steps  accuracy  fingerprint', 'one  stopped   6/12   50.00 %     01234567'].join('\n'),
    );
  });

  it('ticks the fingerprint that a replay has come to', () => {
    expect(runsTable([summary('one', { replayedSteps: 6 })])).toMatch(/ 01234567 ✓ /);
    expect(summaryJson(summary('one', { replayedSteps: 6 }))).toMatchObject({ replayedSteps: 6 });
  });

  it('is read by machines in whole', () => {
    expect(summaryJson(summary('one'))).toMatchObject({
      folder: 'runs/one',
      state: 'stopped',
      step: 6,
      totalSteps: 12,
      fingerprint: '0123456789abcdef'.repeat(4),
      evaluation: { test: { loss: 0.25, metrics: { accuracy: 0.5 }, samples: 4 } },
    });
  });
});

describe('a comparison of runs', () => {
  it('shows figures and epochs side by side, and that the bits are the same', () => {
    expect(lines(summary('one'), summary('two'))).toBe(
      [
        '                                one               two',
        'job                            tiny              tiny',
        'state                       stopped           stopped',
        'steps                          6/12              6/12',
        'epoch                             2                 2',
        'training loss                0.1250            0.1250',
        'training accuracy           75.00 %           75.00 %',
        'test loss                    0.2500            0.2500',
        'test accuracy               50.00 %           50.00 %',
        'fingerprint        0123456789abcdef  0123456789abcdef',
        '',
        'epoch (test)  one loss  accuracy  two loss  accuracy',
        '1               0.5000   50.00 %    0.5000   50.00 %',
        '2               0.2500   50.00 %    0.2500   50.00 %',
        '',
        'the same job',
        'the same parameters after every step that both have, the last of them 6',
        `the same weights, bit for bit: ${'0123456789abcdef'.repeat(4)}`,
      ].join('\n'),
    );
  });

  it('says where the jobs differ', () => {
    const job = parseJob({ ...tinyJob, batchSize: 8 }, 'test');
    const other = summary('two', { job, fingerprint: 'ff'.repeat(32) });
    expect(lines(summary('one'), other)).toMatch(
      /the jobs differ in\n {2}batchSize \(16 and 8\)\n.*\ndifferent weights$/,
    );
  });

  it('is suspicious of one job that came to different weights', () => {
    expect(lines(summary('one'), summary('two', { fingerprint: 'ff'.repeat(32) }))).toMatch(
      /different weights of one job after the same steps: gradswarm replay says which run is wrong/,
    );
  });

  it('tells runs of one name apart by their paths, and machines everything', () => {
    const other = summary('one', { folder: 'elsewhere/one' });
    expect(lines(summary('one'), other)).toMatch(/^ +runs\/one +elsewhere\/one$/m);
    const json = comparisonJson({ runs: [summary('one'), other], ledgers: { type: 'apart' } });
    expect(json).toMatchObject({ jobDifferences: [], sameWeights: true, ledgers: { type: 'apart' } });
  });
});
