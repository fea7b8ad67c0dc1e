// A card to share: a picture of what was done, drawn in the page.

import { hueOf, type PersonView } from '../../shared/watch/people.ts';

export interface CardContent {
  readonly title: string;
  readonly run: string;
  readonly achievement: string;
  readonly madeBy: string;
  readonly fingerprint: string;
  /** A dot for each. */
  readonly people: readonly PersonView[];
}

/** Pixels, as social networks crop them. */
const [width, height] = [1200, 630];
const margin = 80;

const font = (size: number, weight = 400) => `${weight} ${size}px system-ui, sans-serif`;

/** A PNG. */
export async function drawCard(content: CardContent): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser cannot draw');
  context.fillStyle = '#0e1018';
  context.fillRect(0, 0, width, height);
  drawDots(context, content.people);
  write(context, content.title, { top: 130, size: 56, weight: 700, color: '#eef0f8' });
  write(context, content.run, { top: 195, size: 32, color: '#a5b4fc' });
  const bottom = write(context, content.achievement, { top: 285, size: 40, weight: 600, color: '#eef0f8' });
  write(context, content.madeBy, { top: bottom + 75, size: 32, color: '#eef0f8' });
  write(context, content.fingerprint, { top: bottom + 125, size: 28, color: '#a6adc4' });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('the card could not be drawn')) : resolve(blob)));
  });
}

interface Style {
  /** The first line's base. */
  readonly top: number;
  readonly size: number;
  readonly weight?: number;
  readonly color: string;
}

/** Writes in as many lines as it takes. @returns the last line's base */
function write(context: CanvasRenderingContext2D, text: string, { top, size, weight = 400, color }: Style): number {
  context.font = font(size, weight);
  context.fillStyle = color;
  let line = '';
  let base = top;
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && context.measureText(longer).width > width - 2 * margin) {
      context.fillText(line, margin, base);
      base += 1.3 * size;
      line = word;
    } else {
      line = longer;
    }
  }
  context.fillText(line, margin, base);
  return base;
}

function drawDots(context: CanvasRenderingContext2D, people: readonly PersonView[]): void {
  const volunteers = people.filter(({ kind }) => kind === 'volunteer');
  const distance = Math.min(56, (width - 2 * margin) / Math.max(1, volunteers.length));
  volunteers.forEach(({ id }, index) => {
    context.fillStyle = `hsl(${hueOf(id)} 75% 62%)`;
    context.beginPath();
    context.arc(margin + (index + 0.5) * distance, height - 70, 0.35 * distance, 0, 2 * Math.PI);
    context.fill();
  });
}
