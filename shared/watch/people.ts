// Who helps, as everybody sees them.

/**
 * `volunteer`: somebody with a key of his own. `anonymous`: all workers that say nothing of whose they are. `local`: the
 * coordinator's own processes. `coordinator`: its own share. `others`: volunteers that are no longer told apart.
 */
export type ContributorKind = 'volunteer' | 'anonymous' | 'local' | 'coordinator' | 'others';

/** What somebody gave to a run. */
export interface Part {
  /** Samples whose gradients were counted: of all contributors together, those of every step. */
  readonly samples: number;
  /** Gradients that were counted. */
  readonly gradients: number;
  /** Blocks of evaluations that were counted. */
  readonly evaluations: number;
  /** Right answers that confirmed one which was counted. */
  readonly confirmations: number;
}

export interface PersonView extends Part {
  /** Of a volunteer what his key stands for; of the others their kind. */
  readonly id: string;
  readonly kind: ContributorKind;
  /** Of a volunteer that gave one, fit to be shown. */
  readonly name?: string;
  /** Workers of his that are connected. */
  readonly workers: number;
}

/** Answers that were of use, whichever way: the one number that grows. */
export function answersIn({ gradients, evaluations, confirmations }: Part): number {
  return gradients + evaluations + confirmations;
}

const adjectives = [
  ...['amber', 'brave', 'bright', 'calm', 'clever', 'cosmic', 'crimson', 'curious', 'eager', 'gentle', 'golden'],
  ...['happy', 'jolly', 'keen', 'kind', 'lively', 'lucky', 'merry', 'mighty', 'nimble', 'patient', 'proud', 'quick'],
  ...['quiet', 'shiny', 'silver', 'sunny', 'swift', 'tiny', 'warm', 'wild', 'wise'],
];

const animals = [
  ...['badger', 'bear', 'beaver', 'bee', 'bison', 'crane', 'deer', 'dolphin', 'falcon', 'finch', 'fox', 'gecko'],
  ...['hare', 'heron', 'ibex', 'koala', 'lark', 'lemur', 'llama', 'lynx', 'marten', 'mole', 'otter', 'owl', 'panda'],
  ...['puffin', 'raven', 'seal', 'sparrow', 'swan', 'tiger', 'wren'],
];

/** A number from 0 to 2^32 − 1 that follows from an id. */
function numberOf(id: string): number {
  let number = 2166136261;
  for (let index = 0; index < id.length; index++) number = Math.imul(number ^ id.charCodeAt(index), 16777619) >>> 0;
  return number;
}

/** What somebody is called who gave no name: follows from his id, like “brave otter”. */
export function friendlyName(id: string): string {
  const number = numberOf(id);
  const adjective = adjectives[number % adjectives.length] ?? '';
  const animal = animals[Math.floor(number / adjectives.length) % animals.length] ?? '';
  return `${adjective} ${animal}`;
}

/** Degrees of somebody's colour on the wheel: follows from his id. */
export function hueOf(id: string): number {
  return numberOf(`${id} colour`) % 360;
}
