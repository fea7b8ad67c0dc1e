// `gradswarm export`: a checkpoint's model written in a format of others.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import type { ExportedFile, ExportFormat } from '../../shared/export/export_format.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { exportFiles, requireFormat } from '../models/exported_files.ts';
import { openCheckpoint } from '../records/run_folder.ts';

export interface ExportFlags {
  readonly format: string;
  /** The main file; the others stand beside it. */
  readonly out?: string;
}

export async function exportCheckpoint(path: string, { format: name, out }: ExportFlags): Promise<number> {
  const format = requireFormat(name, '--format');
  const found = await openCheckpoint(path);
  for (const reason of found.damaged) printWarning(reason);
  const { job, step } = found.checkpoint;
  const stem = stemOf(out, format, job.name);
  const files = exportFiles(found, format, stem);
  console.log(`${colors.bold(job.name)}  step ${step}  ${found.file}`);
  for (const file of files) console.log(`${await writeNew(stem, file)}  ${file.bytes.length} bytes`);
  return exitCodes.success;
}

/** What the files' names begin with: `--out` without the format's ending, or the job's name. */
function stemOf(out: string | undefined, format: ExportFormat, name: string): string {
  return (out ?? name).replace(new RegExp(`\\.(${format.name}|json)$`), '');
}

/** @throws {InputError} if the file is there already or cannot be written. */
async function writeNew(stem: string, { ending, bytes }: ExportedFile): Promise<string> {
  const file = resolve(`${stem}${ending}`);
  await writeFile(file, bytes, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'EEXIST'
        ? 'is there already; name another with --out'
        : `cannot be written (${error.code ?? error.message})`;
    throw new InputError(`${file}: ${reason}`);
  });
  return file;
}
