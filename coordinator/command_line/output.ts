// Where a command that takes long says how far it is: on a terminal a line at the bottom that is drawn again and again,
// below those that stay; anywhere else plain lines.

import { type Status, statusLine } from './status_line.ts';
import { wrapped } from './wrapping.ts';

export interface Line {
  readonly text: string;
  /** Whether it is left to the terminal to break it: a command that is copied must stay one, and a picture is one. */
  readonly isWhole?: true;
}

export interface Output {
  /** Whether `show` shows something. */
  readonly isLive: boolean;
  /** Adds a line that stays. */
  readonly print: (line: string | Line) => void;
  /** Replaces the line at the bottom. */
  readonly show: (status: Status) => void;
  /** Takes the line at the bottom away; nothing may be shown afterwards. */
  readonly stop: () => void;
}

/** As much of a terminal as it takes. */
export interface Terminal {
  readonly columns: () => number;
  readonly write: (text: string) => void;
  /** Calls back when the width has changed; gives back how to end that. */
  readonly onResize: (callback: () => void) => () => void;
  /** Calls back when the process ends, however that comes about. */
  readonly onExit: (callback: () => void) => () => void;
}

/** To the line's first column and away with all below: the cursor rests there, so that a narrower window moves both. */
export const clear = '\r\u001b[J';
/** A window that became narrower a moment ago cuts the status off then, lest it take two lines, of which one would be left. */
const cutLines = '\u001b[?7l';
const continueLines = '\u001b[?7h';
const hideCursor = '\u001b[?25l';
export const showCursor = '\u001b[?25h';

/** Lines alone, as they are. */
export function plainOutput(write: (line: string) => void): Output {
  const print = (line: string | Line) => write(typeof line === 'string' ? line : line.text);
  return { isLive: false, print, show: () => undefined, stop: () => undefined };
}

/** Lines wrapped at the terminal's width, without anything that moves. */
export function wrappedOutput({ columns, write }: Pick<Terminal, 'columns' | 'write'>): Output {
  return { ...plainOutput(write), print: (line) => write(linesOf(line, columns())) };
}

export class LiveOutput implements Output {
  readonly isLive = true;
  readonly #terminal: Terminal;
  readonly #ends: readonly (() => void)[];
  #status: Status | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(hideCursor);
    this.#ends = [
      terminal.onResize(() => terminal.write(`${clear}${this.#bottom}`)),
      terminal.onExit(() => terminal.write(`${clear}${showCursor}`)),
    ];
  }

  print(line: string | Line): void {
    const { columns, write } = this.#terminal;
    write(`${clear}${linesOf(line, columns())}${this.#bottom}`);
  }

  show(status: Status): void {
    this.#status = status;
    this.#terminal.write(`${clear}${this.#bottom}`);
  }

  stop(): void {
    this.#status = undefined;
    for (const end of this.#ends) end();
    this.#terminal.write(`${clear}${showCursor}`);
  }

  get #bottom(): string {
    if (this.#status === undefined) return '';
    return `${cutLines}${statusLine(this.#status, this.#terminal.columns())}${continueLines}\r`;
  }
}

function linesOf(line: string | Line, columns: number): string {
  const { text, isWhole = false } = typeof line === 'string' ? { text: line } : line;
  return `${isWhole ? text : wrapped(text, columns).join('\n')}\n`;
}
