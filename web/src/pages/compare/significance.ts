// When is a difference more than noise? Pure statistics, no server needed.

/** Standard normal: P(|Z| >= z). Abramowitz and Stegun 7.1.26, |error| < 2e-7. */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    t *
    (0.254829592 +
      t *
        (-0.284496736 +
          t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.min(1, poly * Math.exp(-x * x));
}

/**
 * Mann-Whitney U, two-sided p by the normal approximation with tie and
 * continuity correction. All samples equal: 1. Good from about 8 samples each.
 */
export function mannWhitney(
  a: readonly number[],
  b: readonly number[],
): number {
  const all = [
    ...a.map((v) => ({ v, first: true })),
    ...b.map((v) => ({ v, first: false })),
  ].sort((x, y) => x.v - y.v);
  const n = all.length;
  if (a.length === 0 || b.length === 0) return 1;
  let rankSum = 0;
  let ties = 0;
  for (let i = 0; i < n; ) {
    let j = i;
    while (j < n && all[j]!.v === all[i]!.v) j++;
    const rank = (i + 1 + j) / 2;
    ties += (j - i) ** 3 - (j - i);
    for (let k = i; k < j; k++) if (all[k]!.first) rankSum += rank;
    i = j;
  }
  const mean = (a.length * (n + 1)) / 2;
  const variance =
    ((a.length * b.length) / 12) * (n + 1 - ties / (n * (n - 1)));
  if (!(variance > 0)) return 1;
  const distance = Math.max(0, Math.abs(rankSum - mean) - 0.5);
  return twoSided(distance / Math.sqrt(variance));
}

/** Two proportions, pooled; p of no difference. */
export function twoProportions(
  hitsA: number,
  totalA: number,
  hitsB: number,
  totalB: number,
): number {
  if (!(totalA > 0) || !(totalB > 0)) return 1;
  const pooled = (hitsA + hitsB) / (totalA + totalB);
  const variance = pooled * (1 - pooled) * (1 / totalA + 1 / totalB);
  if (!(variance > 0)) return 1;
  return twoSided((hitsA / totalA - hitsB / totalB) / Math.sqrt(variance));
}

export const LATENCY_P = 0.01;
export const LATENCY_CHANGE = 0.005;
export const LAYER_CHANGE = 0.01;
export const ACCURACY_P = 0.05;
const ENOUGH_SAMPLES = 8;

/** Latency: told apart by the samples, and large enough to care. */
export function latencyDiffers(
  base: readonly number[],
  other: readonly number[],
  relative: number,
): boolean {
  if (Math.min(base.length, other.length) < ENOUGH_SAMPLES) {
    return Math.abs(relative) >= LAYER_CHANGE;
  }
  return (
    Math.abs(relative) >= LATENCY_CHANGE && mannWhitney(base, other) < LATENCY_P
  );
}

export const rule =
  'Latency: Mann–Whitney U over the raw samples, p < 0.01, and at least 0.5 %. ' +
  'Layers: at least 1 %. Sizes, MACs and instructions: any difference. ' +
  'Accuracy: two proportions, p < 0.05.';
