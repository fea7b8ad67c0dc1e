import { describe, expect, it } from 'vitest';
import {
  type Exit,
  judge,
  lineFor,
  maximumDeaths,
  type SupervisorEvent,
  type Verdict,
} from '../../../coordinator/command_line/supervision.ts';

const code = (value: number): Exit => ({ code: value, signal: null });
const killed = (signal: NodeJS.Signals): Exit => ({ code: null, signal });

function verdictOn(exit: Exit, { deaths = 0, hasAdvanced = false, wasStopped = false } = {}): Verdict {
  return judge({ exit, hasAdvanced, wasStopped }, deaths);
}

describe('a coordinator is not started again', () => {
  it.each([
    ['when the run is finished', 0],
    ['after a mistake of its user’s', 1],
    ['after wrong arguments', 2],
    ['when it was interrupted', 130],
  ])('%s (%i)', (_, exitCode) => {
    expect(verdictOn(code(exitCode))).toEqual({ type: 'end', exitCode });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('when somebody ends it by %s while it starts', (signal) => {
    expect(verdictOn(killed(signal))).toEqual({ type: 'end', exitCode: 130 });
  });

  it('when it dies while it is stopping', () => {
    expect(verdictOn(killed('SIGKILL'), { wasStopped: true })).toEqual({ type: 'give up', deaths: 1 });
  });

  it(`when it has died ${maximumDeaths} times in a row without a new checkpoint`, () => {
    const deaths = maximumDeaths - 1;
    expect(verdictOn(killed('SIGKILL'), { deaths })).toEqual({ type: 'give up', deaths: maximumDeaths });
    expect(verdictOn(killed('SIGKILL'), { deaths, hasAdvanced: true }).type).toBe('restart');
  });
});

describe('a coordinator is started again', () => {
  it.each([
    ['by an error of its own', code(70)],
    ['by an error of Node’s', code(13)],
    ['of too little memory', killed('SIGABRT')],
    ['of the system’s too little memory', killed('SIGKILL')],
    ['of a fault in native code', killed('SIGSEGV')],
  ])('when it died %s', (_, exit) => {
    expect(verdictOn(exit)).toEqual({ type: 'restart', deaths: 1, milliseconds: 1000 });
  });

  it('later each time, while no start leaves a new checkpoint', () => {
    const waits: number[] = [];
    let deaths = 0;
    for (;;) {
      const verdict = verdictOn(killed('SIGKILL'), { deaths });
      if (verdict.type !== 'restart') break;
      ({ deaths } = verdict);
      waits.push(verdict.milliseconds / 1000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('soon, when it had left a checkpoint', () => {
    expect(verdictOn(killed('SIGKILL'), { deaths: 5, hasAdvanced: true })).toEqual({
      type: 'restart',
      deaths: 1,
      milliseconds: 1000,
    });
  });
});

describe('what its user is told', () => {
  const life = { exit: killed('SIGKILL'), hasAdvanced: false, wasStopped: false };
  const restart = { type: 'restart', deaths: 1, milliseconds: 4000 } as const;
  const giveUp = { type: 'give up', deaths: 10 } as const;
  const hint = 'resume with: gradswarm train --supervise --resume runs/one --port 8080';
  const lineOf = (event: SupervisorEvent) =>
    lineFor(event, (run) => `gradswarm train --supervise --resume ${run} --port 8080`);

  it('is how the coordinator died, and what happens next', () => {
    const folder = 'runs/one';
    expect(lineOf({ type: 'died', life, verdict: restart, folder })).toEqual({
      text: 'the coordinator died (killed by SIGKILL); resuming runs/one in 4 s',
      isFailure: false,
    });
    expect(lineOf({ type: 'died', life: { ...life, exit: code(70) }, verdict: restart, folder: undefined })).toEqual({
      text: 'the coordinator died (by an error of its own); starting it again in 4 s',
      isFailure: false,
    });
  });

  it('is why no other is started, and how to go on', () => {
    const folder = 'runs/one';
    expect(lineOf({ type: 'died', life: { ...life, exit: code(13) }, verdict: giveUp, folder })).toEqual({
      text: `the coordinator died (with exit code 13), 10 times in a row without a new checkpoint: giving up; ${hint}`,
      isFailure: true,
    });
    expect(lineOf({ type: 'died', life: { ...life, wasStopped: true }, verdict: giveUp, folder })).toEqual({
      text: `the coordinator died (killed by SIGKILL) while it was stopping; ${hint}`,
      isFailure: true,
    });
    expect(lineOf({ type: 'stopped', folder })).toEqual({
      text: `stopped; the coordinator is not started again; ${hint}`,
      isFailure: false,
    });
  });

  it('is nothing when a coordinator has started, which says so itself', () => {
    expect(lineOf({ type: 'started', folder: 'runs/one', port: 1 })).toBeUndefined();
  });
});
