/**
 * What a command ends with; `crash`, by a mistake of ours, is what sysexits.h calls EX_SOFTWARE; `outputClosed` is what a
 * shell makes of SIGPIPE.
 */
export const exitCodes = { success: 0, failure: 1, usage: 2, crash: 70, interrupted: 130, outputClosed: 141 } as const;
