import { describe, expect, it } from 'vitest';
import { LiveOutput, plainOutput, wrappedOutput } from '../../../coordinator/command_line/output.ts';

/** As much of a terminal as is written to: its lines, of which the last is drawn anew again and again. */
function scriptedTerminal(columns: number) {
  let written = '';
  let resized = (): void => undefined;
  let exited = (): void => undefined;
  const size = { columns };
  return {
    terminal: {
      columns: () => size.columns,
      write: (text: string) => {
        written += text;
      },
      onResize: (callback: () => void) => {
        resized = callback;
        return () => {
          resized = () => undefined;
        };
      },
      onExit: (callback: () => void) => {
        exited = callback;
        return () => {
          exited = () => undefined;
        };
      },
    },
    resize: (width: number) => {
      size.columns = width;
      resized();
    },
    exit: () => exited(),
    /** What was written since the last call. */
    taken: () => {
      const text = written;
      written = '';
      return text;
    },
  };
}

const clear = '\r\u001b[J';
/** The status as it is drawn: cut off, not continued, by a window that is narrower than the process knows. */
const drawn = (text: string) => `\u001b[?7l${text}\u001b[?7h\r`;
const status = {
  parts: [
    { text: 'step 7/9', rank: 0 },
    { text: '3 workers', rank: 1 },
  ],
  done: 0.5,
};

describe('a live output', () => {
  it('draws its status below the lines that stay, and rests at its beginning', () => {
    const { terminal, taken } = scriptedTerminal(25);
    const output = new LiveOutput(terminal);
    expect(taken()).toBe('\u001b[?25l');
    output.print('one');
    expect(taken()).toBe(`${clear}one\n`);
    output.show(status);
    expect(taken()).toBe(`${clear}${drawn('step 7/9  3 workers')}`);
    output.print('two');
    expect(taken()).toBe(`${clear}two\n${drawn('step 7/9  3 workers')}`);
  });

  it('draws its status anew, with what has room, when the terminal is resized', () => {
    const { terminal, taken, resize } = scriptedTerminal(25);
    const output = new LiveOutput(terminal);
    output.show(status);
    taken();
    resize(15);
    expect(taken()).toBe(`${clear}${drawn('step 7/9')}`);
  });

  it('wraps lines at the width of the moment, but for those that must stay whole', () => {
    const { terminal, taken, resize } = scriptedTerminal(80);
    const output = new LiveOutput(terminal);
    resize(10);
    taken();
    output.print('seven words');
    output.print({ text: 'seven words', isWhole: true });
    expect(taken()).toBe(`${clear}seven\n  words\n${clear}seven words\n`);
  });

  it('takes its status away and gives the cursor back when it ends, and when the process does', () => {
    const { terminal, taken, resize, exit } = scriptedTerminal(25);
    const output = new LiveOutput(terminal);
    output.show(status);
    taken();
    exit();
    expect(taken()).toBe(`${clear}\u001b[?25h`);
    output.stop();
    expect(taken()).toBe(`${clear}\u001b[?25h`);
    resize(80);
    exit();
    expect(taken()).toBe('');
  });
});

describe('other outputs', () => {
  it('print lines as they are where nobody looks, wrapped on a terminal that can only print', () => {
    const lines: string[] = [];
    plainOutput((line) => lines.push(line)).print('a line that is longer than that');
    expect(lines).toEqual(['a line that is longer than that']);
    const { terminal, taken } = scriptedTerminal(12);
    const output = wrappedOutput(terminal);
    output.show(status);
    output.print('seven words');
    output.print('or eleven, or twelve');
    expect(output.isLive).toBe(false);
    expect(taken()).toBe('seven words\nor eleven,\n  or twelve\n');
  });
});
