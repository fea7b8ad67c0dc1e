// A checkpoint's model as the files of a format of others.

import { InputError } from '../../shared/errors.ts';
import {
  type ExportedFile,
  type ExportedModel,
  type ExportFormat,
  type FormatName,
  formatNames,
} from '../../shared/export/export_format.ts';
import * as registered from '../../shared/export/registered_formats.ts';
import { exportedModel } from '../records/exported_model.ts';
import type { FoundCheckpoint } from '../records/run_folder.ts';

const byName: Readonly<Record<FormatName, ExportFormat>> = registered;

const formats = formatNames.map((name) => byName[name]);

/** @param place what errors call the name */
export function requireFormat(name: string, place: string): ExportFormat {
  const format = formats.find((each) => each.name === name);
  if (format === undefined) throw new InputError(`${place} ${name}: expected ${formatNames.join(', ')}`);
  return format;
}

/**
 * The main file first, then those that stand beside it.
 * @param stem what their names begin with
 * @throws {InputError} naming what the format has nothing for, and the formats that would do.
 */
export function exportFiles(found: FoundCheckpoint, format: ExportFormat, stem: string): readonly ExportedFile[] {
  const model = exportedModel(found);
  try {
    return format.write(model, stem);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const others = formats.filter((other) => other !== format && canWrite(model, other, stem));
    if (others.length === 0) throw error;
    throw new InputError(`${error.message}; the format ${others.map(({ name }) => name).join(' or ')} would do`);
  }
}

function canWrite(model: ExportedModel, format: ExportFormat, stem: string): boolean {
  try {
    format.write(model, stem);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}
