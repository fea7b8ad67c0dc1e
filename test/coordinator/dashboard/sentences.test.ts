import { describe, expect, it } from 'vitest';
import { headline, phaseWords, teachingSentence } from '../../../coordinator/dashboard/sentences.ts';
import type { WatchedRun } from '../../../coordinator/dashboard/watch.ts';

function watched(parts: Pick<WatchedRun, 'steps' | 'epochs'>): WatchedRun {
  const run = { teaches: { takes: 'picture', gives: 'classes', outputs: 10 } } as WatchedRun['run'];
  return { run, people: new Map(), state: {} as WatchedRun['state'], ...parts };
}

const untrained = { epoch: 0, step: 0, test: { loss: 2.3, accuracy: 0.112 } };

describe('headline', () => {
  it('is what was measured last on held-out data, and says so', () => {
    const epochs = [untrained, { epoch: 1, step: 600, test: { loss: 0.2, accuracy: 0.957 } }];
    const steps = [{ step: 610, loss: 0.1, accuracy: 0.99 }];
    expect(headline(watched({ steps, epochs }))).toEqual({ value: '95.7 %', name: 'test accuracy' });
  });

  it('is that of the mini-batches while nothing was measured since training began', () => {
    const steps = [{ step: 100, loss: 0.5, accuracy: 0.88 }];
    const newest = { value: '88.0 %', name: 'accuracy on the newest mini-batches' };
    expect(headline(watched({ steps, epochs: [untrained] }))).toEqual(newest);
    expect(headline(watched({ steps: [], epochs: [untrained] })).value).toBe('11.2 %');
  });

  it('is the loss where there is no accuracy', () => {
    expect(headline(watched({ steps: [{ step: 1, loss: 12.3456 }], epochs: [] })).value).toBe('12.3');
  });
});

describe('phaseWords', () => {
  it('says that the coordinator cannot be reached, but for one that has said goodbye', () => {
    expect(phaseWords({ phase: 'training' } as WatchedRun['state'], false)).toBe('the coordinator cannot be reached');
    expect(phaseWords({ phase: 'stopped' } as WatchedRun['state'], false)).toBe('stopped, will go on');
  });
});

describe('teachingSentence', () => {
  it('says what is taught to somebody who has never heard of it', () => {
    expect(teachingSentence({ takes: 'row', gives: 'classes', outputs: 3 })).toMatch(
      /things apart by their figures: 3/,
    );
    expect(teachingSentence({ takes: 'text', gives: 'tokens', outputs: 98 })).toMatch(/go on with a text/);
  });
});
