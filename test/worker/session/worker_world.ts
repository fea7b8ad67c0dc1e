// A worker session in a scripted world.

import { workerLimitsOf } from '../../../worker/session/limits.ts';
import {
  runWorker,
  type WorkerEvent,
  type WorkerOptions,
  type WorkerOutcome,
} from '../../../worker/session/session.ts';
import { Inbox, ScriptedClock, ScriptedEngine, ScriptedNetwork, type ScriptedPeer } from './scripted.ts';

export interface World {
  readonly network: ScriptedNetwork;
  readonly engine: ScriptedEngine;
  readonly clock: ScriptedClock;
  readonly stop: AbortController;
  readonly events: Inbox<WorkerEvent>;
  readonly outcome: Promise<WorkerOutcome>;
}

export function startWorker(
  options: Partial<WorkerOptions> = {},
  prepare: (network: ScriptedNetwork) => void = () => {},
): World {
  const network = new ScriptedNetwork();
  prepare(network);
  const engine = new ScriptedEngine();
  const clock = new ScriptedClock();
  const stop = new AbortController();
  const events = new Inbox<WorkerEvent>();
  const outcome = runWorker({
    connect: network.connect,
    engine,
    kind: 'node',
    cores: 2,
    limits: workerLimitsOf('node'),
    retryFor: Number.POSITIVE_INFINITY,
    signal: stop.signal,
    onEvent: (event) => events.put(event),
    clock,
    random: () => 0.5,
    ...options,
  });
  return { network, engine, clock, stop, events, outcome };
}

/** Brings a worker as far as holding the parameters of step 0, all 1. */
export async function startWorking(
  options: Partial<WorkerOptions> = {},
): Promise<World & { readonly peer: ScriptedPeer }> {
  const world = startWorker(options);
  const peer = await welcomed(world);
  peer.parameters(0, 1);
  return { ...world, peer };
}

export async function welcomed({ network, events }: World): Promise<ScriptedPeer> {
  const peer = await network.peers.next();
  await peer.expect('hello');
  peer.welcome();
  const { type } = await events.next();
  if (type !== 'connected') throw new Error(`expected connected, found ${type}`);
  return peer;
}
