// Where a conversation with a coordinator stands.

import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import type { ToWorker } from '../../shared/protocol/messages.ts';
import type { ConversationEnd } from './conversation_end.ts';
import type { LeaseWork } from './lease_work.ts';

export type State =
  /** The connection is not open yet. */
  | { readonly name: 'connecting' }
  /** Hello was sent. */
  | { readonly name: 'greeting' }
  /** The coordinator said why it does not want this worker; its close says whether it ever will. */
  | { readonly name: 'refused'; readonly reason: string }
  /** The model is being compiled; frames wait. */
  | { readonly name: 'preparing' }
  | { readonly name: 'working'; readonly work: LeaseWork }
  /** This side has closed and waits for the transport to say so. */
  | { readonly name: 'closing'; readonly end: ConversationEnd }
  | { readonly name: 'ended' };

/** Nothing that comes matters any more. */
export function isOver({ name }: State): boolean {
  return name === 'closing' || name === 'ended';
}

export function unexpected(message: ToWorker, state: State): ProtocolError {
  return new ProtocolError('badMessage', `message "${message.type}" in the state "${state.name}"`);
}

/** @throws {ProtocolError} unless hello waits for its answer. */
export function expectGreeting(message: ToWorker, state: State): void {
  if (state.name !== 'greeting') throw unexpected(message, state);
}
