// How a worker gets its connection.

import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';

/**
 * Opens a connection; frames that arrive with its opening reach the handlers too. Rejects, with a message in words, if
 * there is nobody to talk to or the signal aborts; then no handler is called.
 */
export type Connect = (handlers: ConnectionHandlers, signal: AbortSignal) => Promise<Connection>;
