// The filter of the Runs page as URL keys, and as the server's language.
import type { Column } from '../../ui/table';
import type { Run } from '../../types.gen';
import { num } from '../../format';

/** URL key -> field of the filter language. */
export const filterFields = {
  model: 'model_name',
  board: 'board_id',
  origin: 'origin',
  dataset: 'dataset_name',
  submitter: 'submitter',
} as const;

export type FilterKey = keyof typeof filterFields;
export const filterKeys = Object.keys(filterFields) as FilterKey[];

/** A value in quotes unless it is one plain word. */
export function quote(value: string): string {
  return /^[\w.@-]+$/.test(value)
    ? value
    : `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`;
}

/** All conditions of the URL joined by AND; the free part in brackets. */
export function toFilter(params: URLSearchParams): string {
  const terms = filterKeys.flatMap((key) => {
    const value = params.get(key);
    return value ? [`${filterFields[key]}=${quote(value)}`] : [];
  });
  const free = params.get('filter')?.trim();
  if (free)
    terms.push(terms.length > 0 && /\bOR\b/.test(free) ? `(${free})` : free);
  return terms.join(' AND ');
}

export function selected(params: URLSearchParams): string[] {
  return (params.get('select') ?? '').split(',').filter(Boolean);
}

export function toggle(ids: readonly string[], id: string): string[] {
  return ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
}

/** Column key -> field that the server can order by. */
export const orderFields: Record<string, string> = {
  create_time: 'create_time',
  model_name: 'model_name',
  board_id: 'board_id',
  us_p50: 'us_p50',
  sram_bytes: 'sram_bytes',
  flash_bytes: 'flash_bytes',
  top1: 'top1',
};

export const top1 = (run: Run) => run.accuracy?.top1;

/** Columns of figures: key, title and value; the page adds how they look. */
export const valueColumns: Pick<Column<Run>, 'key' | 'value'>[] = [
  { key: 'run', value: (r) => r.id },
  { key: 'create_time', value: (r) => r.createTime },
  { key: 'model_name', value: (r) => r.modelName },
  { key: 'board_id', value: (r) => r.boardId },
  { key: 'origin', value: (r) => r.origin },
  { key: 'us_p50', value: (r) => r.latency?.usP50 },
  { key: 'cycles_p50', value: (r) => num(r.latency?.cyclesP50) },
  { key: 'sram_bytes', value: (r) => num(r.memory?.totalBytes) },
  { key: 'flash_bytes', value: (r) => num(r.flash?.totalBytes) },
  { key: 'top1', value: top1 },
  { key: 'dataset_name', value: (r) => r.datasetName },
  { key: 'submitter', value: (r) => r.submitter },
];
