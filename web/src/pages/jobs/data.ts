// What the Jobs page sends and shows.
import { joinFilter } from '../../filter';
import { num } from '../../format';
import type { Board, CreateJobRequest, Job } from '../../types.gen';
import type { Column } from '../../ui/table';
import { stageTimes } from '../../ui/job_parts';

export const states = [
  'QUEUED',
  'COMPILING',
  'FLASHING',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
];

const filterFields = {
  state: 'state',
  board: 'board_id',
  model: 'model_name',
  submitter: 'submitter',
};

export const toFilter = (params: URLSearchParams) =>
  joinFilter(filterFields, params);

export const filterExamples = [
  'state = FAILED AND create_time > -24h',
  'NOT state = SUCCEEDED AND board_id = nucleo_f746zg',
  'failure_class = LAB OR failure_class = BOARD',
  'submitter:nightly',
] as const;

export interface Kind {
  id: string;
  name: string;
  /** Boards that could take a job now or soon. */
  present: number;
  virtual: boolean;
}

/** Kinds of board of the lab; those with a board present first. */
export function kinds(boards: readonly Board[]): Kind[] {
  const out = new Map<string, Kind>();
  for (const board of boards) {
    const kind = out.get(board.boardId) ?? {
      id: board.boardId,
      name: board.kind?.displayName || board.boardId,
      present: 0,
      virtual: true,
    };
    if (board.state === 'IDLE' || board.state === 'BUSY') kind.present++;
    if (board.origin !== 'EMULATED') kind.virtual = false;
    out.set(board.boardId, kind);
  }
  return [...out.values()].sort(
    (a, b) =>
      Number(b.present > 0) - Number(a.present > 0) || a.id.localeCompare(b.id),
  );
}

export interface SubmitForm {
  modelSha256: string;
  modelName: string;
  boards: string[];
  dataset: string;
  runs: number;
  warmups: number;
  priority: number;
  optimize: string;
  submitter: string;
}

/** One request per board; `nonce` makes a double click harmless. */
export function requests(form: SubmitForm, nonce: string): CreateJobRequest[] {
  return form.boards.map((boardId) => ({
    requestId: `web-${nonce}-${boardId}`,
    spec: {
      modelSha256: form.modelSha256,
      modelName: form.modelName,
      boardId,
      dataset: form.dataset,
      runs: form.runs,
      warmups: form.warmups,
      priority: form.priority,
      submitter: form.submitter,
      options: { optimize: form.optimize },
      boardName: '',
      timeoutS: 0,
    },
  }));
}

/** What is wrong with a dropped file; '' when it may be sent. */
export function fileProblem(
  name: string,
  size: number,
  largest: number,
): string {
  if (!/\.(tflite|tinyrig)$/i.test(name))
    return `${name}: a .tflite or .tinyrig file is wanted`;
  if (size === 0) return `${name}: the file is empty`;
  if (largest > 0 && size > largest)
    return `${name}: ${size} bytes; the server takes at most ${largest}`;
  return '';
}

/** Hex of 8 random bytes; works without https as well. */
export function makeNonce(
  fill = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes),
): string {
  return [...fill(new Uint8Array(8))]
    .map((b) => b.toString(16).padStart(2, '0'))
    .join('');
}

type Values = Pick<Column<Job>, 'key' | 'value'>[];

/** `now`: where an unfinished stage is taken to end, ms since the epoch. */
export const valueColumns = (now: number): Values => [
  { key: 'job', value: (j) => j.id },
  { key: 'state', value: (j) => j.state },
  { key: 'queue_position', value: (j) => j.queuePosition || undefined },
  { key: 'model_name', value: (j) => j.spec?.modelName },
  { key: 'board_id', value: (j) => j.spec?.boardId },
  { key: 'dataset', value: (j) => j.spec?.dataset },
  { key: 'board_name', value: (j) => j.boardName },
  { key: 'step', value: (j) => j.progress?.step },
  { key: 'done', value: (j) => num(j.progress?.done) },
  { key: 'total', value: (j) => num(j.progress?.total) },
  { key: 'eta_s', value: leftOf },
  { key: 'start_eta_s', value: (j) => j.startEtaS },
  { key: 'create_time', value: (j) => j.createTime },
  { key: 'end_time', value: (j) => j.endTime },
  { key: 'queue_s', value: (j) => stageTimes(j, now).queue_s },
  { key: 'work_s', value: (j) => workTime(j, now) },
  {
    key: 'failure_class',
    value: (j) => (j.failure ? j.failure.failureClass : ''),
  },
  { key: 'run', value: (j) => j.runId },
  { key: 'submitter', value: (j) => j.spec?.submitter },
];

const leftOf = (job: Job) =>
  (job.progress?.etaS ?? -1) >= 0 ? job.progress!.etaS : undefined;

/** Compiling and the board, without the queue, seconds. */
export function workTime(job: Job, now: number): number {
  const t = stageTimes(job, now);
  return t.compile_s + t.board_s;
}
