// "Try the model" in real Chromium, for each kind of what models take and give. The runs wait for workers that never come, so
// the parameters stay those that the seed gives, and what the page must show is known to the last digit.

import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { percent, significant } from '../../coordinator/dashboard/format.ts';
import type { DataSet } from '../../shared/data/data_set.ts';
import { dataSetFromArrays } from '../../shared/data/memory_data_set.ts';
import { elementsIn, type FieldSpecification, sliceSamples } from '../../shared/data/samples.ts';
import { loadEngine } from '../../shared/engine/engine.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { elementsOf } from '../../shared/engine/shape.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import type { Loss } from '../../shared/model/losses/loss_registry.ts';
import { withMeaning } from '../../shared/model/outputs.ts';
import { textGenerator } from '../../shared/model/text_generator.ts';
import { TokenSampler } from '../../shared/model/token_sampler.ts';
import { root } from '../source_files.ts';
import { launchBrowser, openContext } from './browser.ts';

/** Built, since it serves the page's files as they are built. */
const library = import(pathToFileURL(`${root}/dist/coordinator/library/gradswarm.js`).href) as Promise<
  typeof import('../../coordinator/library/gradswarm.ts')
>;

const seed = 3;
const testSamples = 6;
const crossEntropy = { kind: 'softmax-cross-entropy', labelSmoothing: 0 } as const satisfies Loss;

/** Beginning with a, b, c: 256 characters that are all to be seen. */
const alphabet = Array.from({ length: 256 }, (_, at) => String.fromCodePoint(at < 26 ? 97 + at : 0x4e00 + at)).join('');

interface Case {
  readonly features: Pick<FieldSpecification, 'type' | 'shape'> & Partial<FieldSpecification>;
  readonly labels: Partial<FieldSpecification>;
  readonly layers: readonly Layer[];
  readonly loss?: Loss;
}

/** Values that look random and are the same every time. */
function made(count: number, most: number): number[] {
  return Array.from({ length: count }, (_, at) => ((at * 7919 + 13) % 101) / 100).map((value) => value * most);
}

function dataOf({ features, labels }: Case): DataSet {
  const { classes } = labels;
  const size = elementsOf(features.shape);
  const part = () => ({
    features:
      features.type === 'u8'
        ? Uint8Array.from(made(testSamples * size, features.classes ?? 255))
        : Float32Array.from(made(testSamples * size, 16)),
    labels:
      classes === undefined
        ? Float32Array.from(made(testSamples, 40))
        : Uint8Array.from({ length: testSamples * elementsOf(labels.shape ?? []) }, (_, at) => at % classes),
  });
  const described = {
    features: { shape: features.shape, ...classesOf(features) },
    labels: { shape: labels.shape ?? [], ...classesOf(labels) },
  };
  const data = dataSetFromArrays({ ...described, training: part(), test: part() });
  const [one, other] = data.fields;
  if (one === undefined || other === undefined) throw new Error('a data set has two fields');
  return {
    ...data,
    fields: [
      { ...one, ...features },
      { ...other, ...labels },
    ],
  };
}

function classesOf({ classes }: Partial<FieldSpecification>) {
  return classes === undefined ? {} : { classes };
}

/** The model as the page has it, in this process. */
async function modelOf({ layers, loss = crossEntropy }: Case, data: DataSet) {
  const [features, labels] = data.fields;
  if (features === undefined || labels === undefined) throw new Error('a data set has two fields');
  const graph = graphFromLayers(layers, { features, labels, loss });
  const engine = await loadEngine('portable');
  const replica = Replica.create(engine, features.vocabulary === undefined ? withMeaning(graph).graph : graph, {
    microbatchSize: 1,
  });
  replica.initialize(seed);
  const featuresOf = (index: number) =>
    sliceSamples(data.test, data.fields, index, index + 1).fields[0] ?? new Uint8Array(0);
  const predict = (bytes: Uint8Array) => replica.predict({ count: 1, fields: [bytes] });
  return { engine, features, featuresOf, predict };
}

let browser: Browser;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  for (const close of closing) await close();
  await browser.close();
});

/** A page on which the model is open, and the model to compare with. */
async function open(given: Case, viewport = { width: 1280, height: 900 }) {
  const { startCoordinator, defineJob } = await library;
  const data = dataOf(given);
  const { layers, loss = crossEntropy } = given;
  const optimizer = { kind: 'sgd', learningRate: 0.1 } as const;
  const job = defineJob({ name: 'tried', data, model: layers, loss, optimizer, batchSize: 2, epochs: 1, seed });
  const coordinator = await startCoordinator(job, { workers: 0, ownShare: false, folder: false });
  coordinator.outcome.catch(() => undefined);
  const context = await openContext(browser, { viewport });
  closing.push(async () => {
    await context.close();
    coordinator.stop();
    await coordinator.outcome.catch(() => undefined);
  });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${coordinator.port}/`);
  await page.getByRole('button', { name: /^(Try a|Let it)/ }).click();
  await page.getByText('Not trained yet').waitFor();
  return { page, model: await modelOf(given, data) };
}

async function expectOutputs(
  page: Page,
  names: readonly string[],
  values: Float32Array,
  format: (value: number) => string,
) {
  for (const [at, name] of names.entries()) {
    await page
      .getByTestId(`output-${name}`)
      .getByText(format(values[at] ?? Number.NaN), { exact: true })
      .waitFor();
  }
}

/** Picks the first test samples, and compares what the page says with what the model gives. */
async function expectSamples(
  { page, model }: Awaited<ReturnType<typeof open>>,
  names: readonly string[],
  format: (value: number) => string,
) {
  for (const index of [0, 1]) {
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText(`test sample ${index + 1} of ${testSamples}`).waitFor();
    await expectOutputs(page, names, model.predict(model.featuresOf(index)), format);
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at));
const score = (value: number) => significant(value, 3);
const conv: Layer = { type: 'conv2d', filters: 8, kernelSize: 5 };
const dense = (units: number): Layer => ({ type: 'dense', units });
const digits = { features: { type: 'u8', shape: [28, 28, 1] }, labels: { classes: 10 } } as const;

async function box(page: Page, selector: string) {
  const found = await page.locator(selector).first().boundingBox();
  if (found === null) throw new Error(`${selector} is not shown`);
  return found;
}

describe('trying a model', () => {
  it('is right for a dense network on digits, drawn and picked', async () => {
    const tried = await open({ ...digits, layers: [dense(12), { type: 'relu' }, dense(10)] });
    await expectSamples(tried, numbers(10), percent);
    const { page } = tried;
    await page.getByText('In truth: 1').waitFor();
    expect(await page.getByRole('img', { name: /weights of unit/ }).count()).toBe(12);
  });

  it('draws no ghost strokes, and Clear clears the answer, too', async () => {
    const { page } = await open({ ...digits, layers: [dense(10)] });
    await page.locator('canvas.draw').scrollIntoViewIfNeeded(); // A mouse hits only what is in sight.
    const { x, y, width, height } = await box(page, 'canvas.draw');
    await page.mouse.move(x + width / 2, y + height / 4);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + height + 40, { steps: 6 });
    await page.mouse.up();
    await page.getByTestId('headline').waitFor();
    const drawing = () => page.locator('canvas.draw').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const before = await drawing();
    await page.mouse.move(x + 5, y + 5);
    await page.mouse.move(x + width - 5, y + 5, { steps: 4 });
    expect(await drawing()).toBe(before);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('The answer will stand here.').waitFor();
    expect(await page.getByTestId('output-0').textContent()).toBe('–');
  });

  it('can be drawn on with the keyboard', async () => {
    const { page } = await open({ ...digits, layers: [dense(10)] });
    await page.locator('canvas.draw').focus();
    for (const key of ['Space', 'ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
    await page.getByTestId('headline').waitFor();
  });

  it('keeps the answer in sight of who draws on a phone', async () => {
    const { page } = await open({ ...digits, layers: [dense(10)] }, { width: 390, height: 844 });
    const [canvas, answer] = [await box(page, 'canvas.draw'), await box(page, '.answer')];
    expect(answer.y).toBeLessThan(canvas.y + canvas.height / 2);
    expect(answer.x).toBeGreaterThanOrEqual(canvas.x + canvas.width);
    expect(answer.x + answer.width).toBeLessThanOrEqual(390);
  });

  it('is right for a convolutional network on digits, and shows its first filters, not its last weights', async () => {
    const tried = await open({ ...digits, layers: [conv, { type: 'maxPool', size: 2 }, dense(10)] });
    await expectSamples(tried, numbers(10), percent);
    const filters = tried.page.getByRole('img', { name: /weights of unit/ });
    expect(await filters.count()).toBe(8);
    expect(await filters.first().evaluate((canvas) => (canvas as HTMLCanvasElement).width)).toBe(5);
  });

  it('is right for a sum of squared errors: scores, no probabilities', async () => {
    const tried = await open({ ...digits, layers: [dense(10)], loss: { kind: 'sum-of-squared-errors' } });
    await expectSamples(tried, numbers(10), score);
    await tried.page.getByText('Scores, not probabilities').waitFor();
  });

  it('is right for 8 by 8 fractions and four classes with names', async () => {
    const classNames = ['north', 'east', 'south', 'west'];
    const tried = await open({
      features: { type: 'f32', shape: [8, 8, 1] },
      labels: { classes: 4, classNames },
      layers: [dense(4)],
    });
    await expectSamples(tried, classNames, percent);
    await tried.page.getByText('In truth: east').waitFor();
  });

  it('is right for pictures of 20 by 30, drawn in their proportions', async () => {
    const tried = await open({ features: { type: 'u8', shape: [20, 30] }, labels: { classes: 3 }, layers: [dense(3)] });
    await expectSamples(tried, numbers(3), percent);
    const { width, height } = await box(tried.page, 'canvas.draw');
    expect(width / height).toBeCloseTo(30 / 20, 1);
  });

  it('is right for pictures of 32 by 32 in colour, which nobody draws but everybody may upload', async () => {
    const tried = await open({
      features: { type: 'u8', shape: [32, 32, 3] },
      labels: { classes: 3 },
      layers: [conv, { type: 'globalAveragePool' }, dense(3)],
    });
    const { page, model } = tried;
    await expectSamples(tried, numbers(3), percent);
    expect(await page.locator('canvas.draw').count()).toBe(0);
    const green = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(64, 64);
      const context = canvas.getContext('2d');
      if (context !== null) context.fillStyle = 'rgb(0 200 0)';
      context?.fillRect(0, 0, 64, 64);
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
    });
    await page
      .getByLabel('A picture of your own')
      .setInputFiles({ name: 'green.png', mimeType: 'image/png', buffer: Buffer.from(green) });
    const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (at % 3 === 1 ? 200 : 0));
    await expectOutputs(page, numbers(3), model.predict(pixels), percent);
  });

  it('is right for rows of 13 figures, set with sliders', async () => {
    const positionNames = Array.from({ length: 13 }, (_, at) => `measure ${at}`);
    const tried = await open({
      features: { type: 'f32', shape: [13], positionNames },
      labels: { classes: 3 },
      layers: [dense(5), { type: 'tanh' }, dense(3)],
    });
    const { page, model } = tried;
    await page.getByText('test sample 1 of').waitFor();
    await expectOutputs(page, numbers(3), model.predict(model.featuresOf(0)), percent);
    const sliders = page.locator('.row input[type=range]');
    expect(await sliders.count()).toBe(13);
    const slider = page.getByLabel('measure 4');
    const greatest = (await slider.getAttribute('max')) ?? '';
    await slider.fill(greatest);
    const valueAt = elementsIn('f32', model.featuresOf(0).slice());
    const changed = Float32Array.from({ length: 13 }, (_, at) => (at === 4 ? Number(greatest) : valueAt(at)));
    await expectOutputs(page, numbers(3), model.predict(new Uint8Array(changed.buffer)), percent);
  });

  it('is right for a regression: a figure with its name, and how far off', async () => {
    const tried = await open({
      features: { type: 'f32', shape: [3] },
      labels: { type: 'f32', positionNames: ['price'] },
      layers: [dense(1)],
      loss: { kind: 'mean-squared-error' },
    });
    const { page, model } = tried;
    await expectOutputs(page, ['price'], model.predict(model.featuresOf(0)), significant);
    await page.getByText(/price: off by .* on average/).waitFor();
  });

  it('is right for a text, which it goes on with', async () => {
    const shape = [8];
    const tried = await open({
      features: { type: 'u8', shape, classes: 256, vocabulary: { kind: 'characters', characters: alphabet } },
      labels: { type: 'u8', shape, classes: 256 },
      layers: [
        { type: 'embedding', width: 8 },
        { type: 'dense', units: 256, perPosition: true },
      ],
    });
    const { page, model } = tried;
    await page.getByLabel('The beginning of a text').fill('abc');
    await page.getByLabel(/Boldness/).fill('0');
    await page.getByRole('button', { name: 'Go on with it' }).click();
    const sampler = new TokenSampler(model.engine, 256, { temperature: 0, seed: 1 });
    const predict = (ids: Int32Array) => model.predict(Uint8Array.from(ids));
    const generated = textGenerator(predict, sampler, { window: 8, size: 256 }).generate(Int32Array.of(0, 1, 2));
    const written = Array.from({ length: 20 }, () => [...alphabet][generated.next().value]).join('');
    await page.getByTestId('written').getByText(written).waitFor();
  });
});
