import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nameOfProgram, shellWord } from '../../../coordinator/command_line/program_name.ts';
import { resumeCommand } from '../../../coordinator/command_line/resume_command.ts';
import type { TrainFlags } from '../../../coordinator/command_line/train_flags.ts';

const usual: TrainFlags = {
  ownShare: true,
  threads: 'auto',
  port: 0,
  host: '127.0.0.1',
  allowHost: [],
  set: [],
  limits: {},
};
const run = { program: 'gradswarm', folder: 'runs/one', port: 33279 };
const command = (flags: Partial<TrainFlags> = {}, port: number | undefined = run.port) =>
  resumeCommand({ ...usual, ...flags }, { ...run, port });

describe('the command that resumes a run', () => {
  it('names the port that its pages and workers know', () => {
    expect(command()).toBe('gradswarm train --resume runs/one --port 33279');
  });

  it('repeats what decides who reaches the run, and how it is computed', () => {
    expect(
      command({
        host: '0.0.0.0',
        allowHost: ['train.example.org', 'other.example.org'],
        tlsCert: 'cert.pem',
        tlsKey: 'my key.pem',
        trustProxy: ['10.0.0.7', '10.1.0.0/16'],
        tokenFile: 'token',
        token: 'a-secret-of-24-characters',
        workers: 0,
        ownShare: false,
        supervise: true,
        dataMemory: 512,
        limits: { connections: 7 },
      }),
    ).toBe(
      'gradswarm train --supervise --resume runs/one --host 0.0.0.0 --port 33279 --allow-host train.example.org --allow-host other.example.org ' +
        "--tls-cert cert.pem --tls-key 'my key.pem' --trust-proxy 10.0.0.7,10.1.0.0/16 --token-file token --workers 0 --no-own-share " +
        '--max-connections 7 --data-memory 512',
    );
    expect(command({ trustProxy: true })).toContain('--port 33279 --trust-proxy');
    expect(command({ inProcess: true, dataMemory: 2048 })).toBe('gradswarm train --resume runs/one --in-process');
  });

  it('asks for a token that no file holds, and never says it', () => {
    expect(command({ token: 'a-secret-of-24-characters' })).toBe(
      'GRADSWARM_TOKEN=TOKEN gradswarm train --resume runs/one --port 33279',
    );
  });
});

describe('the program', () => {
  const place = {
    entry: '/home/me/gradswarm/dist/coordinator/command_line/main.js',
    folder: '/home/me/gradswarm',
    environment: { PATH: '/home/me/gradswarm/node_modules/.bin:/usr/bin' },
    exists: (path: string) => path === join('/home/me/gradswarm/node_modules/.bin', 'gradswarm'),
  };

  it('is called by its file in a checkout', () => {
    expect(nameOfProgram(place)).toBe('node dist/coordinator/command_line/main.js');
  });

  it('is called by its name where a shell finds it', () => {
    expect(nameOfProgram({ ...place, exists: (path) => path === '/usr/bin/gradswarm' })).toBe('gradswarm');
  });

  it('is called by npx where that has started it, and where it is a package of a project', () => {
    expect(nameOfProgram({ ...place, environment: { npm_command: 'exec' } })).toBe('npx gradswarm');
    const entry = '/home/me/project/node_modules/gradswarm/dist/coordinator/command_line/main.js';
    expect(nameOfProgram({ ...place, entry })).toBe('npx gradswarm');
  });

  it('has its arguments quoted for a shell', () => {
    expect(['runs/one', 'my run', "it's"].map(shellWord)).toEqual(['runs/one', "'my run'", "'it'\\''s'"]);
  });
});
