// Figures for people.

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : value < 10_000 ? `${count(value)} ms` : `${count(value / 1000)} s`;
}
