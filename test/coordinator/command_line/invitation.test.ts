import { describe, expect, it } from 'vitest';
import { invitation } from '../../../coordinator/command_line/invitation.ts';
import { derivedToken } from '../../../coordinator/connections/access.ts';

const token = 'a-secret-of-24-characters';
const lines = (options: Partial<Parameters<typeof invitation>[0]> = {}) =>
  invitation({ host: '192.168.1.5', port: 8080, isSecure: false, columns: undefined, program: 'gradswarm', ...options })
    .map(({ text }) => text)
    .join('\n');

describe('the invitation', () => {
  it('says where to watch and to help, and how more workers join', () => {
    expect(lines()).toBe(
      'watch it, and help, at http://192.168.1.5:8080/\nmore workers: gradswarm worker ws://192.168.1.5:8080',
    );
    expect(lines({ host: '127.0.0.1', columns: 80 })).toBe(
      'watch it, and help, at http://127.0.0.1:8080/\nmore workers: gradswarm worker ws://127.0.0.1:8080',
    );
  });

  it('names https and wss where the port speaks TLS', () => {
    expect(lines({ isSecure: true })).toBe(
      'watch it, and help, at https://192.168.1.5:8080/\nmore workers: gradswarm worker wss://192.168.1.5:8080',
    );
  });

  it('has a code to scan on a terminal', () => {
    expect(lines({ columns: 80 })).toMatch(/[█▀▄]{10}/);
  });

  it('says how wide a terminal must be for the code, where it is too narrow', () => {
    expect(lines({ columns: 20 })).not.toMatch(/[█▀▄]/);
    expect(lines({ columns: 20 })).toContain('(a terminal of 27 columns has a code to scan here)');
  });

  it('hands out tokens of watchers and workers on a terminal, never the secret', () => {
    const said = lines({ token, columns: 80 });
    expect(said).toContain(`to watch it, open http://192.168.1.5:8080/#token=${derivedToken(token, 'watcher')}\n`);
    const worker = derivedToken(token, 'worker');
    expect(said).toContain(`to watch and help, open http://192.168.1.5:8080/#join&token=${worker}\n`);
    expect(said).toContain(`GRADSWARM_TOKEN=${worker} gradswarm worker ws://192.168.1.5:8080\n`);
    expect(said).not.toContain(token);
    expect(said).not.toContain('--token');
  });

  it('holds no token where it may be kept', () => {
    const said = lines({ token });
    for (const secret of [token, derivedToken(token, 'watcher'), derivedToken(token, 'worker')]) {
      expect(said).not.toContain(secret);
    }
    expect(said).toContain('http://192.168.1.5:8080/#token=TOKEN');
  });
});
