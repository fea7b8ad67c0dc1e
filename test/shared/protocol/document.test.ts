// PROTOCOL.md is the protocol: its tables are held against the code here, in both directions.

import { readFileSync } from 'node:fs';
import type * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { limits as coordinatorLimits, limitNames } from '../../../coordinator/connections/limits.ts';
import { graphSchema } from '../../../shared/engine/graph.ts';
import type { Op } from '../../../shared/engine/ops/op.ts';
import * as registeredOps from '../../../shared/engine/registered_ops.ts';
import { InputError } from '../../../shared/errors.ts';
import { assignedJobSchema } from '../../../shared/protocol/assigned_job.ts';
import { closeCodes, isFinalRefusal, isViolation } from '../../../shared/protocol/close_codes.ts';
import * as limits from '../../../shared/protocol/limits.ts';
import { protocolVersion } from '../../../shared/protocol/messages.ts';
import { maximumTextLength } from '../../../shared/protocol/plain_text.ts';
import { type PayloadKind, toCoordinatorRules, toWorkerRules } from '../../../shared/protocol/schemas.ts';
import { workSchema } from '../../../shared/work/work_kinds.ts';
import { workerLimitNames, workerLimits } from '../../../worker/session/limits.ts';

const text = readFileSync(new URL('../../../shared/protocol/PROTOCOL.md', import.meta.url), 'utf8');

interface Section {
  readonly title: string;
  readonly text: string;
  /** Cells of the section's table, without its heading. */
  readonly rows: readonly (readonly string[])[];
}

const sections: readonly Section[] = text.split(/^##+ /m).map((section) => {
  const [title = '', ...lines] = section.split('\n');
  const cells = lines
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return { title, text: lines.join('\n'), rows: cells.slice(2) };
});

function section(title: string): Section {
  const found = sections.find((each) => each.title === title);
  if (found === undefined) throw new Error(`PROTOCOL.md has no section "${title}"`);
  return found;
}

/** The names in backticks of a cell. */
function names(cell = ''): readonly string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, name = '']) => name);
}

function firstCells(title: string): readonly string[] {
  return section(title).rows.flatMap(([first]) => names(first));
}

/** The fields of a strict or loose object schema, optional ones marked, however it is wrapped. */
function fieldsOf(schema: v.GenericSchema): readonly string[] {
  const object = 'pipe' in schema ? (schema.pipe as readonly v.GenericSchema[])[0] : schema;
  if (object === undefined || !('entries' in object)) throw new Error('not a schema of an object');
  return Object.entries(object.entries as Record<string, v.GenericSchema>).map(([name, { type }]) =>
    type === 'optional' || type === 'exact_optional' ? `${name}?` : name,
  );
}

/** A message's fields besides those that framing is about. */
function messageFields(schema: v.GenericSchema): readonly string[] {
  return fieldsOf(schema).filter((name) => name !== 'type' && name !== 'payloadBytes?');
}

const payloadWords: Readonly<Record<PayloadKind, RegExp>> = {
  none: /^No payload\./m,
  bytes: /^Payload: the (assigned job|samples)/m,
  floats: /^Payload: the flat f32 vector/m,
  'optional floats': /^Payload: the vector .*, or nothing/m,
};

const directions = { 'coordinator → worker': toWorkerRules, 'worker → coordinator': toCoordinatorRules };

describe('the protocol document', () => {
  it('is of the version that is spoken', () => {
    expect(text).toMatch(new RegExp(`^# The gradswarm protocol, version ${protocolVersion}\n`));
  });

  it('has a section for each message, with its direction', () => {
    const documented = sections.flatMap(({ title }) => {
      const [, type, direction = ''] = /^`(\w+)`: (.*)$/.exec(title) ?? [];
      if (type === undefined) return [];
      const both = direction === 'both ways' ? Object.keys(directions) : [direction];
      return both.map((each) => `${type}: ${each}`);
    });
    const spoken = Object.entries(directions).flatMap(([direction, rules]) =>
      Object.keys(rules).map((type) => `${type}: ${direction}`),
    );
    expect(documented.toSorted()).toEqual(spoken.toSorted());
  });

  interface Rule {
    readonly schema: v.GenericSchema;
    readonly payload: PayloadKind;
  }

  const messages = Object.values(directions).flatMap((rules) => Object.entries<Rule>(rules));
  it.each(messages)('has the fields and the payload of %s', (type, { schema, payload }) => {
    const found = sections.find(({ title }) => title.startsWith(`\`${type}\``));
    expect(found?.rows.flatMap(([first]) => names(first))).toEqual(messageFields(schema));
    expect(found?.text).toMatch(payloadWords[payload]);
    const travelsInChunks = fieldsOf(schema).includes('payloadBytes?');
    expect(travelsInChunks).toBe(payload !== 'none');
  });

  it('has the kinds of work and their fields', () => {
    const documented = section('Work').rows.map(([kind, fields]) => [...names(kind), ...names(fields)]);
    const kinds = workSchema.options.map((option) => [
      option.entries.kind.literal,
      ...fieldsOf(option).filter((name) => name !== 'kind'),
    ]);
    expect(documented).toEqual(kinds);
  });

  it('has the fields of the assigned job and of the graph', () => {
    expect(firstCells('The assigned job')).toEqual(fieldsOf(assignedJobSchema));
    expect(firstCells('The graph')).toEqual(fieldsOf(graphSchema));
    for (const list of ['inputs', 'nodes'] as const) {
      const [, entry = ''] = section('The graph').rows.find(([name]) => name === `\`${list}\``) ?? [];
      const [fields] = names(entry);
      expect(fields).toBe(`{${itemFieldsOf(list).join(', ')}}`);
    }
  });

  function itemFieldsOf(list: 'inputs' | 'nodes'): readonly string[] {
    const [array] = graphSchema.entries[list].pipe;
    return fieldsOf(array.item);
  }

  it('has every op, with its inputs and attributes', () => {
    const documented = section('Ops').rows.map(([op, inputs, attributes]) => ({
      op: names(op)[0],
      inputs: names(inputs),
      attributes: names(attributes).toSorted(),
    }));
    const registered = Object.values(registeredOps).map((op) => ({
      op: op.name,
      inputs: inputsOf(op),
      attributes: fieldsOf(op.attributes).toSorted(),
    }));
    const byName = (one: { op: string | undefined }, other: { op: string | undefined }) =>
      (one.op ?? '').localeCompare(other.op ?? '');
    expect(documented).toEqual(registered.toSorted(byName));
  });

  /** What an op calls its inputs, as it says itself when it is given too many; nothing, of one that takes any number. */
  function inputsOf(op: Op): readonly string[] {
    const tensor = { kind: 'batch', type: 'f32', shape: [], name: 'x', node: undefined } as const;
    try {
      op.infer(Array(17).fill(tensor), {}, 'node');
      return [];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const [, list] = /expected \d+ inputs \((.*)\), found 17/.exec(error.message) ?? [];
      if (list !== undefined) return list === '' ? [] : list.split(', ');
    }
    throw new Error(`${op.name} takes 17 inputs`);
  }

  it('has the close codes, and what a worker does then', () => {
    const documented = section('Close codes').rows.map(([code, name, , then]) => [Number(code), names(name)[0], then]);
    const then = (code: number) => {
      if (isFinalRefusal(code)) return 'gives up';
      if (code === closeCodes.normal) return 'ends';
      return isViolation(code) ? 'warns its user, tries again' : 'tries again';
    };
    expect(documented).toEqual(Object.entries(closeCodes).map(([name, code]) => [code, name, then(code)]));
  });

  it('has the limits', () => {
    const seconds = (milliseconds: number) => `${(milliseconds / 1000).toLocaleString('en')} s`;
    const bytes = (count: number) => `${count.toLocaleString('en')} bytes`;
    const number = (count: number) => count.toLocaleString('en');
    expect(Object.fromEntries(section('Limits').rows.map(([limit, value]) => [limit, value]))).toEqual({
      header: bytes(limits.maximumHeaderBytes),
      nesting: number(limits.maximumHeaderDepth),
      'values and keys of a header': number(limits.maximumHeaderItems),
      metrics: number(limits.maximumMetrics),
      'payload of a frame': bytes(limits.maximumChunkBytes),
      frame: bytes(limits.maximumFrameBytes),
      'payload of a message to the coordinator': 'set by the coordinator',
      'payload of a message to a worker': 'set by the worker',
      token: `${number(limits.maximumTokenLength)} characters`,
      'frames of a message': `${number(limits.spareFrames)} and one for each ${bytes(limits.smallChunkBytes)}`,
      'fragments of a frame': number(limits.maximumFragments),
      'frame before `hello` was accepted': bytes(limits.maximumHelloBytes),
      'waiting leases': number(limits.maximumWaitingLeases),
      'refused contributions': number(limits.maximumWarnings),
      'answer to `hello`': seconds(limits.welcomeTimeout),
      '`hello`': seconds(limits.helloTimeout),
      heartbeat: seconds(limits.heartbeatInterval),
      silence: seconds(limits.silenceLimit),
      'slowest link': `${bytes(1000 * limits.slowestLink)} a second`,
      'cores, threads': number(limits.maximumCores),
      'computation of an answer': seconds(limits.maximumComputation),
      'text of a `reason`': `${number(maximumTextLength)} characters`,
    });
  });

  it('has the limits of the coordinator, with their flags and how whoever exceeds them is told', () => {
    const rows = limitNames.map((name) => {
      const { default: value, unit, flag, told, description } = coordinatorLimits[name];
      return [
        `${value.toLocaleString('en')} ${unit}`,
        `\`${flag}\``,
        told in closeCodes ? `\`${told}\`` : told,
        description,
      ];
    });
    expect(section('Limits of the coordinator').rows).toEqual(rows);
  });

  it('has the limits of a worker, of a process and of a tab', () => {
    const rows = workerLimitNames.map((name) => {
      const { default: defaults, unit, flag, told, description } = workerLimits[name];
      const amounts = [defaults.node, defaults.tab].map((value) => `${value.toLocaleString('en')} ${unit}`);
      return [...amounts, `\`${flag}\``, `\`${told}\``, description];
    });
    expect(section('Limits of a worker').rows).toEqual(rows);
  });
});
