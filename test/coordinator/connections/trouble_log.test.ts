import { describe, expect, it } from 'vitest';
import { TroubleLog } from '../../../coordinator/connections/trouble_log.ts';

describe('TroubleLog', () => {
  it('writes one line of a kind a minute, and how many it kept back', () => {
    const lines: string[] = [];
    const log = new TroubleLog((line) => lines.push(line));
    for (let index = 0; index < 1_500; index++) log.tell('refused', `refused ${index}`, 1_000 + index);
    log.tell('memory', 'shed', 2_000);
    log.tell('refused', 'refused again', 61_000);
    log.tell('refused', 'and again', 200_000);
    expect(lines).toEqual(['refused 0', 'shed', 'refused again (and 1,499 more like it before)', 'and again']);
  });
});
