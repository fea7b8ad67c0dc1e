// Which of the three views a page shows: what `?view=` asks for, else by the screen. One design, three distances: a projector
// is read from the last row, a laptop shows everything, a phone says what concerns its owner.

export type View = 'projector' | 'laptop' | 'phone';

export const views: readonly View[] = ['projector', 'laptop', 'phone'];

/** CSS pixels; beyond it there is room for everything. */
const phoneWidth = 600;

export function viewFor(search: string, width: number): View {
  const asked = new URLSearchParams(search).get('view');
  return views.find((view) => view === asked) ?? (width < phoneWidth ? 'phone' : 'laptop');
}

/** The address of this page in another view. */
export function addressOf(view: View, search: string, hash: string): string {
  const parameters = new URLSearchParams(search);
  parameters.set('view', view);
  return `?${parameters}${hash}`;
}
