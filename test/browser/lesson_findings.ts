// What a lesson must have come to: the bits of one process alone, and for everybody the part that the ledger says.

import type { LessonReport } from './lesson.ts';

/** What is not as it must be, a sentence each. */
export function findingsOf({ digest, referenceDigest, parts, closed, people, samples }: LessonReport): string[] {
  const findings: string[] = [];
  if (digest !== referenceDigest) findings.push(`the run ended in ${digest}, the reference in ${referenceDigest}`);
  const inLedger = (id: string) => people.find((person) => person.id === id);
  for (const { id, name, shown, shownAgain } of parts) {
    const part = inLedger(id)?.samples;
    const who = name === '' ? 'who gave no name' : name;
    if (shown !== part) findings.push(`${who} was shown ${shown} samples, the ledger has ${part}`);
    if (shownAgain !== shown) findings.push(`${who} was shown ${shown} samples, and ${shownAgain} after a reload`);
  }
  for (const { id, name } of [...parts, ...closed]) {
    const found = inLedger(id)?.name ?? '';
    if (found !== name) findings.push(`the ledger calls ${name} ${found}`);
  }
  // Of the coordinator are measurements alone.
  const unknown = people.filter(
    ({ kind, samples: part }) => kind !== 'volunteer' && (kind !== 'coordinator' || part > 0),
  );
  for (const { kind } of unknown) findings.push(`the ledger has parts of nobody who joined: ${kind}`);
  const given = [
    ...parts.map(({ shown }) => shown),
    ...closed.map(({ id }) => inLedger(id)?.samples ?? Number.NaN),
  ].reduce((sum, part) => sum + part, 0);
  if (given !== samples) findings.push(`all parts are ${given} samples, all steps ${samples}`);
  return findings;
}
