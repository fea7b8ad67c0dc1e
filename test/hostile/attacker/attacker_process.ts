// The process of an attacker: told which attack to make, it strikes until it is told to stop, and says what it was told.

import { setMaxListeners } from 'node:events';
import type { Attack, Target } from '../attack.ts';
import { findAttack } from '../registry.ts';
import type { FromAttacker, ToAttacker } from './attacker_messages.ts';
import { moveOn } from './raw_connection.ts';

const say = (message: FromAttacker) => process.send?.(message);

/** Milliseconds after which a strike is given up: what it waits for does not come. */
const patience = 120_000;

/** Milliseconds in which an attack that was told to let go must have done so. */
const grace = 30_000;

/** What whoever makes an attack is told where it did not. */
const clinging = 'the attack does not let go';

let stop = new AbortController();
let [attacks, strike, last] = [0, 0, ''];

async function assault(attack: Attack, target: Target, signal: AbortSignal): Promise<void> {
  const told = new Map<string, number>();
  while (!signal.aborted) {
    strike += 1;
    const answer = await strikeOnce(attack, target, signal);
    // What it was told after the end it may have told itself.
    if (signal.aborted && answer !== clinging) break;
    const count = (told.get(answer) ?? 0) + 1;
    told.set(answer, count);
    if (count === 1) say({ type: 'told', answer });
  }
  say({ type: 'stopped', told: [...told] });
}

async function strikeOnce(attack: Attack, target: Target, stopped: AbortSignal): Promise<string> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(patience)]);
  setMaxListeners(0, signal);
  try {
    const told = await Promise.race([attack.run(target, { signal, strike }), clung(signal)]);
    return signal.aborted && told !== clinging ? `nothing within ${patience / 1_000} s` : told;
  } catch (error) {
    // Never at once again: with a coordinator that is gone this would be an endless loop.
    await new Promise(setImmediate);
    if (signal.aborted) return `nothing within ${patience / 1_000} s`;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Resolves some time after the signal; a strike should be over long before. */
function clung(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const wait = () => setTimeout(() => resolve(clinging), grace).unref();
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
}

process.on('message', (message: ToAttacker) => {
  if (message.type === 'stop') {
    stop.abort();
    return;
  }
  stop = new AbortController();
  if (message.attack !== last) attacks += 1;
  last = message.attack;
  moveOn(attacks);
  assault(findAttack(message.attack), message.target, stop.signal);
});
process.on('disconnect', () => process.exit());
