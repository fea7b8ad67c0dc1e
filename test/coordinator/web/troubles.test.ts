import { describe, expect, it } from 'vitest';
import { Troubles } from '../../../coordinator/web/troubles.ts';

describe('troubles', () => {
  it('are told in one plain line with the place in our code, at most one a minute', () => {
    const lines: string[] = [];
    let time = 0;
    const troubles = new Troubles(
      (line) => lines.push(line),
      () => time,
    );
    for (let times = 0; times < 5; times++) troubles.tell('GET /\u001b[2J failed', new TypeError('of ours'));
    expect(lines).toEqual([expect.stringMatching(/^GET \/\[2J failed: of ours at .*troubles\.test\.ts/)]);
    time = 60_000;
    troubles.tell('again', 'no error');
    expect(lines[1]).toBe('again: no error (and 4 more like it before)');
  });
});
