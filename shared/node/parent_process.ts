// A process that is of use to the one that started it alone: it learns when that is gone, by the channel between them.

/** Says that there was a channel: one that closed before this process began to listen leaves no other trace. */
const attachedVariable = 'GRADSWARM_ATTACHED';

/** What the environment of a process must hold that is started with a channel (`ipc`) and calls `onParentGone`. */
export const attached: Readonly<Record<string, string>> = { [attachedVariable]: '1' };

/** Calls back once when the process that started this one is gone, even if it was before; never without a channel. */
export function onParentGone(callback: () => void): void {
  if (process.env[attachedVariable] === undefined) return;
  if (process.connected) process.once('disconnect', callback);
  else callback();
}
