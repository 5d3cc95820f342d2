// What the Run page computes from a run: values in, values out.
import type { Buffer } from '../../charts/memory_plan';
import type { Confusion } from '../../charts/confusion';
import type { Part } from '../../charts/split_bar';
import { blobUrl } from '../../api';
import { bytes, count, hertz, num, percent } from '../../format';
import type { Job, LayerResult, Prediction, Run } from '../../types.gen';
import { shortNames } from '../../tensor_names';
import { quoteShell } from '../../ui/shell_quote';

export interface LayerRow {
  index: number;
  op: string;
  name: string;
  shortName: string;
  input: number[];
  output: number[];
  cycles: number;
  share: number;
  macs: number;
  weights: number;
  macsPerCycle: number;
}

export function layerRows(layers: readonly LayerResult[]): LayerRow[] {
  const short = shortNames(layers.map((l) => l.info?.name ?? ''));
  return layers.map((layer, i) => {
    const cycles = num(layer.cycles);
    const macs = num(layer.info?.macs);
    return {
      index: layer.info?.index ?? i,
      op: layer.info?.op ?? '',
      name: layer.info?.name ?? '',
      shortName: short[i]!,
      input: layer.info?.inputShape ?? [],
      output: layer.info?.outputShape ?? [],
      cycles,
      share: layer.share,
      macs,
      weights: num(layer.info?.weightsBytes),
      macsPerCycle: cycles > 0 ? macs / cycles : Number.NaN,
    };
  });
}

export function planBuffers(run: Run): Buffer[] {
  const short = shortNames(run.plan.map((entry) => entry.tensor));
  return run.plan.map((entry, i) => ({
    tensor: entry.tensor,
    shortName: short[i]!,
    offset: num(entry.offsetBytes),
    size: num(entry.sizeBytes),
    first: entry.firstLayer,
    last: entry.lastLayer,
  }));
}

export function flashParts(run: Run): Part[] {
  const f = run.flash;
  return [
    { name: 'weights', bytes: num(f?.weightsBytes) || 0 },
    {
      name: 'tables',
      bytes: num(f?.tablesBytes) || 0,
      help: 'Biases, multipliers and shifts per channel.',
    },
    { name: 'model code', bytes: num(f?.modelCodeBytes) || 0 },
    {
      name: 'kernels',
      bytes: num(f?.kernelsBytes) || 0,
      help: 'Operator code, shared by layers.',
    },
    { name: 'firmware', bytes: num(f?.firmwareBytes) || 0 },
  ];
}

export function sramParts(run: Run): Part[] {
  const m = run.memory;
  return [
    { name: 'arena', bytes: num(m?.arenaBytes) || 0 },
    { name: 'static', bytes: num(m?.staticBytes) || 0 },
    { name: 'stack peak', bytes: num(m?.stackBytes) || 0 },
  ];
}

export function confusion(run: Run): Confusion | undefined {
  const a = run.accuracy;
  if (!a || a.classCount < 1) return undefined;
  const cells = a.confusion.map(num);
  return cells.length === a.classCount ** 2
    ? { classCount: a.classCount, cells }
    : undefined;
}

export function wrongOnes(predictions: readonly Prediction[]): Prediction[] {
  return predictions.filter((p) => p.label !== p.predicted);
}

/**
 * The command that repeats a run, whole: fetches the very model from the server
 * at `origin`, names the dataset by its content. The job tells what the run
 * does not.
 */
export function repeatCommand(
  run: Run,
  job: Job | undefined,
  origin: string,
): string {
  const spec = job?.spec;
  // A leading dash would be an option.
  const name = (run.modelName || 'model.tflite').replace(/^-/, './-');
  const fetched = [
    'curl',
    '-fsS',
    '-o',
    name,
    origin + blobUrl(run.modelSha256, name),
  ];
  const words = ['tinyrig', 'submit', name, '--board', run.boardId];
  if (run.datasetSha256) words.push('--dataset', run.datasetSha256);
  const runs = spec?.runs || run.latency?.sampleCount || 0;
  if (runs > 0) words.push('--runs', String(runs));
  if (spec?.warmups !== undefined)
    words.push('--warmups', String(spec.warmups));
  const optimize = spec?.options?.optimize;
  if (optimize) words.push('--optimize', optimize);
  if (run.boardName) words.push('--on', run.boardName);
  const line = (list: string[]) => list.map(quoteShell).join(' ');
  return `${line(fetched)} && ${line(words)}`;
}

/** Rows of the environment, in the order in which people ask. */
export function environmentRows(run: Run): [string, string][] {
  const e = run.environment;
  if (!e) return [];
  return [
    ['board', e.boardId],
    ['board uid', e.boardUid],
    ['clock', `${hertz(e.clockHz)} (${count(e.clockHz)} Hz)`],
    ['instruction cache', e.icacheEnabled ? 'on' : 'off'],
    ['data cache', e.dcacheEnabled ? 'on' : 'off'],
    ['flash wait states', String(e.flashWaitStates)],
    ['FLASH_ACR', e.flashAcr],
    ['IDCODE', e.idcode],
    ['timing model', timingModel(run)],
    ['compiler', e.compiler],
    ['compiler flags', e.compilerFlags],
    ['engine', e.engineVersion],
    ['firmware', e.firmwareVersion],
    ['agent', e.agentVersion],
    ['server', e.serverVersion],
  ];
}

/** No model has been held against a chip yet, as the CLI says as well. */
export function timingModel(run: Run): string {
  const name = run.environment?.timingModel;
  if (run.origin !== 'EMULATED') return name || 'none: a real chip';
  return `${name || 'unknown'}, not yet validated on silicon`;
}

/** "2.9 % of the board's 1.00 MB"; '' when the capacity is unknown. */
export function shareOf(used: number, capacity: number): string {
  return used >= 0 && capacity > 0
    ? `${percent(used / capacity, 1)} of ${bytes(capacity)}`
    : '';
}
