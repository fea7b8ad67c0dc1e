// The largest numbers that a job may state.

/** Far above any use; keeps every count of the program exact. */
export const maximumEpochs = 1_000_000;

/** Every step has its own word in the random numbers' counter. */
export const maximumSteps = 2 ** 32 - 1;

export const maximumBatchSize = 2 ** 24;

/** Epochs whose validation losses decide something: a checkpoint keeps so many. */
export const maximumJudgedEpochs = 4_000;
