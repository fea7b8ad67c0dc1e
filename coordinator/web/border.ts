// What whoever asks for anything passes first, be it to see something or to join: how often he asks, and by which name.

import type { IncomingMessage } from 'node:http';
import { Refusal } from '../connections/refusal.ts';
import type { AllowedHosts } from './allowed_hosts.ts';
import type { Caller, CallerOf } from './caller.ts';
import type { RequestRate } from './request_rate.ts';

export interface Border {
  readonly callerOf: CallerOf;
  readonly hosts: AllowedHosts;
  readonly rate: RequestRate;
}

/** Who asks. @throws {Refusal} of who may not. */
export function cross(request: IncomingMessage, { callerOf, hosts, rate }: Border): Caller {
  const caller = callerOf(request);
  if (!rate.take(caller.address)) {
    throw new Refusal(429, 'too many requests from this address', { 'retry-after': '1', connection: 'close' });
  }
  hosts.require(caller.host);
  return caller;
}
