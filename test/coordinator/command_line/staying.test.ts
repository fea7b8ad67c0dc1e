import { describe, expect, it } from 'vitest';
import { type Stay, stayUp } from '../../../coordinator/command_line/staying.ts';

/** What is said at the end of a run, and whether it is over before anybody has ended it. */
async function endOf(changes: Partial<Stay>) {
  const stop = new AbortController();
  const lines: string[] = [];
  const coordinator = { port: 8080, url: 'ws://127.0.0.1:8080' };
  const common = { coordinator, folder: 'runs/one', program: 'npx gradswarm', flags: {}, isTerminal: true };
  let isOver = false;
  const stay = stayUp({ ...common, signal: stop.signal, print: (line) => lines.push(line), ...changes }).then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  const endedByItself = isOver;
  stop.abort();
  await stay;
  return { lines, endedByItself };
}

describe('stayUp', () => {
  it('keeps the page on a terminal until somebody ends it, and says where it is', async () => {
    expect(await endOf({})).toEqual({
      lines: ['the page stays at http://127.0.0.1:8080/ until Ctrl-C; npx gradswarm serve runs/one shows it again'],
      endedByItself: false,
    });
  });

  const over = { lines: [], endedByItself: true };

  it.each<[string, Partial<Stay>]>([
    ['nobody is there to end it', { isTerminal: false }],
    ['a machine reads the output', { flags: { json: true } }],
    ['a supervisor waits for the end', { flags: { supervise: true } }],
    ['it was asked to end', { flags: { exit: true } }],
    ['no page was shown', { coordinator: { port: undefined, url: undefined } }],
    ['it has been stopped', { signal: AbortSignal.abort() }],
  ])('lets it go where %s', async (_, changes) => {
    expect(await endOf(changes)).toEqual(over);
  });

  it('keeps it without a terminal where it was asked to', async () => {
    expect(await endOf({ isTerminal: false, flags: { exit: false } })).toMatchObject({ endedByItself: false });
  });
});
