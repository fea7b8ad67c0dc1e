// What attackers did to an earlier version, each a class of attacks; the suite keeps every one of them from coming back.

/** Defects that were found, by number. */
export const defects = {
  1: 'a request target that is no URL ended the coordinator',
  2: 'a refusal that quoted a long text ended the coordinator',
  3: 'a warning that quoted a long text ended the coordinator',
  4: 'a range of bytes that runs backwards ended the coordinator',
  5: 'a page that could not be read for want of file descriptors ended the coordinator',
  6: 'an upgrade that was reset before workers were admitted ended the coordinator',
  7: 'a metric that was not a number made every later checkpoint unreadable',
  8: 'a huge, finite gradient ruined the model or ended the run',
  9: 'whoever answered first got nearly all the work, and was believed',
  10: 'false evaluations were printed as the run’s',
  11: 'answers that nobody read, and idle sockets, held memory for ever',
  12: 'contributions to no lease were received to their end, however slowly',
  13: 'fragments of a byte stalled the event loop for half a minute',
  14: 'any web page could join as a worker, or read by DNS rebinding',
  15: 'a second resume of a running folder destroyed its ledger',
  16: 'crowds that join and leave stopped the rest',
  17: 'text from the wire forged lines on the operator’s terminal',
  18: 'a link started a visitor’s cores without a click',
  19: 'pages showed everything to those without a token',
  20: 'a hostile coordinator cost its workers gigabytes, and minutes in one call',
  21: 'unfinished messages, floods of heartbeats, endless bodies and guessed tokens were not limited',
  22: 'a full disk, and headers made by hand, ended a run or a command badly',
} as const;

/** Attacks that did no harm, by name. */
export const survived = {
  frames: 'frames that break WebSocket or the protocol',
  crowds: 'idle sockets, slow headers, resets and reconnects by the thousand',
  'endless frames': 'frames that never end',
  pings: 'floods of pings, read and unread',
  msgpack: 'headers made to hurt their decoder',
  leases: 'leases that are forged, stale, another’s, doubled, or of the wrong shape',
  moods: 'honest workers that are slow, late or moody',
  silence: 'workers that never answer, and frozen ones',
  readers: 'workers and watchers that never read',
  http: 'HTTP made to be misread',
  headers: 'pages without the headers that browsers obey',
  frozen: 'frozen weights fetched again and again, left in the middle, never read, or claimed to be held',
  files: 'checkpoints and ledgers that were damaged',
  processes: 'workers that are killed',
} as const;

/** Lines that other tests keep from coming back. */
export const heldElsewhere: Partial<Record<Line, string>> = {
  18: 'test/browser/foreign_page.test.ts',
  headers: 'test/coordinator/web/server.test.ts',
  processes: 'test/system/chaos.test.ts',
};

export type Line = keyof typeof defects | keyof typeof survived;
