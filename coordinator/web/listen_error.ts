// Why a port cannot be had, in words.

import { InputError } from '../../shared/errors.ts';

export function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new InputError(`port ${port} is in use: choose another with --port, or --port 0 for any free one`);
    case 'EACCES':
      return new InputError(`port ${port} may not be opened by this user: choose one above 1023 with --port`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new InputError(`host ${host} is not an address of this machine: choose another with --host`);
    default:
      return error;
  }
}
