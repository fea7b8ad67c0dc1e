/**
 * A mistake in what somebody gave us (a job file, a data file, a flag, a message): the message is one line that names
 * what was wrong, where, and what would be right. Shells print it without a stack trace and exit non-zero.
 */
export class InputError extends Error {
  /** `InputError`, to tell it from mistakes of the program. */
  override readonly name = 'InputError';
}
