/** What a command ends with. */
export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;
