// The commands that use models, and bring them in and out. Each loads its own code once it is asked for.

import type { Command } from 'commander';
import { formatNames } from '../../shared/export/export_format.ts';
import { runCommand } from '../../shared/node/command.ts';
import { collect, decimal, integer } from '../../shared/node/flags.ts';
import { defaultText, textBounds } from '../models/text_bounds.ts';
import type { ExportFlags } from './export_command.ts';
import type { GenerateFlags } from './generate_command.ts';
import type { ImportFlags } from './import_command.ts';
import type { PredictFlags } from './predict_command.ts';

export function addModelCommands(gradswarm: Command): void {
  for (const add of [addExport, addImport, addPredict, addGenerate]) add(gradswarm);
}

function bounded(name: keyof typeof textBounds) {
  const { whole, minimum, maximum } = textBounds[name];
  return whole ? integer(minimum, maximum) : decimal(minimum, maximum);
}

function addExport(gradswarm: Command): void {
  gradswarm
    .command('export')
    .description("write a checkpoint's model in a format of others")
    .argument('<checkpoint>', "a checkpoint, or a run's folder for its newest one")
    .requiredOption('-f, --format <format>', formatNames.join(', '))
    .option('-o, --out <file>', "the file to write; others stand beside it (default: the job's name)")
    .action((path: string, flags: ExportFlags) =>
      runCommand(async () => (await import('./export_command.ts')).exportCheckpoint(path, flags)),
    );
}

function addImport(gradswarm: Command): void {
  gradswarm
    .command('import')
    .description('make a job of an ONNX model, to train it further')
    .argument('<file>', 'an ONNX file')
    .requiredOption('-j, --job <job>', 'a job whose data, loss, optimizer and schedule are taken; its model is not')
    .option('-s, --set <path=value>', 'override any other field of the job', collect, [])
    .option('-o, --out <file>', "the job file to write, its weights beside it (default: the ONNX file's name)")
    .action((path: string, flags: ImportFlags) =>
      runCommand(async () => (await import('./import_command.ts')).importModel(path, flags)),
    );
}

function addPredict(gradswarm: Command): void {
  gradswarm
    .command('predict')
    .description("what a checkpoint's model gives for the samples in files: images, tables, IDX")
    .argument('<checkpoint>', "a checkpoint, or a run's folder for its newest one")
    .argument('<files...>', 'PNG, JPEG, CSV, JSON lines, Parquet or IDX')
    .option('--json', 'a line of JSON for each sample, with every output')
    .action((path: string, files: readonly string[], flags: PredictFlags) =>
      runCommand(async () => (await import('./predict_command.ts')).predict(path, files, flags)),
    );
}

function addGenerate(gradswarm: Command): void {
  gradswarm
    .command('generate')
    .description('write text with a model that was trained on text')
    .argument('<checkpoint>', "a checkpoint, or a run's folder for its newest one")
    .option('-p, --prompt <text>', 'what the text begins with', '')
    .option('-n, --length <n>', 'tokens to generate', bounded('length'), defaultText.length)
    .option(
      '-t, --temperature <t>',
      'below 1: more of the likely; 0: the likeliest token always',
      bounded('temperature'),
      defaultText.temperature,
    )
    .option('-k, --top-k <k>', 'draw from the k likeliest tokens alone (default: from all)', bounded('topK'))
    .option('--seed <n>', 'the same seed gives the same text', bounded('seed'), defaultText.seed)
    .action((path: string, flags: GenerateFlags) =>
      runCommand(async () => (await import('./generate_command.ts')).generate(path, flags)),
    );
}
