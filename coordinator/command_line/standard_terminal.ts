// This process's standard output as a terminal, if it is one.

import { clear, LiveOutput, type Output, plainOutput, showCursor, type Terminal, wrappedOutput } from './output.ts';

/** Columns of a terminal that does not say how many it has. */
const usualColumns = 80;

const terminal: Terminal = {
  columns: () => process.stdout.columns || usualColumns,
  write: (text) => process.stdout.write(text),
  onResize: (callback) => {
    process.stdout.on('resize', callback);
    return () => process.stdout.off('resize', callback);
  },
  onExit: (callback) => {
    process.once('exit', callback);
    return () => process.off('exit', callback);
  },
};

/** Whether a person reads it. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true;
}

/** Undefined where it is not a terminal's. */
export function terminalColumns(): number | undefined {
  return isTerminal() ? terminal.columns() : undefined;
}

/** Whether something can be drawn again: not on one that prints, and can do nothing else. */
export function isLiveTerminal(): boolean {
  return isTerminal() && process.env.TERM !== 'dumb';
}

export function standardOutput(): Output {
  if (isLiveTerminal()) return new LiveOutput(terminal);
  return isTerminal() ? wrappedOutput(terminal) : plainOutput((line) => console.log(line));
}

/** Takes away what a process has left at the bottom that could not do so itself. */
export function clearStatus(): void {
  terminal.write(`${clear}${showCursor}`);
}
