import { describe, expect, it } from 'vitest';
import { HttpConnections } from '../../../coordinator/web/http_connections.ts';
import { ScriptedClock } from '../../worker/session/scripted.ts';

function begin() {
  const clock = new ScriptedClock();
  const connections = new HttpConnections(clock, 20_000);
  const socket = {
    bytesWritten: 0,
    writableLength: 0,
    isDestroyed: false,
    destroy() {
      this.isDestroyed = true;
    },
  };
  connections.open(socket);
  const pass = (seconds: number, each: () => void = () => undefined) => {
    for (let second = 0; second < seconds; second++) {
      each();
      clock.advance(1_000);
    }
  };
  return { clock, connections, socket, pass };
}

describe('a connection', () => {
  it('with nothing that waits may be silent', () => {
    const { socket, pass } = begin();
    pass(3_600);
    expect(socket.isDestroyed).toBe(false);
  });

  it('is cut when nothing is taken of what waits', () => {
    const { socket, pass } = begin();
    Object.assign(socket, { bytesWritten: 1_000, writableLength: 1_000 });
    pass(19);
    expect(socket.isDestroyed).toBe(false);
    pass(1);
    expect(socket.isDestroyed).toBe(true);
  });

  it('may take as long as a slow link needs, and no longer', () => {
    const { connections, socket, pass } = begin();
    connections.beginAnswer(socket);
    connections.expectAnswer(socket, 320_000);
    Object.assign(socket, { bytesWritten: 320_000, writableLength: 320_000 });
    const takeALittle = () => {
      socket.writableLength -= 1;
    };
    pass(29, takeALittle);
    expect(socket.isDestroyed).toBe(false);
    pass(1, takeALittle);
    expect(socket.isDestroyed).toBe(true);
  });

  it('may take events for ever, as long as it takes some', () => {
    const { connections, socket, pass } = begin();
    connections.beginAnswer(socket);
    pass(600, () => Object.assign(socket, { bytesWritten: socket.bytesWritten + 10, writableLength: 5 }));
    expect(socket.isDestroyed).toBe(false);
  });

  it('has one answer at a time', () => {
    const { connections, socket } = begin();
    expect(connections.isAnswering(socket)).toBe(false);
    connections.beginAnswer(socket);
    expect(connections.isAnswering(socket)).toBe(true);
    connections.endAnswer(socket);
    expect(connections.isAnswering(socket)).toBe(false);
  });

  it('that was the last leaves no timer behind', () => {
    const { clock, connections, socket } = begin();
    expect(clock.pending).toBe(1);
    connections.close(socket);
    expect(clock.pending).toBe(0);
  });
});
