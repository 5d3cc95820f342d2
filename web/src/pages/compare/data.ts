// N runs side by side, relative to the first: rows of figures, layers and
// environment, each knowing whether the difference is significant.
import { num } from '../../format';
import type { Run } from '../../types.gen';
import { shortNames } from '../../tensor_names';
import { environmentRows as ofOne } from '../run/data';
import {
  ACCURACY_P,
  LAYER_CHANGE,
  latencyDiffers,
  twoProportions,
} from './significance';

export type Kind = 'us' | 'cycles' | 'bytes' | 'count' | 'share';

export interface Figure {
  value: number;
  /** value / base - 1 (share: value - base); NaN for the base itself. */
  relative: number;
  significant: boolean;
}

export interface Row {
  key: string;
  name: string;
  kind: Kind;
  moreIsBetter: boolean;
  figures: Figure[];
}

type Differs = (base: Run, other: Run, relative: number) => boolean;

const exact: Differs = (_base, _other, relative) => relative !== 0;

const cycles = (run: Run) => run.latency?.cycles.map(num) ?? [];
const byLatency: Differs = (base, other, relative) => {
  // Equal clocks or not: samples are compared as time, like the headline.
  const scale = (run: Run) =>
    cycles(run).map((c) => c / (num(run.environment?.clockHz) || 1));
  return latencyDiffers(scale(base), scale(other), relative);
};
const byCycles: Differs = (base, other, relative) =>
  latencyDiffers(cycles(base), cycles(other), relative);
const byAccuracy: Differs = (base, other) =>
  twoProportions(
    num(base.accuracy?.correct),
    num(base.accuracy?.total),
    num(other.accuracy?.correct),
    num(other.accuracy?.total),
  ) < ACCURACY_P;

interface Metric {
  key: string;
  name: string;
  kind: Kind;
  value(run: Run): number;
  differs: Differs;
  moreIsBetter?: boolean;
}

const size = (
  key: string,
  name: string,
  value: (run: Run) => number,
): Metric => ({ key, name, kind: 'bytes', value, differs: exact });

const metrics: Metric[] = [
  {
    key: 'us_p50',
    name: 'latency, median',
    kind: 'us',
    value: (r) => num(r.latency?.usP50),
    differs: byLatency,
  },
  {
    key: 'us_min',
    name: 'latency, minimum',
    kind: 'us',
    value: (r) => num(r.latency?.usMin),
    differs: byLatency,
  },
  {
    key: 'us_p90',
    name: 'latency, p90',
    kind: 'us',
    value: (r) => num(r.latency?.usP90),
    differs: byLatency,
  },
  {
    key: 'us_max',
    name: 'latency, maximum',
    kind: 'us',
    value: (r) => num(r.latency?.usMax),
    differs: byLatency,
  },
  {
    key: 'cycles_p50',
    name: 'cycles, median',
    kind: 'cycles',
    value: (r) => num(r.latency?.cyclesP50),
    differs: byCycles,
  },
  {
    key: 'instructions',
    name: 'instructions',
    kind: 'count',
    value: (r) => num(r.instructions) || Number.NaN,
    differs: exact,
  },
  {
    key: 'top1',
    name: 'top-1',
    kind: 'share',
    value: (r) => num(r.accuracy?.top1),
    differs: byAccuracy,
    moreIsBetter: true,
  },
  size('sram_bytes', 'SRAM', (r) => num(r.memory?.totalBytes)),
  size('arena_bytes', 'SRAM: arena', (r) => num(r.memory?.arenaBytes)),
  size('static_bytes', 'SRAM: static', (r) => num(r.memory?.staticBytes)),
  size('stack_bytes', 'SRAM: stack peak', (r) => num(r.memory?.stackBytes)),
  size('flash_bytes', 'flash', (r) => num(r.flash?.totalBytes)),
  size('weights_bytes', 'flash: weights', (r) => num(r.flash?.weightsBytes)),
  size('tables_bytes', 'flash: tables', (r) => num(r.flash?.tablesBytes)),
  size('model_code_bytes', 'flash: model code', (r) =>
    num(r.flash?.modelCodeBytes),
  ),
  size('kernels_bytes', 'flash: kernels', (r) => num(r.flash?.kernelsBytes)),
  size('firmware_bytes', 'flash: firmware', (r) => num(r.flash?.firmwareBytes)),
  {
    key: 'macs',
    name: 'MACs',
    kind: 'count',
    value: (r) => num(r.macs),
    differs: exact,
  },
];

function relativeTo(base: number, value: number, kind: Kind): number {
  if (kind === 'share') return value - base;
  return base === 0 ? (value === 0 ? 0 : Number.NaN) : value / base - 1;
}

export function figureRows(runs: readonly Run[]): Row[] {
  const base = runs[0];
  if (!base) return [];
  return metrics.map((metric) => ({
    key: metric.key,
    name: metric.name,
    kind: metric.kind,
    moreIsBetter: !!metric.moreIsBetter,
    figures: runs.map((run) => {
      const value = metric.value(run);
      if (run === base)
        return { value, relative: Number.NaN, significant: false };
      const relative = relativeTo(metric.value(base), value, metric.kind);
      const oneMissing =
        Number.isNaN(value) !== Number.isNaN(metric.value(base));
      return {
        value,
        relative,
        significant:
          oneMissing ||
          (Number.isFinite(relative) && metric.differs(base, run, relative)),
      };
    }),
  }));
}

/** A layer is the same in two runs when operator and output tensor are. */
function layerKeys(run: Run): Map<string, number> {
  const seen = new Map<string, number>();
  const out = new Map<string, number>();
  for (const layer of run.layers) {
    const name = `${layer.info?.op ?? ''} ${layer.info?.name ?? ''}`;
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    out.set(nth > 1 ? `${name} (${nth})` : name, num(layer.cycles));
  }
  return out;
}

/** "CONV_2D functional_1/a/Relu;…" -> "CONV_2D a/Relu". */
function shortLayerNames(names: readonly string[]): string[] {
  const ops = names.map((name) => name.slice(0, name.indexOf(' ')));
  const tensors = names.map((name) => name.slice(name.indexOf(' ') + 1));
  return shortNames(tensors).map((tensor, i) => `${ops[i]} ${tensor}`);
}

export function layerRows(runs: readonly Run[]): Row[] {
  const maps = runs.map(layerKeys);
  const names = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  const short = shortLayerNames(names);
  return names.map((name, row) => {
    const base = maps[0]!.get(name) ?? Number.NaN;
    return {
      key: name,
      name: short[row]!,
      kind: 'cycles',
      moreIsBetter: false,
      figures: maps.map((map, i) => {
        const value = map.get(name) ?? Number.NaN;
        if (i === 0) return { value, relative: Number.NaN, significant: false };
        const relative = relativeTo(base, value, 'cycles');
        const oneMissing = Number.isNaN(value) !== Number.isNaN(base);
        return {
          value,
          relative,
          significant: oneMissing || Math.abs(relative) >= LAYER_CHANGE,
        };
      }),
    };
  });
}

export interface TextRow {
  name: string;
  values: string[];
  differs: boolean;
}

export function environmentRows(runs: readonly Run[]): TextRow[] {
  const field = (name: string, value: (run: Run) => string): TextRow => {
    const values = runs.map(value);
    return { name, values, differs: new Set(values).size > 1 };
  };
  const maps = runs.map((run) => new Map(ofOne(run)));
  const names = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  return [
    field('origin', (r) => r.origin),
    field('model name', (r) => r.modelName),
    field('model SHA-256', (r) => r.modelSha256),
    field('dataset', (r) => r.datasetName),
    field('dataset SHA-256', (r) => r.datasetSha256),
    ...names.map((name) =>
      field(name, (run) => maps[runs.indexOf(run)]!.get(name) ?? ''),
    ),
    field('image hash', (r) => r.imageHash),
  ];
}

export interface Word {
  text: string;
  /** Stands in some of the values only. */
  differs: boolean;
}

/** Long values as words, those marked that not all values have. */
export function markWords(values: readonly string[]): Word[][] {
  const sets = values.map((value) => new Set(value.split(' ')));
  return values.map((value) =>
    value.split(' ').map((text) => ({
      text,
      differs: !sets.every((set) => set.has(text)),
    })),
  );
}

export const isSignificant = (row: Row) =>
  row.figures.some((f) => f.significant);
