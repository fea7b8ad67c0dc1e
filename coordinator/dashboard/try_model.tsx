// Trying the model while it learns: a digit drawn by hand, the test images it gets wrong, the pictures it looks for.

import { useEffect, useRef, useState } from 'preact/hooks';
import { drawnImage } from './drawing.ts';
import { percent } from './format.ts';
import { presentedToken } from './link.ts';
import type { FromModel, Mistake, ToModel } from './model_messages.ts';

/** Milliseconds between two looks at the newest parameters, while they change. */
const refreshInterval = 4_000;

interface Tried {
  readonly step: number;
  readonly probabilities: readonly number[];
  readonly mistakes: readonly Mistake[];
  readonly weights: readonly Float32Array[];
  readonly failure: string | undefined;
}

const nothing: Tried = { step: 0, probabilities: [], mistakes: [], weights: [], failure: undefined };

export function TryModel({ step }: { readonly step: number }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section class="card full" aria-labelledby="try">
      <h2 id="try">Try the model</h2>
      {isOpen ? (
        <OpenModel step={step} />
      ) : (
        <button type="button" onClick={() => setOpen(true)}>
          Draw a digit
        </button>
      )}
    </section>
  );
}

function OpenModel({ step }: { readonly step: number }) {
  const [tried, setTried] = useState(nothing);
  const worker = useRef<Worker | undefined>(undefined);
  const image = useRef<Uint8Array | undefined>(undefined);
  const newestStep = useRef(step);
  newestStep.current = step;

  const ask = (message: ToModel) => worker.current?.postMessage(message);
  const predict = (drawn: Uint8Array) => {
    image.current = drawn;
    ask({ type: 'predict', image: drawn });
  };

  useEffect(() => {
    const created = new Worker('model.js', { type: 'module' });
    worker.current = created;
    let knownStep = -1;
    created.onmessage = ({ data }: MessageEvent<FromModel>) => {
      if (data.type === 'refreshed') {
        knownStep = data.step;
        if (image.current !== undefined) ask({ type: 'predict', image: image.current });
      }
      setTried((before) => apply(before, data));
    };
    ask({ type: 'refresh', token: presentedToken() });
    const timer = setInterval(() => {
      if (knownStep !== newestStep.current && !document.hidden) {
        ask({ type: 'refresh', token: presentedToken() });
      }
    }, refreshInterval);
    return () => {
      clearInterval(timer);
      created.terminate();
    };
  }, []);

  const { probabilities, mistakes, weights, failure } = tried;
  return (
    <>
      <p class="soft" role="status">
        {failure ?? `The parameters of step ${tried.step}, computed in this tab.`}
      </p>
      <div class="try">
        <Canvas onDrawn={predict} />
        <ol class="bars" aria-label="probability of each digit">
          {Array.from({ length: 10 }, (_, digit) => (
            <li key={digit}>
              <span>{digit}</span>
              <meter min={0} max={1} value={probabilities[digit] ?? 0} aria-label={`probability of ${digit}`} />
              <span data-testid={`probability-${digit}`}>{percent(probabilities[digit] ?? 0)}</span>
            </li>
          ))}
        </ol>
        <Mistakes mistakes={mistakes} />
        {weights.length > 0 && <FirstLayer weights={weights} />}
      </div>
    </>
  );
}

function apply(before: Tried, message: FromModel): Tried {
  switch (message.type) {
    case 'refreshed':
      return {
        ...before,
        step: message.step,
        mistakes: message.mistakes,
        weights: message.weights,
        failure: undefined,
      };
    case 'predicted':
      return { ...before, probabilities: message.probabilities };
    case 'failed':
      return { ...before, failure: message.reason };
    default:
      return message satisfies never;
  }
}

const drawingSize = 280;

function Canvas({ onDrawn }: { readonly onDrawn: (image: Uint8Array) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<{ readonly x: number; readonly y: number } | undefined>(undefined);

  const draw = (event: PointerEvent) => {
    const element = canvas.current;
    const context = element?.getContext('2d', { willReadFrequently: true });
    if (element === null || context === null || context === undefined || event.buttons === 0) return;
    const { left, top, width } = element.getBoundingClientRect();
    const scale = drawingSize / width;
    const point = { x: (event.clientX - left) * scale, y: (event.clientY - top) * scale };
    const from = last.current ?? point;
    context.strokeStyle = '#ffffff';
    context.lineWidth = 22;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(point.x, point.y);
    context.stroke();
    last.current = point;
    onDrawn(drawnImage(context.getImageData(0, 0, drawingSize, drawingSize)));
  };
  const clear = () => {
    canvas.current?.getContext('2d')?.clearRect(0, 0, drawingSize, drawingSize);
    last.current = undefined;
  };

  return (
    <div>
      <canvas
        class="draw"
        width={drawingSize}
        height={drawingSize}
        ref={canvas}
        role="img"
        aria-label="Draw a digit here with a finger or the mouse"
        onPointerDown={draw}
        onPointerMove={draw}
        onPointerUp={() => {
          last.current = undefined;
        }}
      />
      <div>
        <button type="button" onClick={clear}>
          Clear
        </button>
      </div>
    </div>
  );
}

function Mistakes({ mistakes }: { readonly mistakes: readonly Mistake[] }) {
  return (
    <div>
      <h3 class="soft">Test images it gets wrong</h3>
      <ul class="pictures">
        {mistakes.map(({ image, label, predicted }, index) => (
          <li key={index}>
            <Picture pixels={image} range={[0, 255]} label={`a ${label}, taken for ${predicted}`} />
            <span>
              {label} → {predicted}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function FirstLayer({ weights }: { readonly weights: readonly Float32Array[] }) {
  return (
    <div>
      <h3 class="soft">What the first layer looks for</h3>
      <ul class="pictures">
        {weights.map((unit, index) => {
          const reach = unit.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9);
          return (
            <li key={index}>
              <Picture pixels={unit} range={[-reach, reach]} label={`weights of unit ${index + 1}`} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface PictureProps {
  readonly pixels: ArrayLike<number>;
  /** The values of black and white. */
  readonly range: readonly [number, number];
  readonly label: string;
}

/** A square picture in shades of grey. */
function Picture({ pixels, range, label }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const side = Math.round(Math.sqrt(pixels.length));
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined) return;
    const image = context.createImageData(side, side);
    const [black, white] = range;
    for (let pixel = 0; pixel < side * side; pixel++) {
      const shade = (255 * ((pixels[pixel] ?? black) - black)) / (white - black);
      image.data.set([shade, shade, shade, 255], 4 * pixel);
    }
    context.putImageData(image, 0, 0);
  }, [pixels]);
  return <canvas width={side} height={side} ref={canvas} role="img" aria-label={label} />;
}
