import { exitCodes } from './exit_codes.ts';
import { onOutputClosed } from './standard_output.ts';

/**
 * Calls back once at the first SIGINT or SIGTERM, when the terminal is closed (SIGHUP), or when nobody reads standard output
 * any more; a second signal ends the process at once.
 */
export function onStopSignal(stop: () => void): void {
  let isStopping = false;
  const stopOnce = () => {
    if (!isStopping) stop();
    isStopping = true;
  };
  // Ctrl-C ends whoever reads the output, too: that and the signal are one wish.
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    if (signals > 1) process.exit(exitCodes.interrupted);
    stopOnce();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // Shells pass it on to whom the terminal has sent it already: however often it comes, it is one wish.
  process.on('SIGHUP', stopOnce);
  onOutputClosed(stopOnce);
}
