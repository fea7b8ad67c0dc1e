// Lines for people on the standard error stream.

import colors from 'picocolors';

export function printError(message: string): void {
  console.error(`${colors.red('error:')} ${message}`);
}

export function printWarning(message: string): void {
  console.error(`${colors.yellow('warning:')} ${message}`);
}
