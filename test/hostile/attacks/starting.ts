// Those who come while a coordinator starts, and what a disk that is full makes of its end.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, commandLine } from '../../system/processes.ts';
import type { Attack } from '../attack.ts';
import { head, upgradeHead } from '../attacker/http.ts';
import { RawConnection } from '../attacker/raw_connection.ts';

/** Trains a linear model in steps of one sample: a ledger as long as wanted in a few seconds. */
const linear = ['mnist-mlp', '--set', 'model.layers=[{"type":"dense","units":10}]', '--set', 'batchSize=1'];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export const starting: readonly Attack[] = [
  {
    name: 'upgrades that are reset while a coordinator starts',
    line: 6,
    needs: 'no token',
    told: /^started$/,
    async run(target, { signal }) {
      const folder = await mkdtemp(join(tmpdir(), 'gradswarm-hostile-'));
      try {
        const run = join(folder, 'run');
        const first = new Command([
          'train',
          ...linear,
          '--set',
          'steps=8000',
          '--in-process',
          '--run',
          run,
          '--checkpoint-steps',
          '4000',
        ]);
        await first.finished;
        const port = await freePort();
        const again = new Command([
          'train',
          '--resume',
          join(run, 'step-00004000.safetensors'),
          '--workers',
          '0',
          '--no-own-share',
          '--port',
          String(port),
        ]);
        const end = () => again.signal('SIGKILL');
        signal.addEventListener('abort', end, { once: true });
        const hammering = hammer({ ...target, port }, again);
        const started = await again.match(/waiting (for|until)/).then(
          () => 'started',
          () => 'ended',
        );
        end();
        await hammering;
        const { errors } = await again.finished;
        return started === 'started' ? started : `ended: ${errors.split('\n')[0]}`;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
  {
    name: 'a disk that is full at the end',
    line: 22,
    needs: 'no token',
    told: /^(the weights are there|no such disk can be had here)$/,
    async run(_, { signal }) {
      const folder = await mkdtemp(join(tmpdir(), 'gradswarm-hostile-'));
      try {
        return await trainOnSmallDisk(folder, signal);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
];

/** Asks to upgrade and resets, again and again, until the coordinator is gone. */
async function hammer(target: Parameters<typeof upgradeHead>[0], command: Command): Promise<void> {
  while (command.isRunning) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const connection = await RawConnection.open(target).catch(() => undefined);
        if (connection === undefined) return;
        connection.write(index % 2 === 0 ? upgradeHead(target) : head(target, 'GET /worker HTTP/1.1'));
        await connection.drained();
        connection.reset();
      }),
    );
    await new Promise(setImmediate);
  }
}

/** 3 MB, where one checkpoint of mnist-mlp with its optimizer takes 0.64 MB: the newest 20 do not fit. */
async function trainOnSmallDisk(folder: string, signal: AbortSignal): Promise<string> {
  const train = [
    'train',
    'mnist-mlp',
    '--set',
    'steps=200',
    '--in-process',
    '--checkpoint-steps',
    '10',
    '--keep',
    '20',
  ];
  const script = `mount -t tmpfs -o size=3m none ${folder} || exit 77
    "$@" --run ${folder}/run
    ls ${folder}/run | grep -q step-00000200.safetensors && echo WEIGHTS`;
  const child: ChildProcess = spawn(
    'unshare',
    ['--mount', '--map-root-user', 'sh', '-c', script, 'sh', process.execPath, commandLine, ...train],
    { stdio: ['ignore', 'pipe', 'ignore'], signal },
  );
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await Promise.race([once(child, 'close'), once(child, 'error').then(() => [77])]);
  if (code === 77) return 'no such disk can be had here';
  return output.includes('WEIGHTS') ? 'the weights are there' : 'the weights are nowhere';
}
