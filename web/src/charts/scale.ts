// Scales and ticks: numbers in, numbers out.

export type Scale = (value: number) => number;

export function linear(from: [number, number], to: [number, number]): Scale {
  const span = from[1] - from[0] || 1;
  return (value) => to[0] + ((value - from[0]) / span) * (to[1] - to[0]);
}

/** Round values within [min, max], about `wanted` of them. */
export function ticks(min: number, max: number, wanted: number): number[] {
  if (!(max > min) || wanted < 1) return Number.isFinite(min) ? [min] : [];
  const raw = (max - min) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10]
    .map((m) => m * power)
    .find((s) => s >= raw * 0.999)!;
  const first = Math.ceil(min / step - 1e-9);
  const out: number[] = [];
  for (let i = first; i * step <= max + step * 1e-9; i++) {
    out.push(Number((i * step).toPrecision(12)));
  }
  return out;
}

/** Ticks at powers of two times 1 KB: for byte axes. */
export function byteTicks(max: number, wanted: number): number[] {
  if (!(max > 0)) return [0];
  let step = 1;
  while (max / step > wanted) step *= 2;
  const out: number[] = [];
  for (let at = 0; at <= max; at += step) out.push(at);
  return out;
}
