// Drawing by finger, mouse or keyboard.

import { useEffect, useRef } from 'preact/hooks';
import type { PictureTaken } from '../../shared/model/takes_and_gives.ts';
import { drawnImage } from './drawing.ts';
import { texts } from './language.ts';

/** Pixels of the longer side of what is drawn on. */
const longestSide = 280;

/** Width of a stroke: MNIST's digits are drawn with a pen like that; other pictures with one of a pixel and more. */
const [pen, penPixels, finestPen] = [22, 1.3, 12];

/** How far an arrow key moves the pen. */
const stride = 12;

interface DrawingCanvasProps {
  readonly takes: PictureTaken;
  /** It stays where it is while something else is shown: the drawing is not lost. */
  readonly isShown: boolean;
  /** Whether nothing has been drawn or shown yet. */
  readonly isEmpty: boolean;
  /** Told of what is drawn now; of undefined when it is cleared. */
  readonly onDrawn: (values: Float32Array | undefined) => void;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export function DrawingCanvas({ takes, isShown, isEmpty, onDrawn }: DrawingCanvasProps) {
  const board = useBoard(takes, onDrawn);
  const { canvas, clear } = board;
  const { clear: word, canvas: label, draw: hint } = texts().try;
  return (
    <div class={isShown ? 'drawing' : 'drawing aside'}>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: screen readers pass keys on to applications alone */}
      <canvas
        class={takes.ground === takes.most && takes.most !== takes.least ? 'draw light' : 'draw'}
        width={Math.round((longestSide * takes.width) / Math.max(takes.height, takes.width))}
        height={Math.round((longestSide * takes.height) / Math.max(takes.height, takes.width))}
        ref={canvas}
        role="application"
        tabIndex={0}
        aria-label={label}
        onPointerDown={board.begin}
        onPointerMove={board.move}
        onPointerUp={board.end}
        onPointerCancel={board.end}
        onKeyDown={board.key}
      />
      {isEmpty && <span class="hint">{hint}</span>}
      <button type="button" onClick={clear}>
        {word}
      </button>
    </div>
  );
}

function useBoard(takes: PictureTaken, onDrawn: DrawingCanvasProps['onDrawn']) {
  const canvas = useRef<HTMLCanvasElement>(null);
  /** Where each finger is that draws. */
  const pens = useRef(new Map<number, Point>());
  const cursor = useRef<KeyboardPen>({ x: longestSide / 2, y: longestSide / 2, isDown: false });
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const contextOf = () => canvas.current?.getContext('2d', { willReadFrequently: true }) ?? undefined;
  const tell = () => {
    const context = contextOf();
    if (context === undefined) return;
    const { width, height } = context.canvas;
    onDrawn(drawnImage(context.getImageData(0, 0, width, height), takes));
  };
  /** Looked at once a frame, however many strokes there are. */
  const drawn = () => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(tell);
  };
  const line = (from: Point, to: Point) => {
    const context = contextOf();
    if (context === undefined) return;
    stroke(context, from, to, takes);
    drawn();
  };
  const clear = () => {
    const context = contextOf();
    context?.clearRect(0, 0, context.canvas.width, context.canvas.height);
    cancelAnimationFrame(frame.current);
    pens.current.clear();
    onDrawn(undefined);
  };
  const begin = (event: PointerEvent) => {
    const { currentTarget, pointerId } = event;
    // Strokes that leave the canvas end when the finger does, wherever that is.
    if (currentTarget instanceof Element) currentTarget.setPointerCapture(pointerId);
    const point = pointOf(event);
    pens.current.set(pointerId, point);
    line(point, point);
  };
  const move = (event: PointerEvent) => {
    const from = pens.current.get(event.pointerId);
    if (from === undefined) return;
    const to = pointOf(event);
    pens.current.set(event.pointerId, to);
    line(from, to);
  };
  const end = (event: PointerEvent) => pens.current.delete(event.pointerId);
  const key = (event: KeyboardEvent) => {
    const before = cursor.current;
    const after = moved(before, event.key);
    if (after === undefined) return;
    event.preventDefault();
    cursor.current = after;
    if (after.isDown) line(before, after);
  };
  return { canvas, clear, begin, move, end, key };
}

function stroke(context: CanvasRenderingContext2D, from: Point, to: Point, takes: PictureTaken): void {
  const { ground, least, drawing, height, width } = takes;
  const fine = Math.max(finestPen, (penPixels * longestSide) / Math.max(height, width));
  context.strokeStyle = ground === least ? '#ffffff' : '#000000';
  context.lineWidth = drawing === 'centred' ? pen : fine;
  context.lineCap = 'round';
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

function pointOf(event: PointerEvent): Point {
  const element = event.currentTarget as HTMLCanvasElement;
  const { left, top, width, height } = element.getBoundingClientRect();
  return {
    x: ((event.clientX - left) * element.width) / width,
    y: ((event.clientY - top) * element.height) / height,
  };
}

interface KeyboardPen extends Point {
  readonly isDown: boolean;
}

const arrows: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -stride, y: 0 },
  ArrowRight: { x: stride, y: 0 },
  ArrowUp: { x: 0, y: -stride },
  ArrowDown: { x: 0, y: stride },
};

/** Undefined for keys that mean nothing here. */
function moved(before: KeyboardPen, key: string): KeyboardPen | undefined {
  if (key === ' ') return { ...before, isDown: !before.isDown };
  const arrow = arrows[key];
  if (arrow === undefined) return undefined;
  const within = (value: number) => Math.max(0, Math.min(longestSide, value));
  return { ...before, x: within(before.x + arrow.x), y: within(before.y + arrow.y) };
}
