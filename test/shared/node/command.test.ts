import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const module = new URL('../../../dist/shared/node/command.js', import.meta.url).href;
const errors = new URL('../../../dist/shared/errors.js', import.meta.url).href;

/** Runs a command whose body is given, in a process of its own. */
function runBody(body: string): Promise<{ readonly code: unknown; readonly output: string }> {
  const script = `import { runCommand } from '${module}'; import { InputError } from '${errors}';
    await runCommand(async () => { ${body} });`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], (error, _, output) =>
      resolve({ code: error?.code ?? 0, output }),
    );
  });
}

describe('a command', () => {
  it('ends with the exit code that it gives', async () => {
    expect(await runBody('return 130;')).toEqual({ code: 130, output: '' });
  });

  it('tells a mistake of its user’s in one line', async () => {
    const { code, output } = await runBody(`throw new InputError('no such job');`);
    expect(code).toBe(1);
    expect(output).toMatch(/^\S*error:\S* no such job\n$/);
  });

  it.each([
    `throw new TypeError('ours');`,
    `setImmediate(() => { throw new TypeError('ours'); }); await new Promise((resolve) => setTimeout(resolve, 1e6));`,
    `void Promise.reject(new TypeError('ours')); await new Promise((resolve) => setTimeout(resolve, 1e6));`,
  ])('keeps the stack of a mistake of ours, with an exit code of its own: %s', async (body) => {
    const { code, output } = await runBody(body);
    expect(code).toBe(70);
    expect(output).toMatch(/TypeError: ours\n +at /);
  });
});
