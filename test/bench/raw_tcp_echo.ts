// The far side of raw_tcp.ts: takes a message of one length and answers with one of another, over and over.
// Arguments: port, bytes to take, bytes to answer.

import { connect } from 'node:net';

const [port = 0, downBytes = 0, upBytes = 0] = process.argv.slice(2).map(Number);
const answer = Buffer.alloc(upBytes, 1);
const socket = connect({ port, host: '127.0.0.1', noDelay: true });
let received = 0;
socket.on('data', ({ length }) => {
  received += length;
  if (received < downBytes) return;
  received -= downBytes;
  socket.write(answer);
});
socket.on('close', () => process.exit());
socket.on('error', () => process.exit());
