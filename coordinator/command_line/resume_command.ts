// The command that goes on with a run: with all that its workers and watchers need to find it again, and without a secret.

import { tokenVariable } from '../../shared/node/token_flags.ts';
import { type LimitName, limitNames, limits } from '../connections/limits.ts';
import { defaultDataMegabytes } from '../data/data_sources.ts';
import { defaultHost } from './network_flags.ts';
import { shellWord } from './program_name.ts';
import type { TrainFlags } from './train_flags.ts';

export interface ResumedRun {
  /** How the program is called. */
  readonly program: string;
  readonly folder: string;
  /** The port that listened, if one did. */
  readonly port: number | undefined;
}

/** What the run's folder remembers (the job, when checkpoints are written) is not said again. */
export function resumeCommand(flags: TrainFlags, { program, folder, port }: ResumedRun): string {
  const words = [
    ...(flags.supervise ? ['--supervise'] : []),
    ...['--resume', folder],
    ...(flags.inProcess ? ['--in-process'] : networkWords(flags, port)),
    ...flagWords('--threads', flags.threads === 'auto' ? undefined : flags.threads),
    ...flagWords('--data-memory', flags.dataMemory === defaultDataMegabytes ? undefined : flags.dataMemory),
  ];
  return `${secretOf(flags)}${program} train ${words.map(shellWord).join(' ')}`;
}

function networkWords(flags: TrainFlags, port: number | undefined): readonly string[] {
  const { host, workers, ownShare, allowHost, tlsCert, tlsKey, trustProxy, tokenFile } = flags;
  const proxies = trustProxy === true ? ['--trust-proxy'] : flagWords('--trust-proxy', trustProxy?.join(','));
  return [
    ...flagWords('--host', host === defaultHost ? undefined : host),
    ...flagWords('--port', port),
    ...allowHost.flatMap((name) => ['--allow-host', name]),
    ...flagWords('--tls-cert', tlsCert),
    ...flagWords('--tls-key', tlsKey),
    ...proxies,
    ...flagWords('--token-file', tokenFile),
    ...flagWords('--workers', workers),
    ...(ownShare ? [] : ['--no-own-share']),
    ...limitNames.flatMap((name) => limitWords(name, flags)),
  ];
}

function limitWords(name: LimitName, { limits: set }: TrainFlags): readonly string[] {
  const { flag, default: usual } = limits[name];
  return flagWords(flag, set[name] === usual ? undefined : set[name]);
}

function flagWords(flag: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [flag, String(value)];
}

/** A token that no file holds has to be given again: it is not repeated. */
function secretOf({ token, tokenFile, inProcess }: TrainFlags): string {
  return token === undefined || tokenFile !== undefined || inProcess ? '' : `${tokenVariable}=TOKEN `;
}
