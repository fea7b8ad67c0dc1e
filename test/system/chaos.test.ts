import { describe, expect, it } from 'vitest';
import { runChaos } from './chaos.ts';
import { run, temporaryFolder } from './processes.ts';

describe('chaos, shortened (npm run chaos does more)', () => {
  it('kills and freezes workers, kills the coordinator, and ends with the same bits, as replay confirms', async () => {
    await using folder = await temporaryFolder();
    const lines: string[] = [];
    const report = await runChaos({
      job: ['mnist-mlp'],
      steps: 300,
      workers: 4,
      interval: 100,
      blows: 2,
      coordinatorKills: 2,
      checkpointSteps: 20,
      seed: 20_261_124,
      folder: folder.path,
      print: (line) => lines.push(line),
    });
    const said = lines.join('\n');
    expect(report.digest, said).toBe(report.reference);
    expect(report.coordinatorKills, said).toBe(2);
    expect(report.killed, said).toBeGreaterThanOrEqual(2);
    expect(report.frozen, said).toBeGreaterThanOrEqual(2);
    const replayed = await run('replay', report.runFolder);
    expect(replayed.output, replayed.errors).toMatch(
      new RegExp(`agrees: all ${report.step} steps .*${report.reference}$`),
    );
  });
});
