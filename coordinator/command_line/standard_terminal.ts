// This process's standard output as a terminal, if it is one.

import { LiveOutput, type Output, plainOutput, type Terminal, wrappedOutput } from './output.ts';

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

export function standardOutput(): Output {
  if (!isTerminal()) return plainOutput((line) => console.log(line));
  // One that prints, and can do nothing else.
  return process.env.TERM === 'dumb' ? wrappedOutput(terminal) : new LiveOutput(terminal);
}
