// The protocol's limits; PROTOCOL.md has the table.

/** A few megabytes of hostile MessagePack can kill a process; no message of ours needs 2 KiB of header. */
export const maximumHeaderBytes = 16 * 1024;

/** Bounds what many sockets can hold half-received, and lets pings pass between the chunks of a large message. */
export const maximumChunkBytes = 256 * 1024;

/**
 * What our own senders put into a frame: one is checked while the next is on its way. A step of mnist-mlp on another
 * process takes 1.12 ms with it and 1.18 with the largest.
 */
export const usualChunkBytes = 128 * 1024;

/** Frames of a message of so many bytes: our senders need far fewer, and each costs more than its bytes. */
export function maximumFrames(payloadBytes: number): number {
  return spareFrames + Math.ceil(payloadBytes / smallChunkBytes);
}

/** Frames that any message may have, and one more for each so many bytes of its payload. */
export const spareFrames = 64;
export const smallChunkBytes = 16 * 1024;

/** Fragments of one frame: browsers make few, and each costs far more than its bytes. */
export const maximumFragments = 64;

/** Payloads start at a multiple of this, so that f64 and every smaller element can be read in place. */
export const payloadAlignment = 8;

/** Bytes in front of the header: its length and the two checksums. */
export const prefixBytes = 12;

/** The largest frame without payload: all that a stranger has to send. */
export const maximumHelloBytes = roundUp(prefixBytes + maximumHeaderBytes);

/** The largest frame: what the WebSocket library's `maxPayload` is set to. */
export const maximumFrameBytes = maximumHelloBytes + maximumChunkBytes;

/** `contribution`, the deepest, nests 2 deep; the rest is room for later versions. */
export const maximumHeaderDepth = 6;

/** A contribution with 64 metrics has 150 keys and values. */
export const maximumHeaderItems = 512;

/** Metrics of a contribution: far more than a graph can usefully have. */
export const maximumMetrics = 64;

/** Characters of a run's secret: fewer can be guessed. */
export const minimumTokenLength = 16;

/** Characters of a token: room for any secret, and far less than a header may hold. */
export const maximumTokenLength = 1024;

/** Cores that a worker may claim; the largest machines have a quarter of them. */
export const maximumCores = 4096;

/** Milliseconds that a worker may claim to have computed for one answer: a day. */
export const maximumComputation = 86_400_000;

/** Leases that may wait on a worker for their parameters: more means that the coordinator has lost the thread. */
export const maximumWaitingLeases = 64;

/** A coordinator that answers no hello in this time, in milliseconds, is as good as absent. */
export const welcomeTimeout = 30_000;

/** A socket that does not say hello in this time, in milliseconds, is closed: it holds memory for nothing. */
export const helloTimeout = 10_000;

/** The coordinator sends a heartbeat this often, in milliseconds. */
export const heartbeatInterval = 5_000;

/** A side that has sent nothing for this long, in milliseconds, is taken for gone: a dead link is found within 25 s. */
export const silenceLimit = 20_000;

/** A link slower than this, in bytes per millisecond (256 kbit/s), is too slow to train over. */
export const slowestLink = 32;

/** Milliseconds that a message of so many bytes may take from its first to its last, or wait to be taken over. */
export function messageTimeLimit(bytes: number): number {
  return silenceLimit + bytes / slowestLink;
}

/** Answers of a worker that may be refused before its connection is closed. */
export const maximumWarnings = 3;

/** `bytes` rounded up to the payload's alignment. */
export function roundUp(bytes: number): number {
  return (bytes + payloadAlignment - 1) & -payloadAlignment;
}
