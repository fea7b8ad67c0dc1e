import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { parseJob } from '../../../shared/job/job.ts';
import { applyOverrides } from '../../../shared/job/overrides.ts';

const job = parseJob(
  {
    name: 'tiny',
    data: { source: 'mnist' },
    model: { layers: [{ type: 'dense', units: 20 }, { type: 'relu' }, { type: 'dense', units: 10 }] },
    loss: 'softmax-cross-entropy',
    optimizer: { kind: 'sgd', learningRate: 0.1 },
    batchSize: 100,
    epochs: 3,
  },
  'job.json',
);

describe('applyOverrides', () => {
  it('replaces fields at any depth, and leaves the job it was given as it was', () => {
    const before = structuredClone(job);
    const changed = applyOverrides(job, [
      'optimizer.learningRate=0.05',
      'model.layers.0.units=30',
      'numerics=fused',
      'optimizer.nesterov=true',
      'optimizer.momentum=0.5',
    ]);
    expect(changed).toEqual({
      ...job,
      optimizer: { ...job.optimizer, learningRate: 0.05, nesterov: true, momentum: 0.5 },
      model: { layers: [{ type: 'dense', units: 30 }, { type: 'relu' }, { type: 'dense', units: 10 }] },
      numerics: 'fused',
    });
    expect(job).toEqual(before);
  });

  it('takes JSON for a value, and else a bare text', () => {
    expect(applyOverrides(job, ['name="quoted"']).name).toBe('quoted');
    expect(applyOverrides(job, ['name=bare']).name).toBe('bare');
    expect(applyOverrides(job, ['description=a=b']).description).toBe('a=b');
    const schedule = { kind: 'linear', finalLearningRate: 0 };
    expect(applyOverrides(job, [`schedule=${JSON.stringify(schedule)}`]).schedule).toEqual(schedule);
  });

  it('checks the whole after the last override, so that one may need another', () => {
    const overrides = ['schedule.kind=linear', 'schedule.finalLearningRate=0.01'];
    expect(applyOverrides(job, overrides).schedule).toEqual({ kind: 'linear', finalLearningRate: 0.01 });
  });

  it('lets steps take the place of epochs and the other way round; the last one counts', () => {
    const stepped = applyOverrides(job, ['steps=7']);
    expect([stepped.epochs, stepped.steps]).toEqual([undefined, 7]);
    const both = applyOverrides(stepped, ['steps=8', 'epochs=9']);
    expect([both.epochs, both.steps]).toEqual([9, undefined]);
  });

  it.each([
    ['epochs', '--set epochs: expected path=value, like optimizer.learningRate=0.05'],
    ['=3', '--set =3: expected path=value, like optimizer.learningRate=0.05'],
    ['optimiser.learningRate=1', '--set optimiser.learningRate: the job has name, data'],
    ['optimiser.learningRate=1', '(did you mean optimizer?)'],
    ['optimizer.learningrate=1', 'optimizer.learningrate: unknown key (did you mean learningRate?)'],
    ['optimizer.learningRate=fast', 'optimizer.learningRate: expected a number above 0, found "fast"'],
    ['batchSize.x=1', '--set batchSize.x: batchSize is 100'],
    ['model.layers.3.units=1', '--set model.layers.3.units: model.layers has the entries 0 to 2'],
    ['model.layers.3={}', '--set model.layers.3: model.layers has the entries 0 to 2'],
    ['model.layers.length=1', 'model.layers.length'],
    ['epocs=1', 'epocs: unknown key (did you mean epochs?)'],
    ['__proto__.numerics=fused', '--set __proto__.numerics: the job has name, data'],
    ['__proto__={}', '__proto__'],
    ['toString=1', 'toString: unknown key'],
  ])('refuses %s in one line that names the path', (override, message) => {
    const attempt = () => applyOverrides(job, [override]);
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(message);
  });
});
