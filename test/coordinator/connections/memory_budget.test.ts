import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Account, budgetBytes, MemoryBudget } from '../../../coordinator/connections/memory_budget.ts';

const limit = 100;

interface Peer {
  readonly name: number;
  readonly account: Account;
  held: number;
  isTrusted: boolean;
}

/** Peers that hold memory, and the order in which they are shed. */
class World {
  readonly budget = new MemoryBudget(limit);
  readonly peers: Peer[] = [];
  readonly shed: number[] = [];
  #next = 0;

  enter(isTrusted = false): Peer {
    const name = this.#next;
    this.#next += 1;
    const account = this.budget.open(() => {
      this.shed.push(name);
      this.#forget(name);
    });
    const peer = { name, account, held: 0, isTrusted };
    if (isTrusted) account.trust();
    this.peers.push(peer);
    return peer;
  }

  leave(peer: Peer): void {
    peer.account.leave();
    this.#forget(peer.name);
  }

  get held(): number {
    return this.peers.reduce((sum, { held }) => sum + held, 0);
  }

  #forget(name: number): void {
    const index = this.peers.findIndex((peer) => peer.name === name);
    if (index >= 0) this.peers.splice(index, 1);
  }
}

/** Who is to be shed if so many bytes more are held, by the rule: strangers before others, the newest first. */
function expectedToGo(peers: readonly Peer[]): readonly number[] {
  const order = peers
    .filter(({ held }) => held > 0)
    .sort((one, other) => Number(one.isTrusted) - Number(other.isTrusted) || other.name - one.name);
  let used = peers.reduce((sum, { held }) => sum + held, 0);
  return order.flatMap(({ name, held }) => {
    if (used <= limit) return [];
    used -= held;
    return name;
  });
}

const actions = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('enter' as const), isTrusted: fc.boolean() }),
    fc.record({ type: fc.constant('hold' as const), who: fc.nat(), bytes: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ type: fc.constantFrom('release' as const, 'trust' as const, 'leave' as const), who: fc.nat() }),
  ),
  { maxLength: 80 },
);

describe('MemoryBudget', () => {
  it('is never exceeded, sheds strangers before others and the newest first, and is empty when all are gone', () => {
    fc.assert(
      fc.property(actions, (list) => {
        const world = new World();
        for (const action of list) {
          const { peers } = world;
          const peer = action.type === 'enter' ? world.enter(action.isTrusted) : peers[action.who % peers.length];
          if (peer === undefined || action.type === 'enter') continue;
          if (action.type === 'hold') {
            peer.held += action.bytes;
            const going = expectedToGo(peers);
            world.shed.length = 0;
            expect(peer.account.add(action.bytes)).toBe(!going.includes(peer.name));
            expect(world.shed).toEqual(going);
          } else if (action.type === 'release') {
            peer.account.add(-peer.held);
            peer.held = 0;
          } else if (action.type === 'trust') {
            peer.account.trust();
            peer.isTrusted = true;
          } else world.leave(peer);
          expect(world.budget.used).toBe(world.held);
          expect(world.budget.used).toBeLessThanOrEqual(limit);
        }
        for (const peer of [...world.peers]) world.leave(peer);
        expect(world.budget.used).toBe(0);
      }),
    );
  });

  it('sheds whoever asks for more than there is, and takes nothing from him any more', () => {
    const world = new World();
    const peer = world.enter();
    expect(peer.account.add(limit + 1)).toBe(false);
    expect(peer.account.add(1)).toBe(false);
    expect(peer.account.add(-5)).toBe(false);
    expect(world.budget.used).toBe(0);
  });

  it('bears that others let go or hold more while one is shed', () => {
    const budget = new MemoryBudget(limit);
    const old = budget.open(() => undefined);
    old.trust();
    old.add(60);
    const newcomer = budget.open(() => {
      old.add(-20);
      old.add(50);
      newcomer.leave();
    });
    expect(newcomer.add(41)).toBe(false);
    expect(budget.used).toBe(90);
    old.leave();
    expect(budget.used).toBe(0);
  });

  it('has room for sixteen models, however little is asked for', () => {
    expect(budgetBytes(512, 1_000)).toBe(512_000_000);
    expect(budgetBytes(1, 1_000_000)).toBe(16_000_000);
  });
});
