// What a table's model is to learn: a class, numbers, or several yes-or-no labels.

import { InputError } from '../errors.ts';
import type { FieldSpecification } from './samples.ts';
import { brief, type Cell, columnIndex, refusal, type Table } from './table.ts';
import { found, numberIn } from './table_columns.ts';

/** Whole numbers or categories; numbers to regress on; or labels of which each sample may have several. */
export type TableTask = 'classification' | 'regression' | 'multi-label';

/** How the target's columns become labels. */
export interface Targets {
  readonly field: FieldSpecification;
  readonly read: (table: Table) => Int32Array | Float32Array;
}

/** @throws {InputError} if a class is asked of several columns. */
export function targetsOf(training: Table, columns: readonly string[], task: TableTask): Targets {
  if (task !== 'classification') return numericTargets(columns, task);
  const [column, second] = columns;
  if (column === undefined || second !== undefined) {
    throw new InputError(`data.target: classification is of one column, found ${columns.length}`);
  }
  return classTargets(training, column);
}

function numericTargets(columns: readonly string[], task: 'regression' | 'multi-label'): Targets {
  const shape = columns.length === 1 && task === 'regression' ? [] : [columns.length];
  return {
    field: {
      name: 'labels',
      type: 'f32',
      shape,
      ...(task === 'multi-label' ? { classNames: columns } : { positionNames: columns }),
    },
    read(table) {
      const values = new Float32Array(table.rows.length * columns.length);
      columns.forEach((column, position) => {
        const index = columnIndex(table, column);
        table.rows.forEach((row, number) => {
          const cell = row.values[index] ?? null;
          const value = task === 'regression' ? numberIn(cell) : labelIn(cell);
          const expected = task === 'regression' ? 'a number' : '0 or 1';
          if (Number.isNaN(value)) throw refusal(table, row, column, `expected ${expected}, found ${found(cell)}`);
          values[number * columns.length + position] = value;
        });
      });
      return values;
    },
  };
}

/** 0 or 1, however they are written; NaN otherwise. */
function labelIn(cell: Cell): number {
  if (cell === 'true') return 1;
  if (cell === 'false') return 0;
  const value = numberIn(cell);
  return value === 0 || value === 1 ? value : Number.NaN;
}

const wholeNumber = /^\d{1,7}$/;

/**
 * Labels that are all whole numbers of at least 0 are classes as they are; others are categories, numbered in the order of
 * their first appearance.
 */
function classTargets(training: Table, column: string): Targets {
  const at = columnIndex(training, column);
  const names = [...new Set(training.rows.map(({ values }) => nameOf(values[at] ?? null)))];
  const areNumbers = names.every((name) => wholeNumber.test(name));
  const codes = new Map(names.map((name, index) => [name, areNumbers ? Number(name) : index]));
  const classes = 1 + [...codes.values()].reduce((largest, code) => Math.max(largest, code), 0);
  const classNames = areNumbers ? {} : { classNames: names };
  return {
    field: { name: 'labels', type: 'i32', shape: [], classes, ...classNames },
    read(table) {
      const index = columnIndex(table, column);
      return Int32Array.from(table.rows, (row) => {
        const name = nameOf(row.values[index] ?? null);
        const code = areNumbers && wholeNumber.test(name) ? Number(name) : codes.get(name);
        if (code !== undefined && code < classes && name !== '') return code;
        const expected = areNumbers ? `a whole number from 0 to ${classes - 1}` : `one of ${brief(names)}`;
        throw refusal(table, row, column, `expected ${expected}, found ${found(row.values[index] ?? null)}`);
      });
    },
  };
}

function nameOf(cell: Cell): string {
  return cell === null ? '' : String(cell);
}
