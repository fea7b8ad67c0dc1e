// Whether a mate that has ended is replaced: yes, unless mates end as soon as they are started. One rule for every crew.

/** Mates in a row that may end before they have answered anything, until the crew goes on with one fewer. */
const maximumFailures = 3;

export class Succession {
  readonly #onTrouble: (message: string) => void;
  #failures = 0;

  /** @param onTrouble told in a line of each mate that has ended, and of what follows */
  constructor(onTrouble: (message: string) => void) {
    this.#onTrouble = onTrouble;
  }

  /**
   * A mate has ended.
   * @param hasAnswered whether it ever had
   * @param left threads that the crew has without it, the lead's among them
   * @returns whether another one is to be started
   */
  afterEnd(reason: string, hasAnswered: boolean, left: number): boolean {
    this.#failures = hasAnswered ? 1 : this.#failures + 1;
    const isReplaced = this.#failures < maximumFailures;
    const then = isReplaced ? 'another takes its place' : `the crew goes on with ${left}`;
    this.#onTrouble(`a thread of the crew has ended (${reason}): ${then}`);
    return isReplaced;
  }
}
