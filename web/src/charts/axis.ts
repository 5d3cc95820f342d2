// Labels of a value axis: one unit for all of them, no more digits than the
// steps between them need.

export type Unit = 'us' | 'bytes' | 'share' | 'count';

interface Step {
  above: number;
  divisor: number;
  name: string;
}

const steps: Record<Unit, Step[]> = {
  us: [
    { above: 1e6, divisor: 1e6, name: ' s' },
    { above: 1e3, divisor: 1e3, name: ' ms' },
    { above: 0, divisor: 1, name: ' µs' },
  ],
  bytes: [
    { above: 2 ** 20, divisor: 2 ** 20, name: ' MB' },
    { above: 2 ** 10, divisor: 2 ** 10, name: ' KB' },
    { above: 0, divisor: 1, name: ' B' },
  ],
  share: [{ above: 0, divisor: 0.01, name: ' %' }],
  count: [
    { above: 1e9, divisor: 1e9, name: ' G' },
    { above: 1e6, divisor: 1e6, name: ' M' },
    { above: 1e4, divisor: 1e3, name: ' k' },
    { above: 0, divisor: 1, name: '' },
  ],
};

/** `splits`: null where uPlot leaves a label out (log scales). */
export function axisLabels(
  splits: readonly (number | null)[],
  unit: Unit,
): string[] {
  const values = splits.filter((v): v is number => v !== null);
  const most = Math.max(0, ...values.map(Math.abs));
  const step = steps[unit].find((s) => most >= s.above)!;
  const scaled = values.map((v) => v / step.divisor);
  const digits = digitsFor(scaled);
  return splits.map((v) =>
    v === null ? '' : (v / step.divisor).toFixed(digits) + step.name,
  );
}

/** The fewest digits with which no two labels look the same or lie. */
function digitsFor(values: readonly number[]): number {
  for (let digits = 0; digits < 6; digits++) {
    const exact = values.every(
      (v) => Math.abs(v - Number(v.toFixed(digits))) <= Math.abs(v) * 1e-9,
    );
    if (exact) return digits;
  }
  return 6;
}

/** Steps between labels of bytes: powers of two, so that they are round. */
export const byteSteps = Array.from({ length: 40 }, (_, i) => 2 ** i);

/** uPlot's templates for a time axis: 24 hours, year first. */
const day = '{YYYY}-{MM}-{DD}';
export const timeTemplates = [
  [86400 * 365, '{YYYY}', null, null, null, null, null, null, 1],
  [86400 * 28, '{YYYY}-{MM}', null, null, null, null, null, null, 1],
  [86400, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', `\n${day}`, null, `\n${day}`, null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', `\n${day}`, null, `\n${day}`, null, null, null, 1],
  [
    0.001,
    '{HH}:{mm}:{ss}.{fff}',
    `\n${day}`,
    null,
    `\n${day}`,
    null,
    null,
    null,
    1,
  ],
] as const;
