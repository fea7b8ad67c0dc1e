// Which engine computes: the flag `--engine`, or the environment, which the processes that this one starts inherit.

import { type Command, Option } from 'commander';

/** The environment variable that stands for `--engine`. */
export const engineVariable = 'GRADSWARM_ENGINE';

/**
 * `auto`: native kernels where they are there and give WebAssembly's bits. `native`: nothing else will do. `wasm`. Any other
 * is the name of an instruction set, whose native kernels are asked for.
 */
export type EngineChoice = string;

export function addEngineOption(command: Command): void {
  command
    .addOption(
      new Option(
        '--engine <engine>',
        `auto (native kernels if they are built and right), wasm, native, or an instruction set of this machine (or set ${engineVariable})`,
      ),
    )
    .hook('preAction', (_, acting) => {
      const { engine } = acting.opts<{ readonly engine?: string }>();
      if (engine !== undefined) process.env[engineVariable] = engine;
    });
}

export function chosenEngine(): EngineChoice {
  return process.env[engineVariable] || 'auto';
}
