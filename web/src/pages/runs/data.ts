// The filter of the Runs page as URL keys, and as the server's language.
import type { Column } from '../../ui/table';
import type { Run } from '../../types.gen';
import { joinFilter } from '../../filter';
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

export const filterExamples = [
  'us_p50 < 20ms AND board_id = nucleo_f746zg',
  'create_time > -24h',
  'model_name:kws AND NOT dataset_name = ""',
  'flash_bytes <= 128KiB OR sram_bytes <= 64KiB',
] as const;

const fieldOf: Record<Exclude<FilterKey, 'origin'>, (run: Run) => string> = {
  model: (run) => run.modelName,
  board: (run) => run.boardId,
  dataset: (run) => run.datasetName,
  submitter: (run) => run.submitter,
};

/** What a quick filter can suggest without asking the server for more. */
export function valuesSeen(
  runs: readonly Run[],
  key: Exclude<FilterKey, 'origin'>,
): string[] {
  return [...new Set(runs.map(fieldOf[key]))].filter(Boolean).sort();
}

export const toFilter = (params: URLSearchParams) =>
  joinFilter(filterFields, params);

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
